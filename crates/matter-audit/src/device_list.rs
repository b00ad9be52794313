//! Comparison of a manifest or ledger with the devices that exist.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use base16ct::lower::encode_string as hex;
use matter_factory_data::{BatchAudit, Check, DeviceReport, Finding, InternalFile, ListedTraces, TriedScalars};
use matter_ledger::LedgerPlace;
use matter_types::Passcode;
use sha2::{Digest, Sha256};

use crate::Error;
use crate::device_files::{DeviceFile, DeviceFiles};
use crate::label_codes::digits;
use crate::list_rows::{self, ListRow, ListedFile, ListedValue};
use crate::retired::Retired;
use crate::signature::{ManifestKey, SignedManifest};

/// The devices of a manifest or ledger by lower-case UUID, each with its row.
pub(crate) struct DeviceList {
    devices: BTreeMap<String, ListRow>,
    /// Device names by SHA-256 of the DAC's key in hexadecimal.
    keys: BTreeMap<String, String>,
    /// Devices that are no longer in use.
    retired: BTreeSet<String>,
    /// The listed devices that exist.
    seen: BTreeMap<String, SeenDevice>,
    name: String,
    /// Whether the list was given rather than found beside the devices: it then covers all of them and decides whether
    /// they are for tests.
    is_given: bool,
    is_test: bool,
    is_readable: bool,
    /// Set for a manifest.
    signed: Option<SignedManifest>,
    /// Findings about the list itself.
    findings: Vec<Finding>,
}

/// A device that exists.
struct SeenDevice {
    /// Its name among all devices; another list may use another name.
    name: String,
    /// Whether it is in a folder of devices.
    in_output: bool,
}

/// State shared by all lists.
pub(crate) struct ListContext<'s> {
    /// Audited folders of devices: only there can a device be missing.
    pub(crate) outputs: &'s [PathBuf],
    pub(crate) batch: &'s mut BatchAudit,
    pub(crate) retired: &'s mut Retired,
    /// Devices already reported as missing or as additional.
    pub(crate) reported: &'s mut BTreeSet<String>,
    pub(crate) manifest_key: Option<&'s ManifestKey>,
}

impl DeviceList {
    /// Reads a given manifest. Damage is a finding.
    pub(crate) fn manifest(path: &Path) -> Result<Self, Error> {
        let (rows, sha256) = list_rows::manifest(path)?;
        Ok(Self {
            signed: Some(SignedManifest::new(path.into(), sha256)),
            ..Self::new("manifest".into(), rows)
        })
    }

    /// Reads a manifest found beside devices, which may list only some of them.
    pub(crate) fn found_manifest(path: &Path) -> Result<Self, Error> {
        let (rows, sha256) = list_rows::manifest(path)?;
        Ok(Self {
            signed: Some(SignedManifest::new(path.into(), sha256)),
            is_given: false,
            ..Self::new(path.display().to_string(), rows)
        })
    }

    /// Reads a ledger. Damage is a finding.
    pub(crate) fn ledger(place: &LedgerPlace) -> Result<Self, Error> {
        Ok(Self::new("ledger".into(), list_rows::ledger(place)?))
    }

    fn new(name: String, list: Result<list_rows::ListRows, String>) -> Self {
        let (mut devices, mut findings) = (BTreeMap::new(), Vec::new());
        let is_readable = list.is_ok();
        let list = list.unwrap_or_else(|reason| {
            findings.push(Finding::of(Check::ListMalformed, &name, reason));
            list_rows::ListRows::default()
        });
        for row in list.rows {
            match devices.entry(row.uuid().unwrap_or_default()) {
                Entry::Vacant(free) => {
                    free.insert(row);
                }
                Entry::Occupied(taken) => {
                    let text = format!("the list has two rows for {}", taken.key());
                    findings.push(Finding::of(Check::DuplicateDevice, &name, text));
                }
            }
        }
        let hash = |row: &ListRow| Some(row.dac_public_key_sha256.as_ref()?.text()?.to_ascii_lowercase());
        let keys = devices
            .iter()
            .filter_map(|(name, row)| Some((hash(row)?, name.clone())));
        Self {
            keys: keys.collect(),
            retired: list.retired.into_iter().map(|name| name.to_ascii_lowercase()).collect(),
            devices,
            seen: BTreeMap::new(),
            name,
            is_given: true,
            is_test: list.is_test,
            is_readable,
            signed: None,
            findings,
        }
    }

    /// Returns the names of devices that are no longer in use, if the list is a ledger.
    pub(crate) fn retired(&self) -> impl Iterator<Item = String> + '_ {
        self.retired.iter().cloned()
    }

    /// Returns whether the list records devices that are no longer in use.
    pub(crate) const fn is_ledger(&self) -> bool {
        self.signed.is_none()
    }

    /// Returns the list's name of a device: by its folder or files, by the common name of its DAC, or by its DAC's key.
    pub(crate) fn name_of(&self, device: &DeviceFiles, report: &DeviceReport) -> Option<&str> {
        let names = [device.uuid.as_deref(), report.common_name()];
        let named = names.into_iter().flatten().find_map(|name| {
            let (name, _) = self.devices.get_key_value(&name.to_ascii_lowercase())?;
            Some(name.as_str())
        });
        named.or_else(|| {
            let hash = hex(&Sha256::digest(report.public_key()?.as_bytes()));
            self.keys.get(&hash).map(String::as_str)
        })
    }

    /// Returns whether the run of a device is marked as a test run.
    pub(crate) fn is_test(&self, device: &DeviceFiles, report: &DeviceReport) -> bool {
        let row = self.name_of(device, report).and_then(|name| self.devices.get(name));
        // A file beside devices must not turn them into test devices.
        self.is_given && self.is_test
            || row
                .filter(|_| self.is_given)
                .and_then(|row| row.test.as_ref())
                .is_some_and(ListedValue::is_true)
    }

    /// Compares a device, which may be in a folder of devices, with its row. `name` is its name among all devices.
    /// Matching hashes are not keys and are added to the known non-keys. Returns whether the device is not in the list.
    pub(crate) fn compare(
        &mut self,
        device: &DeviceFiles,
        name: &str,
        in_output: bool,
        explained: &mut TriedScalars,
        report: &mut DeviceReport,
    ) -> bool {
        if !self.is_readable {
            return false;
        }
        let uuid = self.name_of(device, report).map(str::to_owned);
        let Some((uuid, row)) = uuid.and_then(|uuid| Some((uuid.clone(), self.devices.get(&uuid)?))) else {
            if self.is_given {
                let own = device.uuid.as_deref().or(report.common_name()).unwrap_or_default();
                let own = own.to_ascii_lowercase();
                let retired = if self.retired.contains(&own) {
                    ", which the ledger marks as out of use"
                } else {
                    ""
                };
                let text = format_args!("{own}{retired}");
                report.push(Finding::of(Check::DeviceExtra, &self.name, text));
            }
            return self.is_given;
        };
        for what in differences(row, device, report) {
            report.push(Finding::of(Check::ManifestDiffers, &self.name, what));
        }
        if let Some(key) = report.public_key() {
            explained.skip(&Sha256::digest(key.as_bytes()).into());
        }
        for (file_name, listed) in &row.files {
            let Some(file) = device.listed(file_name) else {
                // Individually given files need not be complete, and the file for an eFuse is removed once burned.
                if device.is_folder && file_name != InternalFile::EfuseKey.path() {
                    report.push(Finding::of(Check::FileMissing, file_name, &self.name));
                }
                continue;
            };
            explained.skip(file.sha256());
            if !is_same(listed, file) {
                report.push(Finding::of(Check::FileHash, file_name, &self.name));
            }
        }
        if let Some(signed) = &mut self.signed {
            signed.add(report.pai());
        }
        let name = name.to_owned();
        self.seen.insert(uuid, SeenDevice { name, in_output });
        false
    }

    /// Returns the findings about the list as a whole. Rows are compared with each other and with the devices.
    pub(crate) fn finish(mut self, shared: &mut ListContext<'_>) -> Vec<Finding> {
        let is_output = |folder: &Path| {
            let related = |output: &PathBuf| output.starts_with(folder) || folder.starts_with(output);
            shared.outputs.iter().any(related)
        };
        let here = self.seen.iter().filter(|(_, seen)| seen.in_output);
        let runs = here.filter_map(|(uuid, _)| self.devices.get(uuid)?.run.as_ref());
        let runs = runs.map(|run| run.name.as_str()).collect::<BTreeSet<_>>();
        let top = self
            .signed
            .as_ref()
            .and_then(SignedManifest::folder)
            .map(Path::to_path_buf)
            .unwrap_or_default();
        let mut missing = 0;
        for (uuid, row) in &self.devices {
            add(shared.batch, self.seen.get(uuid).map_or(uuid, |seen| &seen.name), row);
            // A list without runs is a list of existing devices.
            let is_expected = |run: &list_rows::ListedRun| runs.contains(run.name.as_str()) || is_output(&run.folder);
            let is_expected = row.run.as_ref().is_none_or(is_expected) && !shared.outputs.is_empty();
            if is_expected && !self.seen.contains_key(uuid) {
                missing += 1;
                // Each device is reported once, and those out of use not at all.
                let is_retired = !self.is_ledger() && shared.retired.has(&top, uuid);
                if !is_retired && (shared.reported.insert(uuid.clone()) || self.is_given) {
                    self.findings.push(Finding::of(Check::DeviceMissing, &self.name, uuid));
                }
            }
        }
        let (seen, all, name) = (self.seen.len(), self.devices.len(), &self.name);
        if seen + missing < all && self.is_given {
            let text = format!("{seen} of the {all} devices of the {name} were examined");
            self.findings.push(Finding::of(Check::NotChecked, name, text));
        }
        let signature = self
            .signed
            .as_ref()
            .and_then(|signed| signed.verify(shared.manifest_key));
        self.findings.extend(signature);
        self.findings
    }
}

/// Returns whether a file matches the list's entry, as far as that is specified.
fn is_same(listed: &ListedFile, file: &DeviceFile) -> bool {
    let (size, digest) = (
        present(&listed.size).map(ListedValue::number),
        present(&listed.sha256).map(ListedValue::text),
    );
    let is_own = |digest: &str| digest.eq_ignore_ascii_case(&hex(file.sha256()));
    size.is_none_or(|size| size.map(usize::try_from) == Some(Ok(file.bytes.len())))
        && digest.is_none_or(|digest| digest.is_some_and(is_own))
}

/// Adds a row's values to the comparison between devices.
fn add(batch: &mut BatchAudit, name: &str, row: &ListRow) {
    let bytes = |value: &Option<ListedValue>| {
        let text = value.as_ref()?.text()?;
        base16ct::mixed::decode_vec(text).ok()
    };
    let hash = bytes(&row.dac_public_key_sha256).and_then(|hash| <[u8; 32]>::try_from(hash).ok());
    let serial = bytes(&row.dac_serial);
    let number = row.passcode.as_ref().and_then(ListedValue::number);
    let passcode = number.and_then(|number| Passcode::new(number.try_into().ok()?).ok());
    let traces = ListedTraces {
        serial: row.serial.as_ref().and_then(ListedValue::text),
        key_sha256: hash.as_ref(),
        certificate_serial: serial.as_deref(),
        passcode: passcode.as_ref(),
        passcode_tag: row.run.as_ref().and_then(|run| run.passcode_mac.as_deref()),
    };
    batch.add_listed(name, &traces);
}

/// Returns the names of values that differ between row and device. Values that only one of them has are not compared.
fn differences(row: &ListRow, device: &DeviceFiles, report: &DeviceReport) -> Vec<&'static str> {
    let (vendor, product) = report.product().unzip();
    let discriminator = report.discriminator().map(|found| found.get().into());
    let passcode = report.passcode().map(|passcode| passcode.expose().into());
    let numbers = [
        ("vid", &row.vid, vendor.map(|id| id.get().into())),
        ("pid", &row.pid, product.map(|id| id.get().into())),
        ("discriminator", &row.discriminator, discriminator),
        ("passcode", &row.passcode, passcode),
    ];
    // A text that is not a number differs in any case.
    let mut names = Vec::new();
    for (name, listed, found) in numbers {
        if found.is_some() && present(listed).is_some_and(|listed| listed.number() != found) {
            names.push(name);
        }
    }
    let mut compare = |name, listed: &Option<ListedValue>, found: Option<&str>, same: fn(&str, &str) -> bool| {
        if let (Some(listed), Some(found)) = (present(listed), found)
            && !listed.text().is_some_and(|listed| same(listed, found))
        {
            names.push(name);
        }
    };
    compare("serial", &row.serial, report.serial_number(), str::eq);
    let serial = report.certificate_serial().map(hex);
    let same = str::eq_ignore_ascii_case;
    compare("dac_serial", &row.dac_serial, serial.as_deref(), same);
    let key = report.public_key().map(|key| hex(&Sha256::digest(key.as_bytes())));
    compare(
        "dac_public_key_sha256",
        &row.dac_public_key_sha256,
        key.as_deref(),
        same,
    );
    // Their faults have been found already.
    let codes = device.codes(&mut Vec::new());
    compare("qr", &row.qr, codes.qr.as_deref().map(String::as_str), str::eq);
    let same = |a: &str, b: &str| digits(a).eq(digits(b));
    compare("manual", &row.manual, codes.manual.as_deref().map(String::as_str), same);
    names
}

fn present(value: &Option<ListedValue>) -> Option<&ListedValue> {
    value.as_ref().filter(|value| value.is_present())
}
