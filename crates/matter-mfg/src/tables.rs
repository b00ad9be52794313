use std::path::Path;

use csv::{Terminator, WriterBuilder};
use zeroize::Zeroizing;

use crate::Error;
use crate::device::{Device, Row, rows};
use crate::folder::{GrowingFile, create_private};
use crate::hex::hex;
use matter_factory_data::Place;

/// Longer than most rows.
const BUFFER: usize = 2048;

/// How lines end: the reference tool's small files end them with LF, its tables with CRLF as RFC 4180 says.
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

/// Rows of CSV, quoted where RFC 4180 asks for it.
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
        let bytes = self.0.into_inner().map_err(Error::encode)?;
        String::from_utf8(bytes).map(Zeroizing::new).map_err(Error::encode)
    }
}

/// The tables of a run, which grow device by device and appear when the run ends.
pub(crate) struct Tables {
    summary: GrowingFile,
    dacs: Option<GrowingFile>,
    config: GrowingFile,
    master: GrowingFile,
    pins: GrowingFile,
    rows: u32,
}

impl Tables {
    /// Starts the tables in `folder`, their names with `stamp` in them; or continues tables that listed `rows` devices
    /// when they were as long as `lens` says.
    pub(crate) fn open(folder: &Path, stamp: &str, pai: Option<&[u8]>, rows: u32, lens: &[u64]) -> Result<Self, Error> {
        let staging = folder.join("staging");
        create_private(&staging)?;
        let mut lens = lens.iter().copied();
        let mut open = |folder: &Path, name: &str| GrowingFile::open(folder.join(name), lens.next().unwrap_or(0));
        let summary = open(folder, &format!("summary-{stamp}.csv"))?;
        let config = open(&staging, "config.csv")?;
        let master = open(&staging, "master.csv")?;
        let pins = open(&staging, "pin_disc.csv")?;
        let mut dacs = pai.map(|_| open(folder, &format!("cn_dacs-{stamp}.csv"))).transpose()?;
        if rows == 0 {
            if let Some(dacs) = &mut dacs {
                dacs.add(b"CN,certs\r\n");
            }
            if let Some(pai) = pai {
                let mut file = GrowingFile::open(staging.join("pai_cert.der"), 0)?;
                file.add(pai);
                file.flush()?;
            }
        }
        Ok(Self {
            summary,
            dacs,
            config,
            master,
            pins,
            rows,
        })
    }

    /// Returns when all rows are on disk.
    pub(crate) fn sync(&mut self) -> Result<(), Error> {
        let always = [&mut self.summary, &mut self.config, &mut self.master, &mut self.pins];
        always
            .into_iter()
            .chain(self.dacs.as_mut())
            .try_for_each(GrowingFile::sync)
    }

    /// Returns how long the tables are, for [`Tables::open`].
    pub(crate) fn lens(&self) -> Vec<u64> {
        self.files().map(GrowingFile::len).collect()
    }

    fn files(&self) -> impl Iterator<Item = &GrowingFile> {
        let always = [&self.summary, &self.config, &self.master, &self.pins];
        always.into_iter().chain(self.dacs.as_ref())
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
            Some(file) => Zeroizing::new(format!("{}/internal/{file}", device.uuid)),
            None => row.text.clone(),
        });
        let values = values.collect::<Vec<_>>();
        let values = || values.iter().map(|value| value.as_str());
        self.master.add(line(LineEnd::CrLf, values())?.as_bytes());
        let more = further.iter().map(|(_, value)| value.as_str());
        self.summary.add(line(LineEnd::CrLf, values().chain(more))?.as_bytes());
        let pins = pins.iter().map(|(_, value)| value.as_str());
        self.pins.add(line(LineEnd::CrLf, pins)?.as_bytes());
        if let (Some(dacs), Some(credentials)) = (&mut self.dacs, device.record.credentials()) {
            // A supplied certificate may have another name than its device or, as for the reference tool, none and no row.
            if let Some(name) = credentials.dac().common_name() {
                dacs.add(line(LineEnd::CrLf, [name, &credentials.dac().to_pem()])?.as_bytes());
            }
        }
        self.rows += 1;
        Ok(())
    }

    /// All devices of a run have the same columns.
    fn write_headers(&mut self, rows: &[Row], further: &[Cell], pins: &[Cell]) -> Result<(), Error> {
        let keys = || rows.iter().map(|row| row.key.as_str());
        self.master.add(line(LineEnd::CrLf, keys())?.as_bytes());
        let more = further.iter().map(|(name, _)| *name);
        self.summary.add(line(LineEnd::CrLf, keys().chain(more))?.as_bytes());
        let names = pins.iter().map(|(name, _)| *name);
        self.pins.add(line(LineEnd::CrLf, names)?.as_bytes());
        let mut namespace = None;
        for row in rows {
            if namespace != Some(row.namespace) {
                self.config
                    .add(line(LineEnd::Lf, [row.namespace.as_str(), "namespace", ""])?.as_bytes());
                namespace = Some(row.namespace);
            }
            let kind = if row.file.is_some() { "file" } else { "data" };
            self.config
                .add(line(LineEnd::Lf, [row.key.as_str(), kind, row.encoding])?.as_bytes());
        }
        Ok(())
    }
}

/// A column's name and its value.
type Cell = (&'static str, Zeroizing<String>);

fn cell(name: &'static str, value: &str) -> Cell {
    (name, Zeroizing::new(value.to_owned()))
}

/// What the summary has besides the entries in NVS: the codes, and what is in the other partition instead.
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

/// A row of `pin_disc.csv`; of a device that draws its passcode itself, without that and the verifier.
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

#[cfg(test)]
mod tests {
    use matter_factory_data::{DeviceRecord, SerialNumber};
    use matter_spake2p::PbkdfParameters;
    use matter_types::Discriminator;

    use super::*;
    use crate::plan::Identity;
    use crate::{Job, Plan, Timings, now};

    /// Files and columns of esp-matter-mfg-tool 1.0.29 with `--enable-dynamic-passcode`.
    #[test]
    fn device_that_draws_its_passcode_has_no_codes() {
        let top = tempfile::tempdir().unwrap();
        let job = Job::new("0xFFF1".parse().unwrap(), "0x8000".parse().unwrap());
        let time = now().unwrap();
        let parameters = PbkdfParameters {
            iterations: job.iterations,
            salt: "V2QKkHqfnRuSmj1m/1ZcYNwoAfhl5sihnkdYmHQahuM=".parse().unwrap(),
        };
        let discriminator = Discriminator::new(3840).unwrap();
        let mut record = DeviceRecord::with_dynamic_passcode(job.vendor_id, job.product_id, discriminator, parameters);
        record.serial_number = Some(SerialNumber::new("S").unwrap());
        let plan = Plan::new(job, time).unwrap();
        let uuid = "device".to_owned();
        let mut device = Device::finish(Identity { uuid, record }, &plan, &mut Timings::default()).unwrap();
        device.publish(top.path()).unwrap();
        let names = std::fs::read_dir(top.path().join("device")).unwrap();
        let mut names = names
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect::<Vec<_>>();
        names.sort();
        assert_eq!(names, ["device-partition.bin", "internal"]);

        let mut tables = Tables::open(top.path(), "now", None, 0, &[]).unwrap();
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
