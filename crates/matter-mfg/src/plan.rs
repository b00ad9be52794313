use matter_attestation::{Certificate, DateTime};
use matter_factory_data::{DeviceRecord, RotatingId, SerialNumber};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::cells::{self, Cells, Ids};
use crate::job::{Job, RotatingIdPolicy};
use crate::{Error, TestPki, random};

mod batch;
mod signer;
mod size;
mod template;

pub(crate) use self::batch::Discriminators;
use self::signer::Signer;

/// A job whose parts fit together, so that every device of it can be made.
#[derive(Debug)]
pub struct Plan {
    job: Job,
    count: u32,
    cells: Vec<Cells>,
    signer: Option<Signer>,
    test_pki: Option<TestPki>,
    warnings: Vec<String>,
    time: DateTime,
}

/// A device before its image and its codes are made.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) uuid: String,
    pub(crate) record: DeviceRecord,
}

impl Plan {
    /// Checks a job that starts at `time`. Nothing is written.
    ///
    /// # Errors
    ///
    /// [`Error::Option`], [`Error::File`] or [`Error::Cell`] with what is wrong and what is allowed.
    pub fn new(mut job: Job, time: DateTime) -> Result<Self, Error> {
        let mut rng = random::system()?;
        let mut warnings = Vec::new();
        let ids = Ids {
            vendor: job.vendor_id,
            product: job.product_id,
        };
        let cells = match &job.values {
            Some((columns, table)) => cells::read(columns, table, ids)?,
            None => Vec::new(),
        };
        let count = count(&job, &cells, &mut warnings)?;
        check_single(&job, count)?;
        let (test_pki, signer) = signer::open_signer(&mut job, time, &mut rng)?;
        if let Some(declaration) = &job.declaration
            && !declaration.content().covers(job.vendor_id, job.product_id)
        {
            warnings.push(format!(
                "--cert-dclrn: the declaration does not cover vendor {} and product {}; commissioners will refuse it",
                job.vendor_id, job.product_id
            ));
        }
        let plan = Self {
            job,
            count,
            cells,
            signer,
            test_pki,
            warnings,
            time,
        };
        plan.check_size(&mut rng)?;
        Ok(plan)
    }

    /// Returns how many devices there will be.
    #[must_use]
    pub const fn count(&self) -> u32 {
        self.count
    }

    /// Returns what the user should know although it is no error, a sentence each.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// Returns the throw-away PKI of a test run.
    #[must_use]
    pub const fn test_pki(&self) -> Option<&TestPki> {
        self.test_pki.as_ref()
    }

    pub(crate) const fn job(&self) -> &Job {
        &self.job
    }

    pub(crate) const fn time(&self) -> &DateTime {
        &self.time
    }

    pub(crate) fn pai(&self) -> Option<&Certificate> {
        self.signer.as_ref().map(|signer| &signer.pai)
    }

    /// Sets everything but the passcode, the discriminator and the credentials.
    fn fill<R: CryptoRng + ?Sized>(&self, record: &mut DeviceRecord, cells: &Cells, rng: &mut R) -> Result<(), Error> {
        let job = &self.job;
        record.flow = job.flow;
        record.discovery = job.discovery;
        record.declaration.clone_from(&job.declaration);
        record.vendor_name = cells.vendor_name.clone().or_else(|| job.vendor_name.clone());
        record.product_name = cells.product_name.clone().or_else(|| job.product_name.clone());
        record.hardware_version = cells.hardware_version.or(job.hardware_version);
        let version = cells.hardware_version_string.clone();
        record.hardware_version_string = version.or_else(|| job.hardware_version_string.clone());
        record.manufacturing_date = cells
            .manufacturing_date
            .clone()
            .or_else(|| job.manufacturing_date.clone());
        record.product_finish = cells.product_finish;
        record.product_color = cells.product_color;
        record.part_number.clone_from(&cells.part_number);
        record.calendar_types = cells.calendar_types;
        record.product_label.clone_from(&cells.product_label);
        record.product_url.clone_from(&cells.product_url);
        let given = cells.rotating_id.clone();
        record.rotating_id = given.or_else(|| match &job.rotating_id {
            RotatingIdPolicy::None => None,
            RotatingIdPolicy::Given(id) => Some(id.clone()),
            RotatingIdPolicy::Random => {
                let mut id = Zeroizing::new([0; RotatingId::LEN]);
                rng.fill_bytes(&mut *id);
                Some(RotatingId::new(*id))
            }
        });
        let serial = cells.serial_number.clone().or_else(|| job.serial_number.clone());
        record.serial_number = Some(match serial {
            Some(serial) => serial,
            None => random_serial(rng)?,
        });
        for entry in &cells.entries {
            record
                .add_entry(entry.clone())
                .map_err(|error| Error::option("--csv", error))?;
        }
        Ok(())
    }
}

/// The number of devices: the rows of the values file, which win with a warning, or what was asked for.
fn count(job: &Job, cells: &[Cells], warnings: &mut Vec<String>) -> Result<u32, Error> {
    const RANGE: &str = "0 is not in 1..=4294967295";
    let Some((_, table)) = &job.values else {
        return match job.count {
            Some(0) => Err(Error::option("--count", RANGE)),
            count => Ok(count.unwrap_or(1)),
        };
    };
    if job.count == Some(0) {
        return Err(Error::option("--count", RANGE));
    }
    let rows = u32::try_from(cells.len()).unwrap_or(u32::MAX);
    if rows == 0 {
        return Err(Error::file("--mcsv", table.path(), "has no row below its header"));
    }
    if let Some(asked) = job.count.filter(|asked| *asked != rows) {
        let path = table.path().display();
        warnings.push(format!(
            "{path} has {rows} rows, so that {rows} devices are made and not the {asked} of --count"
        ));
    }
    Ok(rows)
}

/// Values that only one device may have, given by an option or by a column and not by both.
fn check_single(job: &Job, count: u32) -> Result<(), Error> {
    let single = [
        ("--passcode", "passcode", job.passcode.is_some()),
        ("--discriminator", "discriminator", job.discriminator.is_some()),
        ("--serial-num", "serial-num", job.serial_number.is_some()),
        (
            "--rd-id-uid",
            "rd-id-uid",
            matches!(job.rotating_id, RotatingIdPolicy::Given(_)),
        ),
    ];
    for (option, column, _) in single.iter().filter(|(_, _, given)| *given) {
        if count > 1 {
            let reason = format!("is for one device, and {count} are to be made; --count 1 is allowed");
            return Err(Error::option(option, reason));
        }
        if job.values.as_ref().is_some_and(|(columns, _)| columns.sets(column)) {
            return Err(Error::option(
                option,
                format!("is set by the column '{column}' of --mcsv as well"),
            ));
        }
    }
    Ok(())
}

/// 32 hexadecimal digits, as the reference tool does it.
fn random_serial<R: CryptoRng + ?Sized>(rng: &mut R) -> Result<SerialNumber, Error> {
    let mut bytes = [0; 16];
    rng.fill_bytes(&mut bytes);
    let text = bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
    SerialNumber::new(&text).map_err(Error::encode)
}
