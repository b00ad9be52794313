use std::path::Path;

use csv::{Terminator, WriterBuilder};
use zeroize::Zeroizing;

use crate::Error;
use crate::device::{Device, Row, rows};
use crate::folder::{GrowingFile, create_private};

/// How lines end: the reference tool's small files end them with LF, its tables with CRLF as RFC 4180 says.
#[derive(Clone, Copy)]
pub(crate) enum LineEnd {
    Lf,
    CrLf,
}

/// One row of CSV, quoted where RFC 4180 asks for it.
pub(crate) fn line<'c>(end: LineEnd, cells: impl IntoIterator<Item = &'c str>) -> Result<Zeroizing<String>, Error> {
    let terminator = match end {
        LineEnd::Lf => Terminator::Any(b'\n'),
        LineEnd::CrLf => Terminator::CRLF,
    };
    let mut writer = WriterBuilder::new().terminator(terminator).from_writer(Vec::new());
    writer.write_record(cells).map_err(Error::encode)?;
    let bytes = writer.into_inner().map_err(Error::encode)?;
    String::from_utf8(bytes).map(Zeroizing::new).map_err(Error::encode)
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
        let mut pins = open(&staging, "pin_disc.csv")?;
        let mut dacs = pai.map(|_| open(folder, &format!("cn_dacs-{stamp}.csv"))).transpose()?;
        if rows == 0 {
            if let Some(dacs) = &mut dacs {
                dacs.write(b"CN,certs\r\n")?;
            }
            if let Some(pai) = pai {
                GrowingFile::open(staging.join("pai_cert.der"), 0)?.write(pai)?;
            }
            pins.write(b"Index,PIN Code,Iteration Count,Salt,Verifier,Discriminator\r\n")?;
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
    pub(crate) fn sync(&self) -> Result<(), Error> {
        self.files().try_for_each(GrowingFile::sync)
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
        let rows = rows(&device.record)?;
        if self.rows == 0 {
            self.write_headers(&rows)?;
        }
        let values = rows.iter().map(|row| match row.file {
            Some(file) => Zeroizing::new(format!("{}/internal/{file}", device.uuid)),
            None => row.text.clone(),
        });
        let values = values.collect::<Vec<_>>();
        let values = || values.iter().map(|value| value.as_str());
        self.master.write(line(LineEnd::CrLf, values())?.as_bytes())?;
        let codes = [device.passcode.as_str(), device.qr.as_str(), device.manual.as_str()];
        self.summary
            .write(line(LineEnd::CrLf, values().chain(codes))?.as_bytes())?;
        let record = &device.record;
        let (salt, verifier) = (record.parameters().salt.to_base64(), record.verifier().to_base64());
        let pins = [
            &self.rows.to_string(),
            device.passcode.as_str(),
            &record.parameters().iterations.to_string(),
            salt.as_str(),
            verifier.as_str(),
            &record.discriminator().to_string(),
        ];
        self.pins.write(line(LineEnd::CrLf, pins)?.as_bytes())?;
        if let (Some(dacs), Some(credentials)) = (&mut self.dacs, record.credentials()) {
            dacs.write(line(LineEnd::CrLf, [device.uuid.as_str(), &credentials.dac().to_pem()])?.as_bytes())?;
        }
        self.rows += 1;
        Ok(())
    }

    /// All devices of a run have the same columns.
    fn write_headers(&mut self, rows: &[Row]) -> Result<(), Error> {
        let keys = || rows.iter().map(|row| row.key.as_str());
        self.master.write(line(LineEnd::CrLf, keys())?.as_bytes())?;
        let codes = ["pincode", "qrcode", "manualcode"];
        self.summary
            .write(line(LineEnd::CrLf, keys().chain(codes))?.as_bytes())?;
        let mut namespace = None;
        for row in rows {
            if namespace != Some(row.namespace) {
                self.config
                    .write(line(LineEnd::Lf, [row.namespace.as_str(), "namespace", ""])?.as_bytes())?;
                namespace = Some(row.namespace);
            }
            let kind = if row.file.is_some() { "file" } else { "data" };
            self.config
                .write(line(LineEnd::Lf, [row.key.as_str(), kind, row.encoding])?.as_bytes())?;
        }
        Ok(())
    }
}
