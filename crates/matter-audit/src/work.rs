//! The devices of an audit in sequence; the parts they share are checked once.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use esp_nvs_image::NvsKeys;
use matter_attestation::{Certificate, PrivateKey};
use matter_factory_data::{
    Attested, BatchAudit, Check, DeviceReport, Expected, Finding, KeyOwner, KeySet, TriedScalars, recompute,
};

use crate::Error;
use crate::beside::{Beside, BesideSearch};
use crate::device_files::{DeviceFiles, is_uuid};
use crate::device_list::DeviceList;
use crate::device_source::DeviceSource;
use crate::run_tables::DeviceValues;
use crate::unchecked::Unchecked;
use crate::{AuditedDevice, Sampling};

/// Number of devices whose verifiers are derived together.
const CHUNK: usize = 256;
/// Most values of a key's length to examine beside devices' folders.
const MAX_TRIED: usize = 4096;
/// A key found in one place is searched for everywhere, which may reveal further keys.
const MAX_ROUNDS: usize = 3;

/// The state of an audit.
pub(crate) struct AuditWork<'a> {
    expected: Expected<'a>,
    recompute: Sampling,
    keys: Option<NvsKeys>,
    /// Whether the chips derive them, so that a keys partition does not help.
    are_keys_derived: bool,
    pub(crate) listed: Vec<DeviceList>,
    pub(crate) batch: BatchAudit,
    pub(crate) devices: Vec<AuditedDevice>,
    /// The private keys to search for everywhere.
    pub(crate) known: KeySet,
    /// Keys found on the way.
    pub(crate) new_keys: Vec<PrivateKey>,
    /// Values known not to be keys.
    pub(crate) tried: TriedScalars,
    /// The values that tables are compared with, if there are tables.
    pub(crate) facts: Option<DeviceValues>,
    /// Devices that lists reported as additional.
    pub(crate) reported: BTreeSet<String>,
    /// Devices whose verifiers are not derived yet.
    waiting: Vec<(PathBuf, Option<String>, DeviceReport)>,
    pub(crate) unchecked: Unchecked,
    /// The path of each device by name.
    places: BTreeMap<String, PathBuf>,
    /// Findings that concern several devices.
    pub(crate) findings: Vec<Finding>,
}

/// Keys that are given for devices without keys in their folders.
pub(crate) struct GivenKeys {
    pub(crate) keys: NvsKeys,
    /// Whether the chips derive them from an HMAC key.
    pub(crate) are_derived: bool,
}

/// The parts that devices share, checked once.
struct AlikeParts<'e> {
    expected: &'e Expected<'e>,
    attested: &'e Attested<'e>,
    is_test: bool,
}

/// The result of adding a device.
enum Added {
    /// It shares the parts that were checked already.
    Alike,
    /// It differs in one of them, and was checked in full.
    Alone,
    /// It requires other expectations, and was not added.
    No,
}

impl<'a> AuditWork<'a> {
    pub(crate) fn new(
        expected: Expected<'a>,
        recompute: Sampling,
        keys: Option<GivenKeys>,
        known: KeySet,
        batch: BatchAudit,
    ) -> Self {
        Self {
            expected,
            recompute,
            are_keys_derived: keys.as_ref().is_some_and(|given| given.are_derived),
            keys: keys.map(|given| given.keys),
            listed: Vec::new(),
            batch,
            devices: Vec::new(),
            known,
            new_keys: Vec::new(),
            tried: TriedScalars::new(MAX_TRIED),
            facts: None,
            reported: BTreeSet::new(),
            waiting: Vec::new(),
            unchecked: Unchecked::default(),
            places: BTreeMap::new(),
            findings: Vec::new(),
        }
    }

    /// Audits all devices.
    pub(crate) fn run(&mut self, sources: &[DeviceSource]) -> Result<(), Error> {
        let mut rest = sources;
        while !rest.is_empty() {
            let count = self.run_alike(rest)?;
            rest = rest.get(count..).unwrap_or_default();
        }
        self.flush();
        Ok(())
    }

    fn read(&self, source: &DeviceSource) -> Result<DeviceFiles, Error> {
        let mut device = DeviceFiles::read(source)?;
        if self.are_keys_derived {
            device.wrong_keys = None;
            device.damaged_keys = None;
        }
        Ok(device)
    }

    /// Audits devices while they share PAI, declaration, product and test marking. Returns their number.
    fn run_alike(&mut self, sources: &[DeviceSource]) -> Result<usize, Error> {
        let Some(source) = sources.first() else { return Ok(0) };
        let device = self.read(source)?;
        let first = device.audit(&self.expected, None, self.keys.as_ref(), &self.known, false);
        let is_test = self.is_test(&device, &first);
        let expected = self.expected(is_test);
        let parts = first.shared_parts().cloned().unwrap_or_default();
        if let Some(pai) = parts.pai.as_deref().and_then(|der| Certificate::from_der(der).ok()) {
            self.known.add_owner(&pai.public_key(), KeyOwner::Pai);
        }
        let attested = Attested::new(&parts, &expected);
        let first = AlikeParts {
            expected: &expected,
            attested: &attested,
            is_test,
        };
        // Read once: a pipe is empty the second time.
        let mut read = Some(device);
        for (done, source) in sources.iter().enumerate() {
            let device = match read.take() {
                Some(device) => device,
                None => self.read(source)?,
            };
            match self.add(source, device, &first) {
                Added::Alike => {}
                Added::Alone => return Ok(done + 1),
                Added::No => return Ok(done),
            }
        }
        Ok(sources.len())
    }

    /// Returns the expectations for a device; a run marked as a test run makes test devices.
    fn expected(&self, is_test: bool) -> Expected<'a> {
        if is_test {
            self.expected.for_tests()
        } else {
            self.expected
        }
    }

    fn is_test(&self, device: &DeviceFiles, report: &DeviceReport) -> bool {
        self.listed.iter().any(|listed| listed.is_test(device, report))
    }

    /// Audits a device, unless it is for tests and the first is not, or vice versa.
    fn add(&mut self, source: &DeviceSource, device: DeviceFiles, first: &AlikeParts<'_>) -> Added {
        let index = self.devices.len() + self.waiting.len();
        let slow = self.recompute.includes(index);
        let attested = Some(first.attested);
        let mut report = device.audit(first.expected, attested, self.keys.as_ref(), &self.known, slow);
        if self.is_test(&device, &report) != first.is_test {
            return Added::No;
        }
        let uuid = report.common_name().filter(|name| is_uuid(name)).map(Into::into);
        let uuid = device.uuid.clone().or(uuid);
        let listed = self.listed.iter().find_map(|listed| listed.name_of(&device, &report));
        let listed = listed.map(str::to_owned);
        // In the spelling of the lists.
        let name = listed.or(uuid.as_ref().map(|uuid| uuid.to_ascii_lowercase()));
        let name = name.unwrap_or_else(|| device.path.display().to_string());
        for listed in &mut self.listed {
            if listed.compare(&device, &name, source.in_output, &mut self.tried, &mut report) {
                self.reported.insert(name.clone());
            }
        }
        if let Some(salt) = report
            .parameters()
            .and_then(|parameters| parameters.salt.as_bytes().try_into().ok())
        {
            // The device's own value was examined with the device.
            self.tried.skip(salt);
        }
        if let Some(facts) = self.facts.as_mut().filter(|_| source.in_output) {
            facts.add(&device, &report, self.keys.as_ref(), &name);
        }
        self.new_keys.extend(report.new_keys().iter().cloned());
        self.unchecked.add(&device, &report, slow);
        // A dump is the same device as the one in its folder.
        if source.dump.is_none() || !self.places.contains_key(&name) {
            self.compare(&name, &device.path, &report);
        }
        let shared = report.shared_parts().is_none();
        self.waiting.push((device.path, uuid, report));
        if self.waiting.len() == CHUNK {
            self.flush();
        }
        if shared { Added::Alike } else { Added::Alone }
    }

    /// Compares a device with the previous ones. Two devices of one name are told apart by their paths.
    fn compare(&mut self, name: &str, path: &Path, report: &DeviceReport) {
        for key in report.customer_keys() {
            self.known.add_owner(key, KeyOwner::Customer);
        }
        match self.places.entry(name.to_owned()) {
            Entry::Vacant(free) => {
                free.insert(path.into());
                self.batch.add(name, report);
            }
            Entry::Occupied(taken) => {
                let places = format!("{} and {}", taken.get().display(), path.display());
                self.findings.push(Finding::of(Check::DuplicateDevice, name, places));
                self.batch.add(&format!("{name} in {}", path.display()), report);
            }
        }
    }

    /// Searches the files beside the devices for private keys.
    pub(crate) fn search_beside(&mut self, beside: &[Beside]) {
        let mut search = BesideSearch {
            keys: &self.known,
            tried: &mut self.tried,
            findings: Vec::new(),
        };
        for file in beside {
            file.search(&mut search, &mut self.new_keys);
        }
        for finding in search.findings {
            // A repeated search finds the same again.
            if !self.findings.contains(&finding) {
                self.findings.push(finding);
            }
        }
    }

    /// Searches everywhere for the keys that were found in one place only.
    pub(crate) fn search_again(&mut self, sources: &[DeviceSource], beside: &[Beside]) -> Result<(), Error> {
        for _ in 0..MAX_ROUNDS {
            let new = std::mem::take(&mut self.new_keys);
            let unknown = new.iter().filter(|key| self.known.insert(key)).count();
            if unknown == 0 || sources.len() + beside.len() < 2 {
                break;
            }
            for (source, number) in sources.iter().zip(0..) {
                // A pipe is empty the second time.
                if source.dump.as_ref().is_some_and(|dump| !dump.is_in_files()) {
                    continue;
                }
                let device = self.read(source)?;
                let report = device.audit(&self.expected, None, self.keys.as_ref(), &self.known, false);
                self.new_keys.extend(report.new_keys().iter().cloned());
                let keys = report
                    .findings()
                    .iter()
                    .filter(|finding| finding.check == Check::KeyLeaked);
                let keys = keys.cloned().collect::<Vec<_>>();
                if let Some(device) = self.devices.get_mut(number) {
                    let new = keys
                        .into_iter()
                        .filter(|key| !device.findings.contains(key))
                        .collect::<Vec<_>>();
                    device.findings.extend(new);
                }
            }
            self.search_beside(beside);
        }
        Ok(())
    }

    fn flush(&mut self) {
        let first = self.devices.len();
        let slow = self
            .waiting
            .iter_mut()
            .enumerate()
            .filter(|(index, _)| self.recompute.includes(first + index));
        recompute(slow.map(|(_, (_, _, report))| report));
        self.devices
            .extend(self.waiting.drain(..).map(|(path, uuid, report)| AuditedDevice {
                path,
                uuid,
                findings: report.findings().to_vec(),
            }));
    }
}
