use std::mem;
use std::num::NonZeroUsize;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use base16ct::lower::encode_string as hex;
use esp_nvs_image::{Key, Namespace, OwnedValue};
use matter_attestation::{Certificate, DateTime};
use matter_factory_data::{DeviceRecord, FactoryEntry, KeySet, RotatingId, SerialNumber, StorageLayout};
use rand_core::CryptoRng;
use zeroize::Zeroizing;

use crate::attestation::Attestation;
use crate::cells::{self, Cells, Ids};
use crate::device::Device;
use crate::flash::{FlashJob, Tried};
use crate::job::{Job, RotatingIdPolicy};
use crate::keys_folder::KeysFolder;
use crate::message::message;
use crate::random::{Purpose, Random};
use crate::{Error, Field, Message, MqttHost, Seed, TestPki};

mod checks;
mod draw;
mod given;
mod labels;
mod leaks;
mod made_pai;
mod repeated;
mod signer;
mod size;
mod storage;

use self::checks::{check_combinations, check_declaration, check_single, warn_of_examples};
use self::made_pai::MadePai;
use self::signer::Signer;

/// A job that was checked as a whole, so that each of its devices can be made.
///
/// # Examples
///
/// ```
/// use matter_mfg::matter_attestation::DateTime;
/// use matter_mfg::{Error, Field, Job, Plan};
///
/// let mut job = Job::new("0xFFF1".parse()?, "0x8000".parse()?);
/// let start = DateTime::new(2026, 6, 1, 8, 0, 0)?; // or matter_mfg::now()?
/// assert_eq!(Plan::new(job.clone(), start)?.count(), 1);
///
/// // A single passcode is for a single device.
/// job.count = Some(2);
/// job.passcode = Some("34567890".parse()?);
/// let error = Plan::new(job, start).expect_err("two devices");
/// assert!(matches!(error, Error::Field { field: Field::Passcode, .. }));
/// println!("{}", error.with_names(|field| format!("member \"{field}\" of the form")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Plan {
    job: Job,
    count: u32,
    cells: Vec<Cells>,
    layout: StorageLayout<'static>,
    signer: Option<Signer>,
    test_pki: Option<TestPki>,
    made_pai: Option<MadePai>,
    /// Keys that no device may contain.
    signing_keys: KeySet,
    /// The trial of a device's flash.
    flash: Option<Tried>,
    warnings: Vec<Message>,
    time: DateTime,
}

/// A device before its image and its codes are made.
#[derive(Debug)]
pub(crate) struct Identity {
    pub(crate) uuid: String,
    pub(crate) record: DeviceRecord,
}

/// Returns the current time in UTC, without fractions of a second, for [`Plan::new`].
///
/// # Errors
///
/// [`Error::Clock`] if the system clock is before 1970 or after 9999.
pub fn now() -> Result<DateTime, Error> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).map_err(|_| Error::Clock)?;
    DateTime::from_unix_duration(Duration::from_secs(since.as_secs())).map_err(|_| Error::Clock)
}

impl Plan {
    /// Checks a job that starts at `time`. Nothing is written.
    ///
    /// # Errors
    ///
    /// [`Error::Field`], [`Error::File`] or [`Error::Cell`] with the fault and the allowed values.
    pub fn new(mut job: Job, time: DateTime) -> Result<Self, Error> {
        let mut rng = Random::open(job.seed.as_ref(), Purpose::Run)?;
        let time = job.seed.as_ref().map_or(Ok(time), |_| Seed::time())?;
        check_combinations(&job)?;
        FlashJob::prepare(&mut job)?;
        let mut warnings = mem::take(&mut job.warnings);
        let ids = Ids {
            vendor: job.vendor_id,
            product: job.product_id,
        };
        let rows = match &job.values {
            Some((columns, table)) => Some(cells::read(columns, table, ids, &mut warnings)?),
            None => None,
        };
        let count = given::count(&job, rows.as_ref().map(Vec::len), &mut warnings)?;
        let mut cells = rows.unwrap_or_default();
        check_single(&job, count)?;
        let layout = storage::layout(&mut job, count, &mut warnings)?;
        job.flash.as_ref().map_or(Ok(()), |flash| flash.check_layout(&layout))?;
        given::merge(&job, &mut cells, count, time)?;
        let signer::Opened {
            test_pki,
            made_pai,
            signer,
        } = signer::open_signer(&mut job, time, &mut rng)?;
        if job.lists.sign_with_pai {
            job.lists.manifest_signer = Some(signer::manifest_key(signer.as_ref())?);
        }
        check_declaration(&job, &mut warnings)?;
        warn_of_examples(&job, &cells, &mut warnings);
        if job.seed.is_some() {
            warnings.push(message![
                Field::Seed,
                ": the seed reveals all passcodes and keys; for tests only"
            ]);
        }
        let signing_keys = leaks::signing_keys(&job, signer.as_ref());
        let mut plan = Self {
            job,
            count,
            cells,
            layout,
            signer,
            test_pki,
            made_pai,
            signing_keys,
            flash: None,
            warnings,
            time,
        };
        plan.check_labels()?;
        plan.flash = plan.check_size(&mut rng)?;
        let told = plan.flash.iter().flat_map(|flash| &flash.warnings);
        let told = told.map(|text| message![Field::FlashPlan, format!(": {text}")]);
        plan.warnings.extend(told);
        Ok(plan)
    }

    /// Returns the number of devices.
    #[must_use]
    pub const fn count(&self) -> u32 {
        self.count
    }

    /// Returns warnings for the user, one sentence each.
    #[must_use]
    pub fn warnings(&self) -> &[Message] {
        &self.warnings
    }

    /// Returns the throw-away PKI of a test run.
    #[must_use]
    pub const fn test_pki(&self) -> Option<&TestPki> {
        self.test_pki.as_ref()
    }

    /// Returns why the devices are for tests only, if they are.
    #[must_use]
    pub const fn test_reason(&self) -> Option<&'static str> {
        if self.job.seed.is_some() {
            return Some(
                "This run took its random numbers from a given seed and used a fixed time.\n\
                 The seed reveals the passcodes and keys of its devices, which are for tests only.\n",
            );
        }
        if self.test_pki.is_some() {
            return Some(
                "This run used a throw-away PKI and a Certification Declaration signed with the published test key.\n\
                 Its devices are for development: commissioners refuse them unless configured to trust test devices.\n",
            );
        }
        None
    }

    /// Returns whether all random numbers come from a seed.
    #[must_use]
    pub const fn is_seeded(&self) -> bool {
        self.job.seed.is_some()
    }

    pub(crate) const fn made_pai(&self) -> Option<&MadePai> {
        self.made_pai.as_ref()
    }

    /// Returns for a run with `--paa` whether it reuses the PAI of an earlier run; `None` for other runs.
    #[must_use]
    pub fn is_pai_reused(&self) -> Option<bool> {
        self.made_pai.as_ref().map(MadePai::is_reused)
    }

    /// Opens the random numbers of a device.
    pub(crate) fn random(&self, index: u32) -> Result<Random, Error> {
        Random::open(self.job.seed.as_ref(), Purpose::Device(index))
    }

    /// Returns the requested number of threads. A seeded run has one, so that discriminators are drawn in order.
    pub(crate) const fn threads(&self) -> Option<NonZeroUsize> {
        if self.job.seed.is_some() {
            return Some(NonZeroUsize::MIN);
        }
        self.job.threads
    }

    /// Encrypts or omits a finished device's image, as the job requires.
    pub(crate) fn seal(&self, device: &mut Device, index: u32, keys: Option<&KeysFolder>) -> Result<(), Error> {
        let open = || Random::open(self.job.seed.as_ref(), Purpose::Encryption(index));
        if self.job.encrypt {
            device.encrypt(&mut open()?)?;
        } else if self.job.flash.as_ref().is_some_and(FlashJob::has_hmac) {
            device.encrypt_by_hmac(keys, &mut open()?)?;
        }
        if self.job.without_image {
            device.drop_image();
        }
        Ok(())
    }

    /// Makes the flash of a device with final images. `buffer` is the one of the previous device.
    pub(crate) fn flash(
        &self,
        device: &mut Device,
        index: u32,
        keys: Option<&KeysFolder>,
        buffer: &mut Vec<u8>,
    ) -> Result<(), Error> {
        let Some(flash) = &self.job.flash else { return Ok(()) };
        let mut rng = Random::open(self.job.seed.as_ref(), Purpose::Flash(index))?;
        device.make_flash(flash, keys, &mut rng, buffer)
    }

    /// Returns the trial of a device's flash.
    pub(crate) const fn tried_flash(&self) -> Option<&Tried> {
        self.flash.as_ref()
    }

    pub(crate) const fn job(&self) -> &Job {
        &self.job
    }

    pub(crate) const fn time(&self) -> &DateTime {
        &self.time
    }

    pub(crate) const fn layout(&self) -> &StorageLayout<'static> {
        &self.layout
    }

    pub(crate) fn pai(&self) -> Option<&Certificate> {
        match &self.job.attestation {
            Attestation::Supplied { pai, .. } => Some(pai),
            _ => self.signer.as_ref().map(|signer| signer.pai.issuer()),
        }
    }

    /// Sets everything except the passcode, the discriminator and the credentials.
    fn fill<R: CryptoRng + ?Sized>(&self, record: &mut DeviceRecord, cells: &Cells, rng: &mut R) -> Result<(), Error> {
        let job = &self.job;
        record.flow = job.flow;
        record.discovery = job.discovery;
        record.declaration.clone_from(&job.declaration);
        record.product = cells.product.or(&job.product);
        record.locales.clone_from(&job.locales);
        record.fixed_labels.clone_from(&job.fixed_labels);
        record.supported_modes.clone_from(&job.supported_modes);
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
        if record.product.serial_number.is_none() {
            record.product.serial_number = Some(random_serial(rng)?);
        }
        if let Some(host) = &job.mqtt_host {
            record.add_entry(broker(host)).map_err(Error::encode)?;
        }
        for entry in &cells.entries {
            record
                .add_entry(entry.clone())
                .map_err(|error| Error::field(Field::Columns, error))?;
        }
        storage::draw(&self.layout, record, rng);
        Ok(())
    }
}

/// Returns the entry that the RainMaker firmware reads, in its own namespace.
fn broker(host: &MqttHost) -> FactoryEntry {
    const NAMESPACE: Namespace = match Namespace::new("rmaker_creds") {
        Ok(namespace) => namespace,
        Err(_) => unreachable!(),
    };
    const KEY: Key = match Key::new("mqtt_host") {
        Ok(key) => key,
        Err(_) => unreachable!(),
    };
    FactoryEntry {
        namespace: NAMESPACE,
        key: KEY,
        value: OwnedValue::Str(host.as_str().into()),
    }
}

/// Draws 32 hexadecimal digits, as the reference tool does.
fn random_serial<R: CryptoRng + ?Sized>(rng: &mut R) -> Result<SerialNumber, Error> {
    let mut bytes = [0; 16];
    rng.fill_bytes(&mut bytes);
    SerialNumber::new(&hex(&bytes)).map_err(Error::encode)
}
