//! What a manifest or a ledger says about devices, beside what is there of them.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use matter_factory_data::{BatchAudit, Check, Finding, ListedTraces, Report};
use serde_json::Value;
use sha2::{Digest, Sha256};

use super::files::DeviceFiles;
use super::{finding, rows};
use crate::Error;
use crate::hex::{hex, unhex};

/// The devices of a manifest or ledger by their UUID in lower case, each with what is said about it.
#[derive(Debug)]
pub(super) struct Listed {
    devices: BTreeMap<String, Value>,
    seen: BTreeSet<String>,
    name: &'static str,
    is_test: bool,
    /// What is wrong with the list itself.
    findings: Vec<Finding>,
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
        let list = list.unwrap_or_else(|reason| {
            findings.push(finding(Check::ArtifactMalformed, name, reason));
            rows::Rows::default()
        });
        for row in list.rows {
            let uuid = rows::uuid(&row).unwrap_or_default();
            match devices.entry(uuid) {
                Entry::Vacant(free) => {
                    free.insert(row);
                }
                Entry::Occupied(taken) => {
                    let text = format!("the {name} has two rows of {}", taken.key());
                    findings.push(finding(Check::DuplicateDevice, name, text));
                }
            }
        }
        Self {
            devices,
            seen: BTreeSet::new(),
            name,
            is_test: list.is_test,
            findings,
        }
    }

    /// Whether the list could be read.
    fn is_readable(&self) -> bool {
        self.findings
            .iter()
            .all(|finding| finding.check != Check::ArtifactMalformed)
    }

    /// Tells whether the run of a device is marked as one for tests.
    pub(super) fn is_test(&self, uuid: Option<&str>) -> bool {
        let row = uuid.and_then(|uuid| self.devices.get(&uuid.to_ascii_lowercase()));
        let marked = row.and_then(|row| row.get("test")).and_then(Value::as_bool);
        self.is_test || marked.unwrap_or_default()
    }

    /// Compares a device with its row.
    pub(super) fn compare(&mut self, device: &DeviceFiles, report: &mut Report) {
        if !self.is_readable() {
            return;
        }
        let uuid = device.uuid.as_deref().or(report.common_name()).unwrap_or_default();
        let uuid = uuid.to_ascii_lowercase();
        let Some(row) = self.devices.get(&uuid) else {
            report.push(finding(Check::DeviceExtra, self.name, uuid));
            return;
        };
        for what in differences(row, device, report) {
            report.push(finding(Check::ManifestDiffers, self.name, what));
        }
        for (name, listed) in row.get("files").and_then(Value::as_object).into_iter().flatten() {
            let Some(file) = device.files.iter().find(|file| file.name == *name) else {
                // Of files that were given one by one nobody expects all.
                if device.is_folder {
                    report.push(finding(Check::FileMissing, name, ""));
                }
                continue;
            };
            let size = listed.get("size").and_then(Value::as_u64);
            let digest = listed.get("sha256").and_then(Value::as_str);
            let same_size = size.is_none_or(|size| usize::try_from(size) == Ok(file.bytes.len()));
            let same = digest.is_none_or(|digest| digest.eq_ignore_ascii_case(&hex(&Sha256::digest(&*file.bytes))));
            if !same_size || !same {
                report.push(finding(Check::FileHash, name, ""));
            }
        }
        self.seen.insert(uuid);
    }

    /// Returns what is wrong with the list as a whole. `outputs` are the folders of devices that were audited: a device
    /// can only be missing there. Rows of other devices are compared with each other and with those in `batch`.
    pub(super) fn finish(mut self, outputs: &[PathBuf], batch: &mut BatchAudit) -> Vec<Finding> {
        let is_output = |folder: &str| {
            let folder = Path::new(folder);
            let related = |output: &PathBuf| output.starts_with(folder) || folder.starts_with(output);
            outputs.iter().any(related)
        };
        let runs = self.seen.iter().filter_map(|uuid| text(self.devices.get(uuid)?, "run"));
        let runs = runs.collect::<BTreeSet<_>>();
        let mut elsewhere = 0;
        for (uuid, row) in &self.devices {
            let own_run = text(row, "run").is_none_or(|run| runs.contains(run));
            let is_here = own_run || text(row, "folder").is_some_and(is_output);
            add(batch, uuid, row);
            if self.seen.contains(uuid) {
                continue;
            }
            if is_here && !outputs.is_empty() {
                self.findings.push(finding(Check::DeviceMissing, self.name, uuid));
            } else {
                elsewhere += 1;
            }
        }
        if elsewhere > 0 {
            let (seen, all, name) = (self.seen.len(), self.devices.len(), self.name);
            let text = format!("{seen} of the {all} devices of the {name} were looked at");
            self.findings.push(finding(Check::NotChecked, self.name, text));
        }
        self.findings
    }
}

/// Compares what is said of a device with what is said of others.
fn add(batch: &mut BatchAudit, uuid: &str, row: &Value) {
    let [key, serial, tag] =
        ["dac_public_key_sha256", "dac_serial", "passcode_mac"].map(|name| text(row, name).and_then(unhex));
    let traces = ListedTraces {
        serial: text(row, "serial"),
        key_sha256: key.as_deref(),
        certificate_serial: serial.as_deref(),
        passcode: row
            .get("passcode")
            .and_then(number)
            .and_then(|passcode| passcode.try_into().ok()),
        passcode_tag: tag.as_deref(),
    };
    batch.add_listed(uuid, &traces);
}

/// The names of what a row says otherwise than the device. What only one of the two says is not compared.
fn differences(row: &Value, device: &DeviceFiles, report: &Report) -> Vec<&'static str> {
    let (vendor, product) = report.product().unzip();
    let numbers = [
        ("vid", vendor.map(|id| id.get().into())),
        ("pid", product.map(|id| id.get().into())),
        ("discriminator", report.discriminator().map(u64::from)),
        ("passcode", report.passcode().map(|passcode| passcode.expose().into())),
    ];
    // What is no number is not that of the device either.
    let says = |name: &str| row.get(name).filter(|value| !value.is_null() && *value != "");
    let differs = |(name, found): &(&str, Option<u64>)| {
        found.is_some() && says(name).is_some_and(|value| number(value) != *found)
    };
    let mut names: Vec<_> = numbers
        .iter()
        .filter(|pair| differs(pair))
        .map(|(name, _)| *name)
        .collect();
    let mut compare = |name: &'static str, found: Option<&str>, same: fn(&str, &str) -> bool| {
        if let (Some(listed), Some(found)) = (text(row, name), found)
            && !same(listed, found)
        {
            names.push(name);
        }
    };
    compare("serial", report.serial_number(), str::eq);
    let serial = report.certificate_serial().map(hex);
    compare("dac_serial", serial.as_deref(), str::eq_ignore_ascii_case);
    let key = report.public_key().map(|key| hex(&Sha256::digest(key.as_bytes())));
    compare("dac_public_key_sha256", key.as_deref(), str::eq_ignore_ascii_case);
    if row.get("qr").is_some() || row.get("manual").is_some() {
        let codes = device.codes();
        compare("qr", codes.qr.as_deref().map(String::as_str), str::eq);
        let same = |a: &str, b: &str| digits(a).eq(digits(b));
        compare("manual", codes.manual.as_deref().map(String::as_str), same);
    }
    names
}

/// What a manual code says, however it is grouped.
fn digits(code: &str) -> impl Iterator<Item = char> {
    code.chars().filter(char::is_ascii_digit)
}

/// A text of a row. A table of another tool has an empty cell for what it does not know.
fn text<'r>(row: &'r Value, name: &str) -> Option<&'r str> {
    row.get(name)?.as_str().filter(|text| !text.is_empty())
}

/// A number, or a text with one, also in hexadecimal behind `0x`.
fn number(value: &Value) -> Option<u64> {
    let parse = |text: &str| matter_types::parse_u32(text.trim()).ok().map(u64::from);
    value.as_u64().or_else(|| value.as_str().and_then(parse))
}
