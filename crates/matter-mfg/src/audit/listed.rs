//! What a manifest or a ledger says about devices, beside what is there of them.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use matter_factory_data::{BatchAudit, Check, Finding, ListedTraces, Report};
use matter_types::Passcode;
use sha2::{Digest, Sha256};

use super::codes::digits;
use super::files::DeviceFiles;
use super::rows::{self, FileRow, Row, Said};
use crate::Error;
use crate::hex::{hex, unhex};

/// The devices of a manifest or ledger by their UUID in lower case, each with what is said about it.
pub(super) struct Listed {
    devices: BTreeMap<String, Row>,
    /// What devices are called by SHA-256 of their DAC's key in hexadecimal.
    keys: BTreeMap<String, String>,
    /// Devices that are no longer in use.
    retired: BTreeSet<String>,
    /// Which of them are there.
    seen: BTreeMap<String, Seen>,
    name: &'static str,
    is_test: bool,
    is_readable: bool,
    /// What is wrong with the list itself.
    findings: Vec<Finding>,
}

/// A device that is there.
struct Seen {
    /// What it is called beside others; another list may have another name for it.
    name: String,
    /// Whether it is in a folder of devices.
    in_output: bool,
}

impl Listed {
    /// Reads a manifest. One that is damaged is a finding.
    pub(super) fn manifest(path: &Path) -> Result<Self, Error> {
        Ok(Self::new("manifest", rows::manifest(path)?))
    }

    /// Reads a ledger. One that is damaged is a finding.
    pub(super) fn ledger(path: &Path) -> Result<Self, Error> {
        Ok(Self::new("ledger", rows::ledger(path)?))
    }

    fn new(name: &'static str, list: Result<rows::Rows, String>) -> Self {
        let (mut devices, mut findings) = (BTreeMap::new(), Vec::new());
        let is_readable = list.is_ok();
        let list = list.unwrap_or_else(|reason| {
            findings.push(Finding::of(Check::ListMalformed, name, reason));
            rows::Rows::default()
        });
        for row in list.rows {
            match devices.entry(row.uuid().unwrap_or_default()) {
                Entry::Vacant(free) => {
                    free.insert(row);
                }
                Entry::Occupied(taken) => {
                    let text = format!("the {name} has two rows of {}", taken.key());
                    findings.push(Finding::of(Check::DuplicateDevice, name, text));
                }
            }
        }
        let hash = |row: &Row| Some(row.dac_public_key_sha256.as_ref()?.text()?.to_ascii_lowercase());
        let keys = devices
            .iter()
            .filter_map(|(name, row)| Some((hash(row)?, name.clone())));
        Self {
            keys: keys.collect(),
            retired: list.retired.into_iter().map(|name| name.to_ascii_lowercase()).collect(),
            devices,
            seen: BTreeMap::new(),
            name,
            is_test: list.is_test,
            is_readable,
            findings,
        }
    }

    /// What the list calls a device: by the name of its folder or files, its DAC's common name, or its DAC's key.
    pub(super) fn name_of(&self, device: &DeviceFiles, report: &Report) -> Option<&str> {
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
    pub(super) fn is_test(&self, device: &DeviceFiles, report: &Report) -> bool {
        let row = self.name_of(device, report).and_then(|name| self.devices.get(name));
        self.is_test || row.and_then(|row| row.test.as_ref()).is_some_and(Said::is_true)
    }

    /// Compares a device, which may be in a folder of devices, with its row. Beside others it is called `name`.
    pub(super) fn compare(&mut self, device: &DeviceFiles, name: &str, in_output: bool, report: &mut Report) {
        if !self.is_readable {
            return;
        }
        let uuid = self.name_of(device, report).map(str::to_owned);
        let Some((uuid, row)) = uuid.and_then(|uuid| Some((uuid.clone(), self.devices.get(&uuid)?))) else {
            let own = device.uuid.as_deref().or(report.common_name()).unwrap_or_default();
            let own = own.to_ascii_lowercase();
            let retired = if self.retired.contains(&own) {
                ", which the ledger has written off"
            } else {
                ""
            };
            report.push(Finding::of(
                Check::DeviceExtra,
                self.name,
                format_args!("{own}{retired}"),
            ));
            return;
        };
        for what in differences(row, device, report) {
            report.push(Finding::of(Check::ManifestDiffers, self.name, what));
        }
        for (file_name, listed) in &row.files {
            let Some(file) = device.listed(file_name) else {
                // Of files that were given one by one nobody expects all.
                if device.is_folder {
                    report.push(Finding::of(Check::FileMissing, file_name, self.name));
                }
                continue;
            };
            if !is_same(listed, &file.bytes) {
                report.push(Finding::of(Check::FileHash, file_name, self.name));
            }
        }
        let name = name.to_owned();
        self.seen.insert(uuid, Seen { name, in_output });
    }

    /// Returns what is wrong with the list as a whole. `outputs` are the folders of devices that were audited: a device
    /// can only be missing there. Rows are compared with each other and with the devices in `batch`.
    pub(super) fn finish(mut self, outputs: &[PathBuf], batch: &mut BatchAudit) -> Vec<Finding> {
        let is_output = |folder: &Path| {
            let related = |output: &PathBuf| output.starts_with(folder) || folder.starts_with(output);
            outputs.iter().any(related)
        };
        let here = self.seen.iter().filter(|(_, seen)| seen.in_output);
        let runs = here.filter_map(|(uuid, _)| self.devices.get(uuid)?.run.as_ref());
        let runs = runs.map(|run| run.name.as_str()).collect::<BTreeSet<_>>();
        for (uuid, row) in &self.devices {
            add(batch, self.seen.get(uuid).map_or(uuid, |seen| &seen.name), row);
            // A list that does not know of runs is one of what is there.
            let is_expected = |run: &rows::Run| runs.contains(run.name.as_str()) || is_output(&run.folder);
            let is_expected = row.run.as_ref().is_none_or(is_expected) && !outputs.is_empty();
            if is_expected && !self.seen.contains_key(uuid) {
                self.findings.push(Finding::of(Check::DeviceMissing, self.name, uuid));
            }
        }
        let missing = self
            .findings
            .iter()
            .filter(|finding| finding.check == Check::DeviceMissing);
        let (seen, all, name) = (self.seen.len(), self.devices.len(), self.name);
        if seen + missing.count() < all {
            let text = format!("{seen} of the {all} devices of the {name} were looked at");
            self.findings.push(Finding::of(Check::NotChecked, name, text));
        }
        self.findings
    }
}

/// Tells whether a file is the one of the list, as far as that says it.
fn is_same(listed: &FileRow, bytes: &[u8]) -> bool {
    let (size, digest) = (
        said(&listed.size).map(Said::number),
        said(&listed.sha256).map(Said::text),
    );
    size.is_none_or(|size| size.map(usize::try_from) == Some(Ok(bytes.len())))
        && digest
            .is_none_or(|digest| digest.is_some_and(|digest| digest.eq_ignore_ascii_case(&hex(&Sha256::digest(bytes)))))
}

/// Compares what is said of a device with what is said of others.
fn add(batch: &mut BatchAudit, name: &str, row: &Row) {
    let octets = |said: &Option<Said>| said.as_ref()?.text().and_then(unhex);
    let hash = octets(&row.dac_public_key_sha256).and_then(|hash| <[u8; 32]>::try_from(hash).ok());
    let serial = octets(&row.dac_serial);
    let number = row.passcode.as_ref().and_then(Said::number);
    let passcode = number.and_then(|number| Passcode::new(number.try_into().ok()?).ok());
    let traces = ListedTraces {
        serial: row.serial.as_ref().and_then(Said::text),
        key_sha256: hash.as_ref(),
        certificate_serial: serial.as_deref(),
        passcode: passcode.as_ref(),
        passcode_tag: row.run.as_ref().and_then(|run| run.passcode_mac.as_deref()),
    };
    batch.add_listed(name, &traces);
}

/// The names of what a row says otherwise than the device. What only one of the two says is not compared.
fn differences(row: &Row, device: &DeviceFiles, report: &Report) -> Vec<&'static str> {
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
        if found.is_some() && said(listed).is_some_and(|listed| listed.number() != found) {
            names.push(name);
        }
    }
    let mut compare = |name, listed: &Option<Said>, found: Option<&str>, same: fn(&str, &str) -> bool| {
        if let (Some(listed), Some(found)) = (said(listed), found)
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

fn said(value: &Option<Said>) -> Option<&Said> {
    value.as_ref().filter(|value| value.is_said())
}
