//! Manifests and ledgers as rows: what they say of each device, and what is wrong with the lists themselves.

use std::fmt::Display;
use std::path::Path;

use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::table;
use crate::hex::hex;
use crate::inputs::read;
use crate::ledger::{ListedDevice, MAGIC};
use crate::{Error, Ledger};

/// What a list says, a JSON object for each device.
#[derive(Default)]
pub(super) struct Rows {
    pub(super) rows: Vec<Value>,
    /// Whether the list is one of devices for tests.
    pub(super) is_test: bool,
}

/// A list that can be read as a file, and not as a list.
type Read = Result<Rows, String>;

/// Reads `manifest.json`: an object with the list "devices".
pub(super) fn manifest(path: &Path) -> Result<Read, Error> {
    let bytes = read("--manifest", path)?;
    let manifest: Value = match serde_json::from_slice(&bytes) {
        Ok(manifest) => manifest,
        Err(error) => return Ok(Err(error.to_string())),
    };
    let Some(devices) = manifest.get("devices").and_then(Value::as_array) else {
        return Ok(Err("it has no list \"devices\"".into()));
    };
    let is_test = manifest.get("test").and_then(Value::as_bool).unwrap_or_default();
    Ok(check(devices.clone(), is_test))
}

/// Reads a ledger of ours; or one of another tool, a JSON object in each line, or CSV with a header, with the device's
/// "uuid".
pub(super) fn ledger(path: &Path) -> Result<Read, Error> {
    let bytes = read("--ledger", path)?;
    if bytes.starts_with(MAGIC) {
        let devices = Ledger::list(path);
        return Ok(devices
            .map_err(|error| error.to_string())
            .and_then(|devices| check(devices.into_iter().map(row).collect(), false)));
    }
    let text = bytes.trim_ascii_start();
    let rows = if text.starts_with(b"{") {
        objects(text)
    } else {
        cells(&bytes)
    };
    Ok(rows.and_then(|rows| check(rows, false)))
}

fn objects(text: &[u8]) -> Result<Vec<Value>, String> {
    let lines = text.split(|byte| *byte == b'\n').enumerate();
    let lines = lines.filter(|(_, line)| !line.trim_ascii().is_empty());
    let rows = lines.map(|(index, line)| {
        serde_json::from_slice::<Value>(line).map_err(|error| format!("line {}: {error}", index + 1))
    });
    // A line about the run and not about a device has none.
    let of_devices = |row: &Result<Value, _>| row.as_ref().map_or(true, |row| row.get("uuid").is_some());
    rows.filter(of_devices).collect()
}

fn cells(bytes: &Zeroizing<Vec<u8>>) -> Result<Vec<Value>, String> {
    let text = |error: &dyn Display| error.to_string();
    let (bytes, delimiter) = table(bytes);
    let mut reader = csv::ReaderBuilder::new().delimiter(delimiter).from_reader(bytes);
    let header = reader.headers().map_err(|error| text(&error))?.clone();
    let rows = reader.records().map(|row| {
        let row = row.map_err(|error| text(&error))?;
        let cells = header.iter().zip(row.iter());
        Ok(cells.map(|(name, cell)| (name.to_owned(), Value::from(cell))).collect())
    });
    rows.collect()
}

fn check(rows: Vec<Value>, is_test: bool) -> Read {
    match rows.iter().position(|row| uuid(row).is_none()) {
        Some(index) => Err(format!("device {} has no \"uuid\"", index + 1)),
        None => Ok(Rows { rows, is_test }),
    }
}

/// The UUID of a row's device, in lower case.
pub(super) fn uuid(row: &Value) -> Option<String> {
    Some(row.get("uuid")?.as_str()?.to_ascii_lowercase())
}

/// A device of our ledger as a row of the manifest, with what only the ledger knows.
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
        "run": device.run,
        "folder": device.folder,
        "test": device.test,
        "passcode_mac": device.passcode_mac.map(|mac| hex(&mac)),
    })
}
