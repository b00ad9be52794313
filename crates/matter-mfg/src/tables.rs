use std::path::{Path, PathBuf};

use csv::{Terminator, WriterBuilder};
use zeroize::Zeroizing;

use crate::device::{Device, Row, rows};
use crate::folder::{DraftFile, create_private};
use crate::{Error, clock};
use matter_attestation::DateTime;

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
    summary: DraftFile,
    dacs: Option<DraftFile>,
    config: DraftFile,
    master: DraftFile,
    pins: DraftFile,
    rows: u32,
}

/// Where the tables are.
#[derive(Debug)]
pub(crate) struct Published {
    pub(crate) summary: PathBuf,
    pub(crate) dacs: Option<PathBuf>,
}

impl Tables {
    /// Starts the tables in `top`, their names with the run's time in them. Also returns that part of the names.
    pub(crate) fn new(top: &Path, time: &DateTime, pai: Option<&[u8]>) -> Result<(Self, String), Error> {
        let (stamp, summary) = start_summary(top, &clock::stamp(time))?;
        let staging = top.join("staging");
        create_private(&staging)?;
        let mut dacs = pai
            .map(|_| DraftFile::new(top, &format!("cn_dacs-{stamp}.csv")))
            .transpose()?;
        if let Some(dacs) = &mut dacs {
            dacs.write(b"CN,certs\r\n")?;
        }
        if let Some(pai) = pai {
            let mut file = DraftFile::new(&staging, "pai_cert.der")?;
            file.write(pai)?;
            file.publish()?;
        }
        let mut pins = DraftFile::new(&staging, "pin_disc.csv")?;
        pins.write(b"Index,PIN Code,Iteration Count,Salt,Verifier,Discriminator\r\n")?;
        let config = DraftFile::new(&staging, "config.csv")?;
        let master = DraftFile::new(&staging, "master.csv")?;
        Ok((
            Self {
                summary,
                dacs,
                config,
                master,
                pins,
                rows: 0,
            },
            stamp,
        ))
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
            // A supplied certificate may have another name than its device or, as for the reference tool, none and no row.
            if let Some(name) = credentials.dac().common_name() {
                dacs.write(line(LineEnd::CrLf, [name, &credentials.dac().to_pem()])?.as_bytes())?;
            }
        }
        self.rows += 1;
        Ok(())
    }

    /// Makes the tables appear, all that can.
    pub(crate) fn publish(self) -> Result<Published, Error> {
        let summary = self.summary.publish();
        let dacs = self.dacs.map(DraftFile::publish).transpose();
        let staging = [self.config, self.master, self.pins].map(DraftFile::publish);
        for table in staging {
            table?;
        }
        Ok(Published {
            summary: summary?,
            dacs: dacs?,
        })
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

/// Starts the summary under the first name that is free: two runs may begin in the same second.
fn start_summary(top: &Path, stamp: &str) -> Result<(String, DraftFile), Error> {
    let mut number = 1u32;
    loop {
        let stamp = if number == 1 {
            stamp.to_owned()
        } else {
            format!("{stamp}-{number}")
        };
        let name = format!("summary-{stamp}.csv");
        if !top.join(&name).exists() {
            match DraftFile::reserve(top, &name) {
                Err(Error::Write { source, .. }) if source.kind() == std::io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
                // Unless another run has published that name since it was looked for.
                Ok(file) if !top.join(&name).exists() => return Ok((stamp, file)),
                Ok(_) => {}
            }
        }
        number += 1;
    }
}
