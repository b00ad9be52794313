//! The audit of what lies on disk: devices' folders, whole outputs, single files and flash dumps.

mod codes;
mod files;
mod flash;
mod folders;
mod listed;
#[cfg(feature = "pictures")]
mod picture;
mod rows;
mod source;
mod surroundings;
mod unchecked;
mod work;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use esp_nvs_image::NvsKeys;
use matter_factory_data::{BatchAudit, Check, Expected, Finding};
use zeroize::Zeroizing;

pub use flash::FlashDump;

use crate::Error;
use crate::inputs::read;
use files::{PATH, is_open};
use folders::{Found, leaked_keys, open_secrets};
use listed::Listed;
use source::{SingleFile, Source, add_file};
use work::Work;

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

    /// Sets the flash dump, of which there is one.
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
        let mut found = Vec::new();
        let keys = match self.keys.as_deref() {
            Some(path) => read_keys(path, &mut found)?,
            None => None,
        };
        let mut inputs = self.inputs()?;
        found.append(&mut inputs.findings);
        let mut work = Work::new(self, keys, listed, BatchAudit::new(&*random_key()?));
        work.run(&inputs.sources)?;
        found.append(&mut work.findings);
        for listed in work.listed {
            found.extend(listed.finish(&inputs.outputs, &mut work.batch));
        }
        let mut batch = work.batch.finish();
        batch.extend(found);
        let named = inputs
            .open
            .iter()
            .filter_map(|path| Path::new(path).canonicalize().ok());
        let named = named.collect::<BTreeSet<_>>();
        let lists = [&self.keys, &self.manifest, &self.ledger].into_iter().flatten();
        let lists = lists.filter(|path| is_open(path) && !path.canonicalize().is_ok_and(|path| named.contains(&path)));
        inputs.open.extend(lists.map(|path| path.display().to_string()));
        if !inputs.open.is_empty() {
            batch.push(Finding::of(Check::FileMode, "output", inputs.open.join(", ")));
        }
        if work.devices.is_empty() && !self.paths.is_empty() {
            let text = "no folder of a device is there";
            batch.push(Finding::of(Check::ArtifactMissing, "devices", text));
        }
        batch.extend(work.unchecked.notes(&self.expected));
        Ok(AuditReport {
            devices: work.devices,
            batch,
        })
    }

    /// Finds the devices, and what lies around them.
    fn inputs(&self) -> Result<Inputs, Error> {
        let mut inputs = Inputs::default();
        inputs.sources.extend(self.dump.clone().map(|dump| Source {
            dump: Some(dump),
            ..Source::default()
        }));
        let mut seen = BTreeSet::new();
        for path in &self.paths {
            if !path.is_dir() {
                add_file(&mut inputs.sources, SingleFile::new(path)?);
                continue;
            }
            let place = path.canonicalize().map_err(|error| Error::file(PATH, path, error))?;
            let mut found = Found::default();
            found.look(path)?;
            // A device's own files are looked at with the device.
            let in_output = found.devices.first() != Some(path);
            if in_output {
                open_secrets(path, 0, &mut inputs.open);
                inputs.outputs.push(place);
            }
            inputs.findings.append(&mut found.findings);
            inputs.findings.extend(leaked_keys(&found.others));
            for device in found.devices {
                if device.canonicalize().is_ok_and(|place| seen.insert(place)) {
                    inputs.sources.push(Source::folder(device, in_output));
                }
            }
        }
        if self.dump.is_some() {
            // The device's folder says more of it, and comes first.
            inputs.sources.rotate_left(1);
        }
        Ok(inputs)
    }
}

/// What is to be audited.
#[derive(Default)]
struct Inputs {
    sources: Vec<Source>,
    /// Folders of devices, in which those of a list have to be.
    outputs: Vec<PathBuf>,
    /// Files with secrets outside of devices' folders that others than their owner can read.
    open: Vec<String>,
    /// What else lies there, and was not looked into.
    findings: Vec<Finding>,
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

/// What programs for tables write before a text in UTF-8.
const BOM: &[u8] = b"\xEF\xBB\xBF";

/// The text of a table in CSV, and what is between its cells.
fn table(bytes: &[u8]) -> (&[u8], u8) {
    let text = bytes.strip_prefix(BOM).unwrap_or(bytes);
    (text, delimiter(text))
}

/// What is between the cells of a table that begins so: a comma or, as some programs have it, a semicolon.
fn delimiter(text: &[u8]) -> u8 {
    let header = text.split(|byte| *byte == b'\n').next().unwrap_or_default();
    if header.contains(&b';') && !header.contains(&b',') {
        b';'
    } else {
        b','
    }
}

fn read_keys(path: &Path, findings: &mut Vec<Finding>) -> Result<Option<NvsKeys>, Error> {
    let keys = NvsKeys::decode(&read("--keys", path)?);
    let wrong = |error| findings.push(Finding::of(Check::ArtifactMalformed, "keys", error));
    Ok(keys.map_err(wrong).ok())
}

fn random_key() -> Result<Zeroizing<[u8; 32]>, Error> {
    let mut key = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *key).map_err(|_| Error::Random)?;
    Ok(key)
}
