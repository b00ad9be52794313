//! What a manifest or a ledger says about devices, beside what is there of them.

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

/// The devices of a manifest or ledger by their UUID in lower case, each with what is said about it.
pub(crate) struct DeviceList {
    devices: BTreeMap<String, ListRow>,
    /// What devices are called by SHA-256 of their DAC's key in hexadecimal.
    keys: BTreeMap<String, String>,
    /// Devices that are no longer in use.
    retired: BTreeSet<String>,
    /// Which of them are there.
    seen: BTreeMap<String, SeenDevice>,
    name: String,
    /// Whether it was given, and not found beside the devices: then it is of all of them, and says what they are for.
    is_given: bool,
    is_test: bool,
    is_readable: bool,
    /// Of a manifest.
    signed: Option<SignedManifest>,
    /// What is wrong with the list itself.
    findings: Vec<Finding>,
}

/// A device that is there.
struct SeenDevice {
    /// What it is called beside others; another list may have another name for it.
    name: String,
    /// Whether it is in a folder of devices.
    in_output: bool,
}

/// What all lists share.
pub(crate) struct ListContext<'s> {
    /// Folders of devices that were audited: a device can only be missing there.
    pub(crate) outputs: &'s [PathBuf],
    pub(crate) batch: &'s mut BatchAudit,
    pub(crate) retired: &'s mut Retired,
    /// Devices that were said to be missing or to be too many.
    pub(crate) reported: &'s mut BTreeSet<String>,
    pub(crate) manifest_key: Option<&'s ManifestKey>,
}

impl DeviceList {
    /// Reads a manifest that was given. One that is damaged is a finding.
    pub(crate) fn manifest(path: &Path) -> Result<Self, Error> {
        let (rows, sha256) = list_rows::manifest(path)?;
        Ok(Self {
            signed: Some(SignedManifest::new(path.into(), sha256)),
            ..Self::new("manifest".into(), rows)
        })
    }

    /// Reads a manifest that lies beside devices, and that may be of some of them.
    pub(crate) fn found_manifest(path: &Path) -> Result<Self, Error> {
        let (rows, sha256) = list_rows::manifest(path)?;
        Ok(Self {
            signed: Some(SignedManifest::new(path.into(), sha256)),
            is_given: false,
            ..Self::new(path.display().to_string(), rows)
        })
    }

    /// Reads a ledger. One that is damaged is a finding.
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
                    let text = format!("the list has two rows of {}", taken.key());
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

    /// The names of devices that are no longer in use, if it is a ledger that was read.
    pub(crate) fn retired(&self) -> impl Iterator<Item = String> + '_ {
        self.retired.iter().cloned()
    }

    /// Whether it knows what is no longer in use.
    pub(crate) const fn is_ledger(&self) -> bool {
        self.signed.is_none()
    }

    /// What the list calls a device: by the name of its folder or files, its DAC's common name, or its DAC's key.
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

    /// Tells whether the run of a device is marked as one for tests.
    pub(crate) fn is_test(&self, device: &DeviceFiles, report: &DeviceReport) -> bool {
        let row = self.name_of(device, report).and_then(|name| self.devices.get(name));
        // What lies beside devices may not make them devices for tests.
        self.is_given && self.is_test
            || row
                .filter(|_| self.is_given)
                .and_then(|row| row.test.as_ref())
                .is_some_and(ListedValue::is_true)
    }

    /// Compares a device, which may be in a folder of devices, with its row. Beside others it is called `name`. Hashes that are
    /// right are no keys, and added to those. Returns whether the device is one too many.
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
                    ", which the ledger has written off"
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
                // Of files that were given one by one nobody expects all, and the one for an eFuse goes when it is burned.
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

    /// Returns what is wrong with the list as a whole. Rows are compared with each other and with the devices.
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
            // A list that does not know of runs is one of what is there.
            let is_expected = |run: &list_rows::ListedRun| runs.contains(run.name.as_str()) || is_output(&run.folder);
            let is_expected = row.run.as_ref().is_none_or(is_expected) && !shared.outputs.is_empty();
            if is_expected && !self.seen.contains_key(uuid) {
                missing += 1;
                // Of each device it is said once, and of those that are out of use not at all.
                let is_retired = !self.is_ledger() && shared.retired.has(&top, uuid);
                if !is_retired && (shared.reported.insert(uuid.clone()) || self.is_given) {
                    self.findings.push(Finding::of(Check::DeviceMissing, &self.name, uuid));
                }
            }
        }
        let (seen, all, name) = (self.seen.len(), self.devices.len(), &self.name);
        if seen + missing < all && self.is_given {
            let text = format!("{seen} of the {all} devices of the {name} were looked at");
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

/// Tells whether a file is the one of the list, as far as that says it.
fn is_same(listed: &ListedFile, file: &DeviceFile) -> bool {
    let (size, digest) = (
        present(&listed.size).map(ListedValue::number),
        present(&listed.sha256).map(ListedValue::text),
    );
    let is_own = |digest: &str| digest.eq_ignore_ascii_case(&hex(file.sha256()));
    size.is_none_or(|size| size.map(usize::try_from) == Some(Ok(file.bytes.len())))
        && digest.is_none_or(|digest| digest.is_some_and(is_own))
}

/// Compares what is said of a device with what is said of others.
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

/// The names of what a row says otherwise than the device. What only one of the two says is not compared.
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
    // What is no number is not that of the device either.
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
    // What is wrong with them was found already.
    let codes = device.codes(&mut Vec::new());
    compare("qr", &row.qr, codes.qr.as_deref().map(String::as_str), str::eq);
    let same = |a: &str, b: &str| digits(a).eq(digits(b));
    compare("manual", &row.manual, codes.manual.as_deref().map(String::as_str), same);
    names
}

fn present(value: &Option<ListedValue>) -> Option<&ListedValue> {
    value.as_ref().filter(|value| value.is_present())
}
