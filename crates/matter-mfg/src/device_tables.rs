use std::borrow::Cow;

use base16ct::lower::encode_string as hex;
use csv::{Terminator, WriterBuilder};
use factory_fs::Dir;
use matter_attestation::DateTime;
use matter_factory_data::{Place, guard_formula};
use zeroize::Zeroizing;

use crate::Error;
use crate::device::{Device, Row, rows};
use crate::growing::GrowingFile;

/// Longer than most rows.
const BUFFER: usize = 2048;

/// Line ends: LF in the reference tool's small files, CRLF in its tables (RFC 4180).
#[derive(Clone, Copy)]
pub(crate) enum LineEnd {
    Lf,
    CrLf,
}

/// One row of CSV.
pub(crate) fn line<'c>(end: LineEnd, cells: impl IntoIterator<Item = &'c str>) -> Result<Zeroizing<String>, Error> {
    let mut lines = Lines::new(end);
    lines.add(cells)?;
    lines.finish()
}

/// Rows of CSV, quoted where RFC 4180 requires it.
pub(crate) struct Lines(csv::Writer<Vec<u8>>);

impl Lines {
    pub(crate) fn new(end: LineEnd) -> Self {
        let terminator = match end {
            LineEnd::Lf => Terminator::Any(b'\n'),
            LineEnd::CrLf => Terminator::CRLF,
        };
        let mut builder = WriterBuilder::new();
        builder.terminator(terminator).buffer_capacity(BUFFER);
        Self(builder.from_writer(Vec::new()))
    }

    pub(crate) fn add<'c>(&mut self, cells: impl IntoIterator<Item = &'c str>) -> Result<(), Error> {
        self.0.write_record(cells).map_err(Error::encode)
    }

    pub(crate) fn finish(self) -> Result<Zeroizing<String>, Error> {
        let bytes = self.0.into_inner().map_err(|error| Error::encode(error.to_string()))?;
        let text = String::from_utf8(bytes).map_err(|error| Error::encode(error.utf8_error()))?;
        Ok(Zeroizing::new(text))
    }
}

/// Returns the name of the table of all devices.
pub(crate) fn summary(stamp: &str) -> String {
    format!("summary-{stamp}.csv")
}

/// Returns the name of the table of all certificates.
pub(crate) fn dacs(stamp: &str) -> String {
    format!("cn_dacs-{stamp}.csv")
}

/// The folder of the reference tool's intermediate tables.
pub(crate) const STAGING: &str = "staging";
const CONFIG: &str = "config.csv";
const MASTER: &str = "master.csv";
const PINS: &str = "pin_disc.csv";
/// The PAI of the latest run.
pub(crate) const PAI: &str = "pai_cert.der";
/// Files that a run leaves in the staging folder.
pub(crate) const STAGED: [&str; 4] = [CONFIG, MASTER, PINS, PAI];

/// Returns the tables of a run in the order of [`Tables::lens`]: the folder below the run's, and the name.
pub(crate) fn names(stamp: &str) -> [(Option<&'static str>, Cow<'static, str>); 5] {
    [
        (None, summary(stamp).into()),
        (Some(STAGING), CONFIG.into()),
        (Some(STAGING), MASTER.into()),
        (Some(STAGING), PINS.into()),
        (None, dacs(stamp).into()),
    ]
}

/// The tables of a run, which grow device by device and are published when the run ends.
pub(crate) struct Tables {
    /// Summary, config, master and pins, followed by the certificates, if any.
    files: Vec<GrowingFile>,
    rows: u32,
}

const SUMMARY_AT: usize = 0;
const CONFIG_AT: usize = 1;
const MASTER_AT: usize = 2;
const PINS_AT: usize = 3;
const DACS_AT: usize = 4;

impl Tables {
    /// Creates the tables in `folder`, with `stamp` in their names; or continues tables that listed `rows` devices when
    /// they had the lengths `lens`.
    pub(crate) fn open(folder: &Dir, stamp: &str, pai: Option<&[u8]>, rows: u32, lens: &[u64]) -> Result<Self, Error> {
        let path = folder.path().join(STAGING);
        let staging = folder.create_child(STAGING).map_err(Error::write(&path))?;
        let mut files = Vec::new();
        let with_dacs = names(stamp).len() - usize::from(pai.is_none());
        let lens = lens.iter().copied().chain(std::iter::repeat(0));
        for ((below, name), len) in names(stamp).iter().take(with_dacs).zip(lens) {
            let dir = below.map_or(folder, |_| &staging);
            files.push(GrowingFile::open(dir, name, len)?);
        }
        if let Some(pai) = pai.filter(|_| rows == 0) {
            if let Some(dacs) = files.get_mut(DACS_AT) {
                dacs.add(b"CN,certs\r\n");
            }
            let mut file = GrowingFile::open(&staging, PAI, 0)?;
            file.add(pai);
            file.sync()?;
        }
        Ok(Self { files, rows })
    }

    /// Flushes all rows to disk.
    pub(crate) fn sync(&mut self) -> Result<(), Error> {
        self.files.iter_mut().try_for_each(GrowingFile::sync)
    }

    /// Returns the lengths of the tables, for [`Tables::open`].
    pub(crate) fn lens(&self) -> Vec<u64> {
        self.files.iter().map(GrowingFile::len).collect()
    }

    fn add_line(&mut self, table: usize, end: LineEnd, cells: &[&str]) -> Result<(), Error> {
        if let Some(file) = self.files.get_mut(table) {
            file.add(line(end, cells.iter().copied())?.as_bytes());
        }
        Ok(())
    }

    /// Adds a device that is on disk.
    pub(crate) fn add(&mut self, device: &Device) -> Result<(), Error> {
        let rows = rows(&device.record, &device.layout)?;
        let further = further(device);
        let pins = pins(device, self.rows);
        if self.rows == 0 {
            self.write_headers(&rows, &further, &pins)?;
        }
        let values = rows.iter().map(|row| match row.file {
            // The file does not exist.
            Some(file) if !device.internal.has(file) => Zeroizing::default(),
            Some(file) => Zeroizing::new(format!("{}/{}", device.uuid, file.path())),
            None if row.is_free_text() => guard_formula(&row.text),
            None => row.text.clone(),
        });
        let values = values.collect::<Vec<_>>();
        let mut cells = values.iter().map(|value| value.as_str()).collect::<Vec<_>>();
        self.add_line(MASTER_AT, LineEnd::CrLf, &cells)?;
        cells.extend(further.iter().map(|(_, value)| value.as_str()));
        self.add_line(SUMMARY_AT, LineEnd::CrLf, &cells)?;
        let cells = pins.iter().map(|(_, value)| value.as_str()).collect::<Vec<_>>();
        self.add_line(PINS_AT, LineEnd::CrLf, &cells)?;
        // A supplied certificate may have another name than its device or, as with the reference tool, neither name nor
        // row.
        let dac = device.record.credentials().map(|credentials| credentials.dac());
        if let Some((dac, name)) = dac.and_then(|dac| Some((dac, dac.common_name()?))) {
            self.add_line(DACS_AT, LineEnd::CrLf, &[&guard_formula(name), &dac.to_pem()])?;
        }
        self.rows += 1;
        Ok(())
    }

    /// All devices of a run have the same columns.
    fn write_headers(&mut self, rows: &[Row], further: &[Cell], pins: &[Cell]) -> Result<(), Error> {
        let keys = rows
            .iter()
            .map(|row| guard_formula(row.key.as_str()))
            .collect::<Vec<_>>();
        let mut cells = keys.iter().map(|key| key.as_str()).collect::<Vec<_>>();
        self.add_line(MASTER_AT, LineEnd::CrLf, &cells)?;
        cells.extend(further.iter().map(|(name, _)| *name));
        self.add_line(SUMMARY_AT, LineEnd::CrLf, &cells)?;
        let cells = pins.iter().map(|(name, _)| *name).collect::<Vec<_>>();
        self.add_line(PINS_AT, LineEnd::CrLf, &cells)?;
        let mut namespace = None;
        for row in rows {
            if namespace != Some(row.namespace) {
                let cells = [&*guard_formula(row.namespace.as_str()), "namespace", ""];
                self.add_line(CONFIG_AT, LineEnd::Lf, &cells)?;
                namespace = Some(row.namespace);
            }
            let kind = if row.file.is_some() { "file" } else { "data" };
            let cells = [&*guard_formula(row.key.as_str()), kind, row.encoding.as_str()];
            self.add_line(CONFIG_AT, LineEnd::Lf, &cells)?;
        }
        Ok(())
    }
}

/// A column's name and its value.
type Cell = (&'static str, Zeroizing<String>);

fn cell(name: &'static str, value: &str) -> Cell {
    (name, Zeroizing::new(value.to_owned()))
}

/// Returns the summary's columns besides the NVS entries: the codes, and the entries of the other partition.
fn further(device: &Device) -> Vec<Cell> {
    let record = &device.record;
    let mut cells = Vec::new();
    if let Some(label) = &device.label {
        cells.push(cell("pincode", &label.passcode));
        cells.push(cell("qrcode", label.qr.as_str()));
        cells.push(cell("manualcode", label.manual.as_str()));
    }
    if device.layout.commissionable_data() == Place::SecureCert {
        let parameters = record.parameters();
        cells.push(cell("discriminator", &record.discriminator().to_string()));
        cells.push(cell("iteration-count", &parameters.iterations.to_string()));
        cells.push(cell("salt", parameters.salt.to_base64().as_str()));
    }
    if let Some(id) = record
        .rotating_id
        .as_ref()
        .filter(|_| device.layout.rotating_id() == Place::SecureCert)
    {
        cells.push(("rd-id-uid", Zeroizing::new(hex(id.expose_bytes()))));
    }
    cells
}

/// Returns a row of `pin_disc.csv`. A device that draws its passcode itself has neither passcode nor verifier.
fn pins(device: &Device, index: u32) -> Vec<Cell> {
    let record = &device.record;
    let mut cells = vec![cell("Index", &index.to_string())];
    if let Some(label) = &device.label {
        cells.push(cell("PIN Code", &label.passcode));
    }
    cells.push(cell("Iteration Count", &record.parameters().iterations.to_string()));
    cells.push(cell("Salt", record.parameters().salt.to_base64().as_str()));
    if let Some(verifier) = record.verifier() {
        cells.push(cell("Verifier", verifier.to_base64().as_str()));
    }
    cells.push(cell("Discriminator", &record.discriminator().to_string()));
    cells
}

/// Formats a time for file names: `YYYY-MM-DD-HH-MM-SS`.
pub(crate) fn stamp(time: &DateTime) -> String {
    format!(
        "{:04}-{:02}-{:02}-{:02}-{:02}-{:02}",
        time.year(),
        time.month(),
        time.day(),
        time.hour(),
        time.minutes(),
        time.seconds()
    )
}

#[cfg(test)]
mod tests {
    use matter_factory_data::{DeviceRecord, SerialNumber};
    use matter_spake2p::PbkdfParameters;
    use matter_types::Discriminator;

    use std::path::Path;

    use super::*;
    use crate::plan::Identity;
    use crate::{Job, Plan, Timings};

    /// Files and columns of esp-matter-mfg-tool 1.0.29 with `--enable-dynamic-passcode`.
    #[test]
    fn device_that_draws_its_passcode_has_no_codes() {
        let top = tempfile::tempdir().unwrap();
        let job = Job::new("0xFFF1".parse().unwrap(), "0x8000".parse().unwrap());
        let time = DateTime::new(2026, 6, 1, 0, 0, 0).unwrap();
        let parameters = PbkdfParameters {
            iterations: job.iterations,
            salt: "V2QKkHqfnRuSmj1m/1ZcYNwoAfhl5sihnkdYmHQahuM=".parse().unwrap(),
        };
        let discriminator = Discriminator::new(3840).unwrap();
        let mut record = DeviceRecord::with_dynamic_passcode(job.vendor_id, job.product_id, discriminator, parameters);
        record.product.serial_number = Some(SerialNumber::new("S").unwrap());
        let plan = Plan::new(job, time).unwrap();
        let uuid = "device".to_owned();
        let mut device = Device::finish(Identity { uuid, record }, &plan, &mut Timings::default()).unwrap();
        let dir = Dir::open(top.path()).unwrap();
        device.write(&dir).unwrap();
        let names = std::fs::read_dir(top.path().join("device")).unwrap();
        let mut names = names
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect::<Vec<_>>();
        names.sort();
        assert_eq!(names, ["device-partition.bin", "internal"]);

        let mut tables = Tables::open(&dir, "now", None, 0, &[]).unwrap();
        tables.add(&device).unwrap();
        tables.sync().unwrap();
        let summary = top.path().join("summary-now.csv");
        let read = |path: &Path| std::fs::read_to_string(path).unwrap();
        let salt = "V2QKkHqfnRuSmj1m/1ZcYNwoAfhl5sihnkdYmHQahuM=";
        assert_eq!(
            read(&summary),
            format!(
                "discriminator,iteration-count,salt,vendor-id,product-id,serial-num\r\n3840,10000,{salt},65521,32768,S\r\n"
            )
        );
        assert_eq!(
            read(&top.path().join("staging/pin_disc.csv")),
            format!("Index,Iteration Count,Salt,Discriminator\r\n0,10000,{salt},3840\r\n")
        );
    }
}
