//! The vectors folder, and entries as text for comparison with those that the firmware read.

use std::path::{Path, PathBuf};

use esp_nvs_image::{Entry, Number, StoredValue};
use serde_json::Value as Json;

/// The folder of vectors, if it exists.
pub fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("MATTER_VECTORS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors"),
        PathBuf::from,
    );
    folder.is_dir().then_some(folder)
}

/// An entry as reported by the firmware.
pub struct DeviceEntry {
    pub namespace: String,
    pub key: String,
    pub kind: String,
    pub value: String,
}

/// Entries as reported by the firmware, one JSON object per line.
pub fn device_entries(path: &Path) -> Vec<DeviceEntry> {
    let text = std::fs::read_to_string(path).unwrap();
    let lines = text.lines().map(|line| serde_json::from_str::<Json>(line).unwrap());
    let entries = lines.filter(|line| line.get("key").is_some()).map(|line| {
        let text = |name: &str| match &line[name] {
            Json::String(text) => text.clone(),
            other => other.to_string(),
        };
        DeviceEntry {
            namespace: text("namespace"),
            key: text("key"),
            kind: text("type"),
            value: text("value"),
        }
    });
    entries.collect()
}

/// The lines of [`our_lines`] for entries reported by the firmware.
pub fn device_lines(path: &Path) -> Vec<String> {
    let entries = device_entries(path).into_iter().map(|entry| {
        // The API reads both kinds of blob in the same way.
        let kind = entry.kind.replace("blob_v1", "blob");
        format!("{}|{}|{kind}|{}", entry.namespace, entry.key, entry.value)
    });
    let mut lines = entries.collect::<Vec<_>>();
    lines.sort();
    lines
}

/// A sorted line for each entry: namespace, key, type and value.
pub fn our_lines(entries: &[Entry<'_>]) -> Vec<String> {
    let lines = entries.iter().map(|entry| {
        let (kind, value) = type_and_text(&entry.value);
        format!("{}|{}|{kind}|{value}", entry.namespace, entry.key)
    });
    let mut lines = lines.collect::<Vec<_>>();
    lines.sort();
    lines
}

/// A value as the firmware reports it: its type and its text, in hexadecimal for a blob.
pub fn type_and_text(value: &StoredValue<'_>) -> (&'static str, String) {
    match value {
        StoredValue::Number(Number::U8(v)) => ("u8", v.to_string()),
        StoredValue::Number(Number::I8(v)) => ("i8", v.to_string()),
        StoredValue::Number(Number::U16(v)) => ("u16", v.to_string()),
        StoredValue::Number(Number::I16(v)) => ("i16", v.to_string()),
        StoredValue::Number(Number::U32(v)) => ("u32", v.to_string()),
        StoredValue::Number(Number::I32(v)) => ("i32", v.to_string()),
        StoredValue::Number(Number::U64(v)) => ("u64", v.to_string()),
        StoredValue::Number(Number::I64(v)) => ("i64", v.to_string()),
        StoredValue::Str(v) => ("string", (*v).to_owned()),
        StoredValue::Blob(v) => ("blob", v.to_vec().iter().map(|b| format!("{b:02x}")).collect()),
        other => unreachable!("{other:?}"),
    }
}
