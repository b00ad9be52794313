use std::path::{Path, PathBuf};

use matter_attestation::PrivateKey;
use matter_setup_payload::Label as Sheet;

use crate::device::Device;
use crate::manifest::Manifest;
use crate::qr_zip::QrZip;
use crate::sheet::{LabelFormat, LabelSheets};
use crate::tables::{Published as Tabled, Tables};
use crate::{Error, Plan};

/// What a run writes about all of its devices, besides the reference tool's tables.
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct Lists {
    /// Sheets of labels for a printer.
    pub labels: Option<LabelFormat>,
    /// All QR code pictures in one zip file.
    pub qr_zip: bool,
    /// The manifest has neither passcodes nor the codes that hold them.
    pub no_passcode_in_manifest: bool,
    /// Who signs the manifest.
    pub manifest_signer: Option<PrivateKey>,
}

/// Everything that grows device by device and appears when the run ends.
pub(crate) struct Outputs<'p> {
    lists: &'p Lists,
    tables: Tables,
    manifest: Manifest,
    zip: Option<QrZip>,
    sheets: Option<LabelSheets>,
}

/// Where everything is.
#[derive(Debug)]
pub(crate) struct Published {
    pub(crate) tables: Tabled,
    pub(crate) manifest: PathBuf,
    pub(crate) qr_zip: Option<PathBuf>,
    pub(crate) labels: Option<PathBuf>,
}

impl<'p> Outputs<'p> {
    /// Starts all lists in `top`, their names with the run's time in them. Also returns that part of the names.
    pub(crate) fn new(plan: &'p Plan, top: &Path) -> Result<(Self, String), Error> {
        let lists = &plan.job().lists;
        let pai = plan.pai().map(|pai| pai.as_der());
        let (tables, stamp) = Tables::new(top, plan.time(), pai)?;
        let zip = lists.qr_zip.then(|| QrZip::new(top, &format!("qrcodes-{stamp}.zip")));
        let sheets = lists.labels.map(|format| LabelSheets::new(top, &stamp, format));
        let outputs = Self {
            lists,
            tables,
            manifest: Manifest::new(top, &stamp, plan.test_reason().is_some())?,
            zip: zip.transpose()?,
            sheets: sheets.transpose()?,
        };
        Ok((outputs, stamp))
    }

    /// Adds a device that is on disk.
    pub(crate) fn add(&mut self, device: &Device) -> Result<(), Error> {
        self.tables.add(device)?;
        self.manifest
            .add(&device.manifest_entry(!self.lists.no_passcode_in_manifest))?;
        let Some(label) = &device.label else { return Ok(()) };
        if let Some(zip) = &mut self.zip {
            zip.add(&format!("{}-qrcode.png", device.uuid), &label.picture)?;
        }
        if let Some(sheets) = &mut self.sheets {
            let Some(payload) = device.record.setup_payload() else {
                return Ok(());
            };
            let mut sheet = Sheet::new(&payload).map_err(Error::encode)?;
            let record = &device.record;
            let name = record.product_name.as_ref().map(|name| name.as_str());
            let serial = record.serial_number.as_ref().map(|serial| serial.as_str());
            for line in [name, serial].into_iter().flatten() {
                sheet = sheet.with_line(line);
            }
            sheets.add(sheet)?;
        }
        Ok(())
    }

    /// Makes all lists appear, all that can.
    pub(crate) fn publish(self) -> Result<Published, Error> {
        let tables = self.tables.publish();
        let qr_zip = self.zip.map(QrZip::publish).transpose();
        let labels = self.sheets.map(LabelSheets::publish).transpose();
        let manifest = self.manifest.publish(self.lists.manifest_signer.as_ref());
        Ok(Published {
            tables: tables?,
            manifest: manifest?,
            qr_zip: qr_zip?,
            labels: labels?,
        })
    }
}
