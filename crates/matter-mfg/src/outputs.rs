use std::fs::File;
use std::io::{self, BufRead, BufReader, ErrorKind, Read};

use factory_fs::Dir;
use matter_factory_data::FolderFile;
use matter_setup_payload::SetupPayload;
use matter_signer::P256Signer;
use serde::Deserialize;
use zeroize::Zeroizing;

use crate::device::Device;
use crate::device_tables::Tables;
use crate::label_sheet::{LabelFormat, LabelSheet, SheetWriter};
use crate::manifest::Manifest;
use crate::qr_zip::QrZip;
use crate::{DeviceLabel, Error, Plan};

/// The files about all devices of a run, besides the reference tool's tables.
///
/// # Examples
///
/// ```
/// use matter_mfg::{Job, LabelFormat};
///
/// let mut job = Job::new("0xFFF1".parse()?, "0x8000".parse()?);
/// job.lists.labels = Some(LabelFormat::Pdf);
/// job.lists.qr_zip = true;
/// job.lists.no_passcode_in_manifest = true;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub struct BatchFiles {
    /// Sheets of labels for a printer.
    pub labels: Option<LabelFormat>,
    /// The layout of the labels.
    pub label_sheet: LabelSheet,
    /// Whether to collect all QR code pictures in a zip file.
    pub qr_zip: bool,
    /// Whether to omit passcodes, and the codes that contain them, from the manifest.
    pub no_passcode_in_manifest: bool,
    /// The signer of the manifest.
    pub manifest_signer: Option<P256Signer>,
    /// Whether the PAI that signs the devices' certificates also signs the manifest; [`Plan::new`] then looks it up.
    pub sign_with_pai: bool,
}

/// Returns the name of the zip file of all pictures.
pub(crate) fn pictures(stamp: &str) -> String {
    format!("qrcodes-{stamp}.zip")
}

/// Returns the name of the folder of label sheets.
pub(crate) fn labels(stamp: &str) -> String {
    format!("labels-{stamp}")
}

/// The files about all devices of a run: tables and manifest, which grow device by device, and the files made from them
/// after the last device.
pub(crate) struct Outputs<'p> {
    plan: &'p Plan,
    folder: Dir,
    stamp: String,
    tables: Tables,
    manifest: Manifest,
}

/// The values of a manifest's device that are read back.
#[derive(Deserialize)]
struct Listed {
    uuid: String,
    serial: Option<String>,
}

impl<'p> Outputs<'p> {
    /// Creates the files in `folder`, with the run's `stamp` in their names; or continues files that listed `rows`
    /// devices when they had the lengths `lens`.
    pub(crate) fn open(plan: &'p Plan, folder: &Dir, stamp: &str, rows: u32, lens: &[u64]) -> Result<Self, Error> {
        let (len, lens) = lens.split_first().map_or((0, lens), |(first, rest)| (*first, rest));
        let pai = plan.pai().map(|pai| pai.as_der());
        Ok(Self {
            plan,
            folder: folder.try_clone().map_err(Error::write(folder.path()))?,
            stamp: stamp.into(),
            tables: Tables::open(folder, stamp, pai, rows, lens)?,
            manifest: Manifest::open(folder, stamp, plan.test_reason().is_some(), rows, len)?,
        })
    }

    /// Adds a device that is on disk.
    pub(crate) fn add(&mut self, device: &Device) -> Result<(), Error> {
        self.tables.add(device)?;
        let with_codes = !self.plan.job().lists.no_passcode_in_manifest;
        self.manifest.add(&device.manifest_entry(with_codes))
    }

    /// Flushes all rows to disk.
    pub(crate) fn sync(&mut self) -> Result<(), Error> {
        self.manifest.sync()?;
        self.tables.sync()
    }

    /// Returns the lengths of the files, for [`Outputs::open`].
    pub(crate) fn lens(&self) -> Vec<u64> {
        [self.manifest.len()].into_iter().chain(self.tables.lens()).collect()
    }

    /// Completes the manifest, and collects pictures and labels from the devices in `top`.
    pub(crate) fn complete(self, top: &Dir) -> Result<(), Error> {
        let lists = &self.plan.job().lists;
        let rows = self.manifest.complete(lists.manifest_signer.as_ref())?;
        if !lists.qr_zip && lists.labels.is_none() {
            return Ok(());
        }
        let zip = lists.qr_zip.then(|| QrZip::new(&self.folder, &pictures(&self.stamp)));
        let mut zip = zip.transpose()?;
        let name = labels(&self.stamp);
        let failed = || Error::write(&self.folder.path().join(&name));
        // Left by an interrupted part of this run.
        match self.folder.remove_tree(&name) {
            Err(error) if error.kind() != ErrorKind::NotFound => return Err(failed()(error)),
            _ => {}
        }
        let start = |format| {
            let title = format!("{}, run {}", self.plan.labels_title(), self.stamp);
            SheetWriter::new(&self.folder, &name, format, lists.label_sheet.clone(), title)
        };
        let sheets = lists.labels.map(start);
        let mut sheets = sheets.transpose()?;
        for (row, listed) in (0..).zip(read_rows(rows)) {
            let Listed { uuid, serial } = listed?;
            let folder = top.child(&uuid).map_err(|error| gone(&uuid, &error))?;
            let picture = FolderFile::QrPicture.name(&uuid);
            if self.plan.job().dynamic_passcode {
                // The device has nothing to print.
                continue;
            }
            if let Some(zip) = &mut zip {
                zip.add(&picture, &read(&folder, &picture)?)?;
            }
            if let Some(sheets) = &mut sheets {
                let label = DeviceLabel::new(&payload(&folder, &uuid)?).map_err(Error::encode)?;
                sheets.add(self.plan.named_label(row, label, serial.as_deref()))?;
            }
        }
        zip.map(QrZip::publish).transpose()?;
        if let Some(sheets) = sheets {
            sheets.finish()?;
            self.folder.sync_children([&name]).map_err(failed())?;
        }
        Ok(())
    }
}

/// Returns the devices of a manifest, one on each line after the first.
fn read_rows(manifest: File) -> impl Iterator<Item = Result<Listed, Error>> {
    let lines = BufReader::new(manifest).lines().skip(1);
    lines.filter_map(move |line| match line.map(Zeroizing::new) {
        Ok(line) if line.starts_with('{') => {
            Some(serde_json::from_str(line.trim_end_matches(',')).map_err(Error::encode))
        }
        Ok(_) => None,
        Err(error) => Some(Err(gone("manifest", &error))),
    })
}

fn gone(name: &str, error: &io::Error) -> Error {
    Error::read_back(format_args!("{name}: {error}"))
}

fn read(folder: &Dir, name: &str) -> Result<Zeroizing<Vec<u8>>, Error> {
    let read = || {
        let mut file = folder.open_file(name)?;
        let len = usize::try_from(file.metadata()?.len()).unwrap_or_default();
        let mut bytes = Zeroizing::new(Vec::with_capacity(len + 1));
        file.read_to_end(&mut bytes)?;
        Ok(bytes)
    };
    read().map_err(|error| gone(name, &error))
}

/// Returns the payload of a device's codes.
fn payload(folder: &Dir, uuid: &str) -> Result<SetupPayload, Error> {
    let codes = read(folder, &FolderFile::OnboardingCodes.name(uuid))?;
    let text = str::from_utf8(&codes).map_err(Error::encode)?;
    let qr = text.lines().nth(1).and_then(|row| row.split(',').next());
    qr.unwrap_or_default().parse().map_err(Error::encode)
}
