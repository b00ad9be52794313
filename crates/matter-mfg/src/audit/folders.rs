//! Folders of devices: where the devices are, and what lies beside them.

use std::fs;
use std::path::{Path, PathBuf};

use super::files::{PATH, is_of_device, is_open, is_uuid};
use crate::Error;

/// Folders in an output that hold no devices.
const OTHER_FOLDERS: [&str; 5] = ["staging", "internal", "test-pki", "csv", "bin"];
/// An output folder has folders of products, and these those of devices.
const MAX_DEPTH: u8 = 3;

/// Finds the folders of devices in a folder, which may be one itself.
pub(super) fn find_devices(path: &Path, depth: u8, found: &mut Vec<PathBuf>) -> Result<(), Error> {
    let wrong = |error| Error::file(PATH, path, error);
    let entries = fs::read_dir(path)
        .map_err(wrong)?
        .collect::<Result<Vec<_>, _>>()
        .map_err(wrong)?;
    let mut names = entries
        .iter()
        .map(|entry| entry.file_name().to_string_lossy().into_owned())
        .collect::<Vec<_>>();
    names.sort();
    let own = path
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    if is_uuid(&own) || names.iter().any(|name| is_of_device(name)) {
        found.push(path.into());
        return Ok(());
    }
    for name in names {
        let path = path.join(&name);
        let skipped = name.starts_with('.') || OTHER_FOLDERS.contains(&name.as_str());
        if depth < MAX_DEPTH && !skipped && path.is_dir() {
            find_devices(&path, depth + 1, found)?;
        }
    }
    Ok(())
}

/// Finds files with secrets that others than their owner can read, and such folders of them, outside of devices' folders.
pub(super) fn open_secrets(path: &Path, depth: u8, open: &mut Vec<String>) {
    // What cannot be opened is an error of whoever has to read it.
    let Ok(entries) = fs::read_dir(path) else { return };
    let mut entries = entries.filter_map(|entry| Some(entry.ok()?.path())).collect::<Vec<_>>();
    entries.sort();
    let (mut holds_secrets, own) = (false, open.len());
    for entry in entries {
        let name = entry.file_name().unwrap_or_default().to_string_lossy();
        if entry.is_dir() {
            holds_secrets |= is_uuid(&name);
            if !is_uuid(&name) && depth < MAX_DEPTH {
                open_secrets(&entry, depth + 1, open);
            }
        } else if is_secret(&name) {
            holds_secrets = true;
            if is_open(&entry) {
                open.push(entry.display().to_string());
            }
        }
    }
    if holds_secrets && is_open(path) {
        open.insert(own, path.display().to_string());
    }
}

/// Tells whether a file beside the devices' folders, of ours or the reference tool, has keys, passcodes or what they are
/// made of in it.
fn is_secret(name: &str) -> bool {
    const STARTS: [&str; 4] = ["summary", "ledger", "master", "pin_disc"];
    STARTS.iter().any(|start| name.starts_with(start)) || name == "manifest.json" || name.ends_with("_key.pem")
}
