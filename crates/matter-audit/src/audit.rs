use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use esp_nvs_image::{HmacKey, NvsKeys};
use matter_factory_data::{BatchAudit, Check, Expected, Finding, Severity};
use matter_ledger::LedgerPlace;
use zeroize::Zeroizing;

use crate::access::{Access, OpenFiles};
use crate::audit_input::read;
use crate::beside::Beside;
use crate::device_list::{DeviceList, ListContext};
use crate::device_source::{DeviceSource, SingleFile, add_file};
use crate::folders::{self, FolderContents, open_secrets};
use crate::known_keys::known_keys;
use crate::retired::Retired;
use crate::work::{AuditWork, GivenKeys};
use crate::{AuditInput, Error, FlashDump, ManifestKey, Sampling, run_tables};

/// An audit of devices on disk: the inputs, and the expectations for them.
///
/// # Examples
///
/// ```no_run
/// use matter_audit::matter_factory_data::{Expected, Severity};
/// use matter_audit::Audit;
///
/// let report = Audit::new(Expected::new()).with_path("out").execute()?;
/// for device in &report.devices {
///     println!("{}: {} findings", device.path.display(), device.findings.len());
/// }
/// assert!(report.is_clean(Severity::Error));
/// # Ok::<(), matter_audit::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Audit<'a> {
    expected: Expected<'a>,
    paths: Vec<PathBuf>,
    dump: Option<FlashDump>,
    keys: Option<PathBuf>,
    manifest: Option<PathBuf>,
    manifest_key: Option<ManifestKey>,
    ledger: Option<LedgerPlace>,
    recompute: Sampling,
}

/// The result of an audit.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AuditReport {
    /// The devices, in the order of their paths.
    pub devices: Vec<AuditedDevice>,
    /// Findings that concern several devices or missing ones.
    pub batch: Vec<Finding>,
}

/// The result for one device.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct AuditedDevice {
    /// Its folder or file.
    pub path: PathBuf,
    /// Its name, if its folder or its certificate has one.
    pub uuid: Option<String>,
    /// The findings.
    pub findings: Vec<Finding>,
}

impl<'a> Audit<'a> {
    /// Creates an audit without inputs.
    #[must_use]
    pub const fn new(expected: Expected<'a>) -> Self {
        Self {
            expected,
            paths: Vec::new(),
            dump: None,
            keys: None,
            manifest: None,
            manifest_key: None,
            ledger: None,
            recompute: Sampling::All,
        }
    }

    /// Adds a device's folder, a folder of such folders, or a file.
    #[must_use]
    pub fn with_path(mut self, path: impl Into<PathBuf>) -> Self {
        self.paths.push(path.into());
        self
    }

    /// Sets the flash dump, at most one.
    #[must_use]
    pub fn with_flash_dump(mut self, dump: FlashDump) -> Self {
        self.dump = Some(dump);
        self
    }

    /// Sets the keys partition of devices that have none in their folders, or the 32-byte HMAC key from which they
    /// derive their keys.
    #[must_use]
    pub fn with_keys(mut self, path: impl Into<PathBuf>) -> Self {
        self.keys = Some(path.into());
        self
    }

    /// Sets the manifest that must list the devices.
    #[must_use]
    pub fn with_manifest(mut self, path: impl Into<PathBuf>) -> Self {
        self.manifest = Some(path.into());
        self
    }

    /// Sets the signer of the manifests: of [`Audit::with_manifest`], or else of the ones beside the devices.
    #[must_use]
    pub fn with_manifest_key(mut self, key: ManifestKey) -> Self {
        self.manifest_key = Some(key);
        self
    }

    /// Sets the ledger that must list the devices.
    #[must_use]
    pub fn with_ledger(mut self, place: impl Into<LedgerPlace>) -> Self {
        self.ledger = Some(place.into());
        self
    }

    /// Selects the devices for which the slow checks are done.
    #[must_use]
    pub const fn with_recompute(mut self, recompute: Sampling) -> Self {
        self.recompute = recompute;
        self
    }

    /// Reads and audits all inputs.
    ///
    /// # Errors
    ///
    /// [`Error::File`] if an input cannot be opened; damaged contents are findings. [`Error::Random`].
    pub fn execute(&self) -> Result<AuditReport, Error> {
        let mut listed = Vec::new();
        listed.extend(self.manifest.as_deref().map(DeviceList::manifest).transpose()?);
        listed.extend(self.ledger.as_ref().map(DeviceList::ledger).transpose()?);
        let mut found = Vec::new();
        let keys = match self.keys.as_deref() {
            Some(path) => read_keys(path, &mut found)?,
            None => None,
        };
        let mut inputs = self.inputs()?;
        if self.manifest.is_none() {
            listed.extend(inputs.manifests());
        }
        found.append(&mut inputs.findings);
        let known = known_keys(&inputs.sources, &inputs.beside, &self.expected);
        let mut work = AuditWork::new(
            self.expected,
            self.recompute,
            keys,
            known,
            BatchAudit::new(&*random_key()?),
        );
        work.listed = listed;
        if run_tables::are_there(&inputs.beside) {
            work.facts = Some(run_tables::DeviceValues::new(random_key()?));
        }
        work.run(&inputs.sources)?;
        work.search_beside(&inputs.beside);
        work.search_again(&inputs.sources, &inputs.beside)?;
        if work.tried.is_exhausted() {
            let text = "files beside the devices contain more values of a key's length than are examined";
            found.push(Finding::of(Check::NotChecked, "output", text));
        }
        found.append(&mut work.findings);
        found.append(&mut self.compare_lists(&mut work, &inputs));
        let mut batch = work.batch.finish();
        batch.extend(found);
        self.add_open_lists(&mut inputs.open);
        batch.extend(inputs.open.findings("output"));
        if work.devices.is_empty() && !self.paths.is_empty() {
            let text = "there is no device folder";
            batch.push(Finding::of(Check::ArtifactMissing, "devices", text));
        }
        batch.extend(work.unchecked.notes(&self.expected));
        Ok(AuditReport {
            devices: work.devices,
            batch,
        })
    }

    /// Compares lists and tables with the devices, all of which were audited.
    fn compare_lists(&self, work: &mut AuditWork<'_>, inputs: &FoundInputs) -> Vec<Finding> {
        let mut found = Vec::new();
        let mut retired = Retired::default();
        for ledger in work.listed.iter().filter(|listed| listed.is_ledger()) {
            retired.add(ledger.retired());
        }
        let mut shared = ListContext {
            outputs: &inputs.outputs,
            batch: &mut work.batch,
            retired: &mut retired,
            reported: &mut work.reported,
            manifest_key: self.manifest_key.as_ref(),
        };
        for listed in std::mem::take(&mut work.listed) {
            found.append(&mut listed.finish(&mut shared));
        }
        if let Some(facts) = &work.facts {
            found.append(&mut run_tables::compare(
                &inputs.beside,
                facts,
                &mut retired,
                &mut work.reported,
            ));
        }
        found
    }

    /// Adds the lists that were given separately, unless they are among the devices.
    fn add_open_lists(&self, open: &mut OpenFiles) {
        let flash_key = self.dump.as_ref().and_then(FlashDump::key);
        let lists = [&self.keys, &self.manifest].into_iter().flatten();
        let ledger = self.ledger.as_ref().and_then(LedgerPlace::file);
        for path in lists.map(PathBuf::as_path).chain(ledger).chain(flash_key) {
            let is_named = path.canonicalize().is_ok_and(|path| open.contains_path(&path));
            if !is_named {
                open.add(path.display().to_string(), Access::of(path), true);
            }
        }
    }

    /// Finds the devices and the files around them.
    fn inputs(&self) -> Result<FoundInputs, Error> {
        let mut inputs = FoundInputs::default();
        inputs.sources.extend(self.dump.clone().map(|dump| DeviceSource {
            dump: Some(dump),
            ..DeviceSource::default()
        }));
        let (mut seen, mut beside) = (BTreeSet::new(), BTreeSet::new());
        for path in &self.paths {
            if !path.is_dir() {
                add_file(&mut inputs.sources, SingleFile::new(path)?);
                continue;
            }
            let place = path
                .canonicalize()
                .map_err(|error| Error::file(AuditInput::Path, path, error))?;
            let mut found = FolderContents::default();
            found.look(path)?;
            // A device's own files are examined with the device.
            let in_output = found.devices.first() != Some(path);
            if in_output {
                open_secrets(path, 0, &mut inputs.open);
                inputs.outputs.push(place);
            }
            inputs.findings.append(&mut found.findings);
            // A folder and one of its subfolders may both be given.
            found.others.retain(|file| {
                let place = file.path.canonicalize();
                self.paths.len() < 2 || place.is_ok_and(|place| beside.insert(place))
            });
            inputs.beside.append(&mut found.others);
            for device in found.devices {
                if device.canonicalize().is_ok_and(|place| seen.insert(place)) {
                    inputs.sources.push(DeviceSource::folder(device, in_output));
                }
            }
        }
        if self.dump.is_some() {
            // The device's folder contains more about it, and comes first.
            inputs.sources.rotate_left(1);
        }
        Ok(inputs)
    }
}

/// The inputs of an audit.
#[derive(Default)]
struct FoundInputs {
    sources: Vec<DeviceSource>,
    /// Folders of devices, which must contain the devices of a list.
    outputs: Vec<PathBuf>,
    /// Files beside the devices' folders.
    beside: Vec<Beside>,
    /// Files with secrets outside device folders that other users can read or change.
    open: OpenFiles,
    /// Findings about entries that were not examined.
    findings: Vec<Finding>,
}

impl FoundInputs {
    /// Reads the manifests of all runs beside the devices.
    fn manifests(&mut self) -> Vec<DeviceList> {
        let is_manifest = |path: &Path| {
            let name = folders::name(path);
            name == "manifest.json" || name.starts_with("manifest-") && name.ends_with(".json")
        };
        let mut listed = Vec::new();
        let paths = self.beside.iter().map(|file| file.path.as_path());
        for path in paths.filter(|path| is_manifest(path)) {
            match DeviceList::found_manifest(path) {
                Ok(manifest) => listed.push(manifest),
                Err(error) => {
                    let place = path.display().to_string();
                    self.findings.push(Finding::of(Check::NotChecked, place, error));
                }
            }
        }
        listed
    }
}

impl AuditReport {
    /// Returns whether there is no finding of this severity or a higher one.
    #[must_use]
    pub fn is_clean(&self, severity: Severity) -> bool {
        self.findings().all(|finding| finding.severity < severity)
    }

    /// Returns the number of devices without findings, not counting notes.
    #[must_use]
    pub fn clean(&self) -> usize {
        let is_note = |finding: &Finding| finding.severity == Severity::Note;
        let clean = self.devices.iter().filter(|device| device.findings.iter().all(is_note));
        clean.count()
    }

    /// Returns the number of findings of a severity.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.findings().filter(|finding| finding.severity == severity).count()
    }

    /// Returns all findings, starting with those of devices.
    pub fn findings(&self) -> impl Iterator<Item = &Finding> {
        self.devices
            .iter()
            .flat_map(|device| &device.findings)
            .chain(&self.batch)
    }
}

fn read_keys(path: &Path, findings: &mut Vec<Finding>) -> Result<Option<GivenKeys>, Error> {
    let bytes = read(AuditInput::Keys, path)?;
    // A keys partition has at least 68 bytes.
    let hmac_key = HmacKey::decode(&bytes);
    let are_derived = hmac_key.is_ok();
    let keys = hmac_key.map_or_else(|_| NvsKeys::decode(&bytes), |key| NvsKeys::from_hmac_key(&key));
    let keys = keys.map(|keys| GivenKeys { keys, are_derived });
    let wrong = |error| findings.push(Finding::of(Check::ArtifactMalformed, "keys", error));
    Ok(keys.map_err(wrong).ok())
}

fn random_key() -> Result<Zeroizing<[u8; 32]>, Error> {
    let mut key = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *key).map_err(|_| Error::Random)?;
    Ok(key)
}
