//! The audit of what lies on disk: devices' folders, whole outputs, single files and flash dumps.

mod files;
mod flash;
mod folders;
mod manifest;
#[cfg(feature = "pictures")]
mod picture;

use std::fmt::Display;
use std::path::{Path, PathBuf};

use esp_nvs_image::NvsKeys;
use matter_factory_data::{Attested, BatchAudit, Check, Expected, Finding, Report, recompute};

pub use flash::FlashDump;

use crate::Error;
use crate::inputs::read;
use files::{DeviceFiles, is_uuid};
use folders::{find_devices, open_secrets};
use manifest::Listed;

/// Which devices have looked at what takes long: the verifier derived from the passcode, the QR code read from its
/// picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Recompute {
    /// Every device.
    #[default]
    All,
    /// One in a hundred, and the first.
    Sample,
    /// None.
    None,
}

impl Recompute {
    const fn includes(self, index: usize) -> bool {
        match self {
            Self::All => true,
            Self::Sample => index.is_multiple_of(100),
            Self::None => false,
        }
    }
}

/// An audit of devices on disk: what to read, and what to hold it against.
///
/// # Examples
///
/// ```no_run
/// use matter_factory_data::{Expected, Severity};
/// use matter_mfg::Audit;
///
/// let report = Audit::new(Expected::new()).with_path("out").execute()?;
/// for device in &report.devices {
///     println!("{}: {} findings", device.path.display(), device.findings.len());
/// }
/// assert!(report.is_clean(Severity::Error));
/// # Ok::<(), matter_mfg::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Audit<'a> {
    expected: Expected<'a>,
    paths: Vec<PathBuf>,
    dump: Option<FlashDump>,
    keys: Option<PathBuf>,
    manifest: Option<PathBuf>,
    ledger: Option<PathBuf>,
    recompute: Recompute,
}

/// What an audit found.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AuditReport {
    /// The devices, in the order of their paths.
    pub devices: Vec<AuditedDevice>,
    /// What concerns more than one device, or one that is not there.
    pub batch: Vec<Finding>,
}

/// What was found about one device.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AuditedDevice {
    /// Its folder or file.
    pub path: PathBuf,
    /// Its name, if the folder or its certificate has one.
    pub uuid: Option<String>,
    /// What was found.
    pub findings: Vec<Finding>,
}

/// Devices whose verifiers are derived together.
const CHUNK: usize = 256;

impl<'a> Audit<'a> {
    /// Starts with nothing to read.
    #[must_use]
    pub const fn new(expected: Expected<'a>) -> Self {
        Self {
            expected,
            paths: Vec::new(),
            dump: None,
            keys: None,
            manifest: None,
            ledger: None,
            recompute: Recompute::All,
        }
    }

    /// Adds a device's folder, a folder of such folders, or a file.
    #[must_use]
    pub fn with_path(mut self, path: impl Into<PathBuf>) -> Self {
        self.paths.push(path.into());
        self
    }

    /// Adds a flash dump.
    #[must_use]
    pub fn with_flash_dump(mut self, dump: FlashDump) -> Self {
        self.dump = Some(dump);
        self
    }

    /// Sets the keys partition of devices that have none in their folders.
    #[must_use]
    pub fn with_keys(mut self, path: impl Into<PathBuf>) -> Self {
        self.keys = Some(path.into());
        self
    }

    /// Sets the manifest that the devices have to be in.
    #[must_use]
    pub fn with_manifest(mut self, path: impl Into<PathBuf>) -> Self {
        self.manifest = Some(path.into());
        self
    }

    /// Sets the ledger that the devices have to be in.
    #[must_use]
    pub fn with_ledger(mut self, path: impl Into<PathBuf>) -> Self {
        self.ledger = Some(path.into());
        self
    }

    /// Sets which devices have looked at what takes long.
    #[must_use]
    pub const fn with_recompute(mut self, recompute: Recompute) -> Self {
        self.recompute = recompute;
        self
    }

    /// Reads and audits everything.
    ///
    /// # Errors
    ///
    /// [`Error::File`] for what cannot be opened; what opens and is damaged is a finding. [`Error::Random`].
    pub fn execute(&self) -> Result<AuditReport, Error> {
        let mut listed = Vec::new();
        listed.extend(self.manifest.as_deref().map(Listed::manifest).transpose()?);
        listed.extend(self.ledger.as_deref().map(Listed::ledger).transpose()?);
        let keys = self.keys.as_deref().map(read_keys).transpose()?;
        let (mut paths, mut open) = (Vec::new(), Vec::new());
        for path in &self.paths {
            let found = paths.len();
            find_devices(path, 0, &mut paths)?;
            // A device's own files are looked at with the device.
            if paths.get(found) != Some(path) {
                open_secrets(path, 0, &mut open);
            }
        }
        let mut work = Work {
            audit: self,
            keys,
            listed,
            batch: BatchAudit::new(&random_key()?),
            devices: Vec::new(),
            waiting: Vec::new(),
        };
        if let Some(dump) = &self.dump {
            work.add(dump.read()?, None);
        }
        let mut rest = paths.as_slice();
        while let Some(count) = work.run(rest)? {
            rest = rest.get(count..).unwrap_or_default();
        }
        work.flush();
        let mut batch = work.batch.finish();
        batch.extend(work.listed.iter().flat_map(Listed::missing));
        if !open.is_empty() {
            batch.push(finding(Check::FileMode, "output", open.join(", ")));
        }
        if work.devices.is_empty() {
            batch.push(finding(
                Check::ArtifactMissing,
                "devices",
                "no folder of a device is there",
            ));
        }
        Ok(AuditReport {
            devices: work.devices,
            batch,
        })
    }
}

impl AuditReport {
    /// Tells whether nothing of this severity or a higher one was found.
    #[must_use]
    pub fn is_clean(&self, severity: matter_factory_data::Severity) -> bool {
        self.findings().all(|finding| finding.severity < severity)
    }

    /// Returns all findings, those of devices first.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.devices
            .iter()
            .flat_map(|device| &device.findings)
            .chain(&self.batch)
    }
}

/// What an audit has done so far.
struct Work<'a> {
    audit: &'a Audit<'a>,
    keys: Option<NvsKeys>,
    listed: Vec<Listed>,
    batch: BatchAudit,
    devices: Vec<AuditedDevice>,
    /// Devices whose verifiers are not derived yet.
    waiting: Vec<(PathBuf, Option<String>, Report)>,
}

impl Work<'_> {
    /// Audits devices as long as they share PAI, declaration and product. Returns how many, `None` for none.
    fn run(&mut self, paths: &[PathBuf]) -> Result<Option<usize>, Error> {
        let Some(first) = paths.first() else {
            return Ok(None);
        };
        let device = DeviceFiles::read(first)?;
        let parts = device
            .audit(&self.audit.expected, None, self.keys.as_ref(), false)
            .shared_parts()
            .cloned();
        let parts = parts.unwrap_or_default();
        let attested = Attested::new(&parts, &self.audit.expected);
        self.add(device, Some(&attested));
        for (done, path) in paths.iter().enumerate().skip(1) {
            let shared = self.add(DeviceFiles::read(path)?, Some(&attested));
            if !shared {
                return Ok(Some(done + 1));
            }
        }
        Ok(Some(paths.len()))
    }

    /// Audits a device. Returns whether it has what was checked already.
    fn add(&mut self, device: DeviceFiles, attested: Option<&Attested<'_>>) -> bool {
        let index = self.devices.len() + self.waiting.len();
        let pictures = self.audit.recompute.includes(index);
        let mut report = device.audit(&self.audit.expected, attested, self.keys.as_ref(), pictures);
        for listed in &mut self.listed {
            listed.compare(&device, &mut report);
        }
        let uuid = device
            .uuid
            .or(report.common_name().filter(|name| is_uuid(name)).map(Into::into));
        let name = uuid.clone().unwrap_or_else(|| device.path.display().to_string());
        self.batch.add(&name, &report);
        let shared = report.shared_parts().is_none();
        self.waiting.push((device.path, uuid, report));
        if self.waiting.len() == CHUNK {
            self.flush();
        }
        shared
    }

    fn flush(&mut self) {
        let first = self.devices.len();
        let slow = self
            .waiting
            .iter_mut()
            .enumerate()
            .filter(|(index, _)| self.audit.recompute.includes(first + index));
        recompute(slow.map(|(_, (_, _, report))| report));
        self.devices
            .extend(self.waiting.drain(..).map(|(path, uuid, report)| AuditedDevice {
                path,
                uuid,
                findings: report.findings().to_vec(),
            }));
    }
}

/// What programs for tables write before a text in UTF-8.
const BOM: &[u8] = b"\xEF\xBB\xBF";

/// The text of a table in CSV, and what is between its cells: a comma or, as some programs have it, a semicolon.
fn table(bytes: &[u8]) -> (&[u8], u8) {
    let text = bytes.strip_prefix(BOM).unwrap_or(bytes);
    let header = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let delimiter = if header.contains(&b';') && !header.contains(&b',') {
        b';'
    } else {
        b','
    };
    (text, delimiter)
}

fn read_keys(path: &Path) -> Result<NvsKeys, Error> {
    NvsKeys::decode(&read("--keys", path)?).map_err(|error| Error::file("--keys", path, error))
}

fn random_key() -> Result<[u8; 32], Error> {
    let mut key = [0; 32];
    getrandom::fill(&mut key).map_err(|_| Error::Random)?;
    Ok(key)
}

/// Makes a finding of a check's sentence and what was found.
fn finding(check: Check, object: &str, detail: impl Display) -> Finding {
    let detail = detail.to_string();
    let text = match detail.as_str() {
        "" => format!("{}.", check.sentence()),
        detail => format!("{} ({detail}).", check.sentence()),
    };
    Finding::new(check, object, text)
}
