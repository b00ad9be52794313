//! What a manifest or a ledger says about the devices of a run.

use std::collections::BTreeMap;
use std::path::Path;

use matter_factory_data::{Check, Finding, Report};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::files::DeviceFiles;
use super::{finding, table};
use crate::hex::hex;
use crate::inputs::read;
use crate::ledger::{ListedDevice, MAGIC};
use crate::{Error, Ledger};

/// The devices of a manifest or ledger by their UUID in lower case, each with what is said about it.
#[derive(Debug)]
pub(super) struct Listed {
    devices: BTreeMap<String, Value>,
    seen: BTreeMap<String, bool>,
    name: &'static str,
}

impl Listed {
    /// Reads `manifest.json`: an object with the list "devices".
    pub(super) fn manifest(path: &Path) -> Result<Self, Error> {
        let wrong = |reason: &dyn std::fmt::Display| Error::file("--manifest", path, reason);
        let bytes = read("--manifest", path)?;
        let manifest: Value = serde_json::from_slice(&bytes).map_err(|error| wrong(&error))?;
        let devices = manifest.get("devices").and_then(Value::as_array);
        let devices = devices.ok_or_else(|| wrong(&"has no list \"devices\""))?;
        Self::new("manifest", devices.iter().cloned()).map_err(|reason| wrong(&reason))
    }

    /// Reads a ledger of ours; or one of another tool, a JSON object in each line, or CSV with a header, with the
    /// device's "uuid".
    pub(super) fn ledger(path: &Path) -> Result<Self, Error> {
        let wrong = |reason: &dyn std::fmt::Display| Error::file("--ledger", path, reason);
        let bytes = read("--ledger", path)?;
        if bytes.starts_with(MAGIC) {
            let devices = Ledger::list(path).map_err(|error| wrong(&error))?;
            return Self::new("ledger", devices.into_iter().map(row)).map_err(|reason| wrong(&reason));
        }
        let mut rows = Vec::new();
        if bytes.trim_ascii_start().starts_with(b"{") {
            for line in bytes
                .split(|byte| *byte == b'\n')
                .filter(|line| !line.trim_ascii().is_empty())
            {
                let row: Value = serde_json::from_slice(line).map_err(|error| wrong(&error))?;
                // A line about the run and not about a device has none.
                if row.get("uuid").is_some() {
                    rows.push(row);
                }
            }
        } else {
            let (text, delimiter) = table(&bytes);
            let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(text);
            let header = reader.headers().map_err(|error| wrong(&error))?.clone();
            for row in reader.records() {
                let row = row.map_err(|error| wrong(&error))?;
                let cells = header.iter().zip(row.iter());
                rows.push(cells.map(|(name, cell)| (name.to_owned(), Value::from(cell))).collect());
            }
        }
        Self::new("ledger", rows.into_iter()).map_err(|reason| wrong(&reason))
    }

    fn new(name: &'static str, rows: impl Iterator<Item = Value>) -> Result<Self, &'static str> {
        let mut devices = BTreeMap::new();
        for row in rows {
            let uuid = row
                .get("uuid")
                .and_then(Value::as_str)
                .ok_or("a device has no \"uuid\"")?;
            devices.insert(uuid.to_ascii_lowercase(), row);
        }
        let seen = BTreeMap::new();
        Ok(Self { devices, seen, name })
    }

    /// Compares a device with its row.
    pub(super) fn compare(&mut self, device: &DeviceFiles, report: &mut Report) {
        let uuid = device
            .uuid
            .clone()
            .or(report.common_name().map(Into::into))
            .unwrap_or_default();
        let uuid = uuid.to_ascii_lowercase();
        let Some(row) = self.devices.get(&uuid) else {
            report.push(finding(Check::DeviceExtra, self.name, uuid));
            return;
        };
        self.seen.insert(uuid, true);
        for what in differences(row, device, report) {
            report.push(finding(Check::ManifestDiffers, self.name, what));
        }
        for (name, listed) in row.get("files").and_then(Value::as_object).into_iter().flatten() {
            let Some(file) = device.files.iter().find(|file| file.name == *name) else {
                report.push(finding(Check::FileMissing, name, ""));
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
    }

    /// The devices that were not there.
    pub(super) fn missing(&self) -> impl Iterator<Item = Finding> {
        let missing = self.devices.keys().filter(|uuid| !self.seen.contains_key(*uuid));
        missing.map(|uuid| finding(Check::DeviceMissing, self.name, uuid))
    }
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
    let differs = |(name, found): &(&str, Option<u64>)| {
        let listed = row.get(name).and_then(number);
        listed.zip(*found).is_some_and(|(listed, found)| listed != found)
    };
    let mut names: Vec<_> = numbers
        .iter()
        .filter(|pair| differs(pair))
        .map(|(name, _)| *name)
        .collect();
    let mut compare = |name: &'static str, found: Option<&str>, same: fn(&str, &str) -> bool| {
        // A table of another tool has an empty cell for what it does not know.
        let listed = row
            .get(name)
            .and_then(Value::as_str)
            .filter(|listed| !listed.is_empty());
        if let (Some(listed), Some(found)) = (listed, found)
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
        let [qr, manual] = device.codes();
        compare("qr", qr.as_deref().map(String::as_str), str::eq);
        let same = |a: &str, b: &str| digits(a).eq(digits(b));
        compare("manual", manual.as_deref().map(String::as_str), same);
    }
    names
}

/// What a manual code says, however it is grouped.
fn digits(code: &str) -> impl Iterator<Item = char> {
    code.chars().filter(char::is_ascii_digit)
}

/// A device of our ledger as a row of the manifest.
fn row(device: ListedDevice) -> Value {
    let files = device.images.into_iter().map(|(name, size, sha256)| {
        let file = json!({"size": size, "sha256": hex(&sha256)});
        (name, file)
    });
    json!({
        "uuid": device.uuid,
        "vid": device.vendor_id,
        "pid": device.product_id,
        "serial": device.serial,
        "discriminator": device.discriminator,
        "dac_serial": device.dac_serial.map(|serial| hex(&serial)),
        "dac_public_key_sha256": device.key_sha256.map(|hash| hex(&hash)),
        "files": files.collect::<serde_json::Map<_, _>>(),
    })
}

/// A number, or a text with one.
fn number(value: &Value) -> Option<u64> {
    value.as_u64().or_else(|| value.as_str()?.parse().ok())
}
