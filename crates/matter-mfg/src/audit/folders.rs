//! Folders of devices: where the devices are, and what lies beside them.

use std::fs;
use std::path::{Path, PathBuf};

use matter_factory_data::{Artifacts, Check, Finding, audit};

use super::files::{PATH, is_of_device, is_open, is_uuid};
use crate::Error;
use crate::inputs::read_limited;

/// Folders in an output in which devices' files are others than those of a device's folder.
const OTHER_FOLDERS: [&str; 5] = [STAGING, "internal", TEST_PKI, "csv", "bin"];
const STAGING: &str = "staging";
/// The folder of a PKI for tests, whose keys are in it.
const TEST_PKI: &str = "test-pki";
/// An output folder has folders of products, and these those of devices.
const MAX_DEPTH: u8 = 3;

/// What was found in a folder.
#[derive(Default)]
pub(super) struct Found {
    /// The folders of devices.
    pub(super) devices: Vec<PathBuf>,
    /// Files beside the folders of devices, in which there are no private keys.
    pub(super) others: Vec<PathBuf>,
    /// Files of devices beside their folders, and folders that were not looked into.
    pub(super) findings: Vec<Finding>,
}

impl Found {
    /// Looks for the folders of devices in a folder, which may be one itself.
    pub(super) fn look(&mut self, path: &Path) -> Result<(), Error> {
        self.look_into(path, 0, true)
    }

    /// `by_files` says that a folder of any name is a device's when there are a device's files in it.
    fn look_into(&mut self, path: &Path, depth: u8, by_files: bool) -> Result<(), Error> {
        let wrong = |error| Error::file(PATH, path, error);
        // Above all, the folder of an order may be called so as well.
        if depth > 0 && is_uuid(&name(path)) {
            self.devices.push(path.into());
            return Ok(());
        }
        let entries = fs::read_dir(path).map_err(wrong)?.collect::<Result<Vec<_>, _>>();
        let mut entries = entries
            .map_err(wrong)?
            .iter()
            .map(fs::DirEntry::path)
            .collect::<Vec<_>>();
        entries.sort();
        let (before, files, findings) = (self.devices.len(), self.others.len(), self.findings.len());
        for folder in entries.iter().filter(|entry| entry.is_dir()) {
            let name = name(folder);
            let is_hidden = name.starts_with('.');
            if is_hidden || depth == MAX_DEPTH {
                let why = if is_hidden { "hidden" } else { "deeper than devices are" };
                let text = format!("the folder {} is {why}, and was not looked into", folder.display());
                self.findings.push(Finding::of(Check::NotChecked, "folder", text));
            } else {
                let by_files = by_files && !OTHER_FOLDERS.contains(&name.as_str());
                self.look_into(folder, depth + 1, by_files)?;
            }
        }
        let stray = entries
            .iter()
            .filter(|entry| is_of_device(&name(entry)) && !entry.is_dir());
        let has_devices = self.devices.len() > before;
        let others = entries.iter().filter(|entry| entry.is_file() && !may_hold_a_key(entry));
        self.others.extend(others.cloned());
        if has_devices {
            let stray = stray.map(|file| Finding::of(Check::ArtifactStray, name(file), path.display()));
            self.findings.extend(stray.filter(|_| by_files));
        } else if depth == 0 && is_uuid(&name(path)) || by_files && stray.count() > 0 {
            // What is in it is looked at with the device.
            self.others.truncate(files);
            self.findings.truncate(findings);
            self.devices.push(path.into());
        }
        Ok(())
    }
}

fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Tells whether a file beside the folders of devices is where a key belongs: that of a PKI for tests, or of the PAI that
/// a run has made.
fn may_hold_a_key(file: &Path) -> bool {
    let folder = file.parent().map(name).unwrap_or_default();
    folder == TEST_PKI || folder == STAGING && name(file).ends_with("pai_key.pem")
}

/// Finds private keys in files beside the folders of devices.
pub(super) fn leaked_keys(files: &[PathBuf]) -> Vec<Finding> {
    let mut leaked = Vec::new();
    for file in files {
        let place = file.display().to_string();
        match read_limited(file) {
            Ok(bytes) => {
                let report = audit(&Artifacts::new().with_files(&[(&place, &bytes)]));
                let keys = report
                    .findings()
                    .iter()
                    .filter(|finding| finding.check == Check::KeyLeaked);
                leaked.extend(keys.cloned());
            }
            Err(reason) => leaked.push(Finding::of(Check::NotChecked, place, reason)),
        }
    }
    leaked
}

/// Finds files with secrets that others than their owner can read, and such folders of them, outside of devices' folders.
pub(super) fn open_secrets(path: &Path, depth: u8, open: &mut Vec<String>) {
    // What cannot be opened is an error of whoever has to read it.
    let Ok(entries) = fs::read_dir(path) else { return };
    let mut entries = entries.filter_map(|entry| Some(entry.ok()?.path())).collect::<Vec<_>>();
    entries.sort();
    let (mut holds_secrets, own) = (false, open.len());
    for entry in entries {
        let name = name(&entry);
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
    const STARTS: [&str; 6] = ["summary", "ledger", "master", "pin_disc", "qrcodes", "labels"];
    let name = name.to_ascii_lowercase();
    STARTS.iter().any(|start| name.starts_with(start))
        || name == "manifest.json"
        || ["_key.pem", "-key.pem", ".key"].iter().any(|end| name.ends_with(end))
}
