//! Folders of devices: locates the devices and the files beside them.

use std::fs;
use std::path::{Path, PathBuf};

use matter_factory_data::{Check, Finding};

use crate::access::{Access, OpenFiles};
use crate::beside::Beside;
use crate::device_files::{is_of_device, is_uuid};
use crate::{AuditInput, Error};

/// Folders of an output whose files are not those of a device's folder.
const OTHER_FOLDERS: [&str; 4] = [STAGING, "internal", "csv", "bin"];
pub(crate) const STAGING: &str = "staging";
/// An output folder contains product folders, and these contain device folders.
const MAX_DEPTH: u8 = 3;

/// Returns whether a folder is a test PKI, which contains its keys. Each product may have one.
pub(crate) fn is_test_pki(name: &str) -> bool {
    name.strip_prefix("test-pki")
        .is_some_and(|product| product.is_empty() || product.starts_with('-'))
}

/// The contents of a folder.
#[derive(Default)]
pub(crate) struct FolderContents {
    /// The folders of devices.
    pub(crate) devices: Vec<PathBuf>,
    /// Files beside the folders of devices.
    pub(crate) others: Vec<Beside>,
    /// Findings about device files beside their folders, and about folders that were not examined.
    pub(crate) findings: Vec<Finding>,
}

impl FolderContents {
    /// Finds the device folders in a folder, which may be one itself.
    pub(crate) fn look(&mut self, path: &Path) -> Result<(), Error> {
        self.look_into(path, 0, true)
    }

    /// With `by_files`, a folder of any name is a device's if it contains a device's files.
    fn look_into(&mut self, path: &Path, depth: u8, by_files: bool) -> Result<(), Error> {
        let wrong = |error| Error::file(AuditInput::Path, path, error);
        // At the top, the folder of an order may have a UUID as its name.
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
        for folder in entries.iter().filter(|entry| is_folder(entry)) {
            let name = name(folder);
            let is_hidden = name.starts_with('.');
            if is_hidden || depth == MAX_DEPTH {
                let why = if is_hidden { "hidden" } else { "nested too deeply" };
                let text = format!("the folder {} is {why}, and was not examined", folder.display());
                self.findings.push(Finding::of(Check::NotChecked, "folder", text));
            } else {
                let by_files = by_files && !OTHER_FOLDERS.contains(&name.as_str()) && !is_test_pki(&name);
                self.look_into(folder, depth + 1, by_files)?;
            }
        }
        let stray = entries
            .iter()
            .filter(|entry| is_of_device(&name(entry)) && !is_folder(entry));
        let has_devices = self.devices.len() > before;
        let others = entries.iter().filter(|entry| !is_folder(entry));
        for other in others {
            if other.is_file() {
                self.others.push(Beside::new(other.clone()));
            } else {
                // A pipe would block the audit.
                let text = format!("{} is not a file or a folder, and was not examined", other.display());
                self.findings.push(Finding::of(Check::NotChecked, "output", text));
            }
        }
        if has_devices {
            let stray = stray.map(|file| Finding::of(Check::ArtifactStray, name(file), path.display()));
            self.findings.extend(stray.filter(|_| by_files));
        } else if depth == 0 && is_uuid(&name(path)) || by_files && stray.count() > 0 {
            // Its contents are examined with the device.
            self.others.truncate(files);
            self.findings.truncate(findings);
            self.devices.push(path.into());
        }
        Ok(())
    }
}

/// Returns whether a path is a folder, and not a link to one: some links to a parent folder are thousands of folders.
fn is_folder(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_dir())
}

pub(crate) fn name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// Finds files with secrets, and folders of such files, outside device folders that other users can read or change.
/// Returns whether there are devices below.
pub(crate) fn open_secrets(path: &Path, depth: u8, open: &mut OpenFiles) -> bool {
    // An unreadable folder is reported by the code that reads it.
    let Ok(entries) = fs::read_dir(path) else { return false };
    let mut entries = entries.filter_map(|entry| Some(entry.ok()?.path())).collect::<Vec<_>>();
    entries.sort();
    let (mut holds_secrets, mut holds_devices) = (false, false);
    let mut inside = OpenFiles::default();
    for entry in entries {
        let name = name(&entry);
        if is_folder(&entry) {
            holds_devices |= is_uuid(&name);
            if !is_uuid(&name) && depth < MAX_DEPTH {
                holds_devices |= open_secrets(&entry, depth + 1, &mut inside);
            }
        } else if is_secret(&name) {
            holds_secrets = true;
            inside.add(entry.display().to_string(), Access::of(&entry), true);
        }
        holds_secrets |= entry.is_dir() && is_uuid(&name);
    }
    if holds_secrets || holds_devices {
        // Write access to a folder allows replacing its contents; files in it have modes of their own.
        open.add(path.display().to_string(), Access::of(path), holds_secrets);
    }
    open.append(inside);
    holds_devices
}

/// Returns whether a file beside the devices' folders, from this tool or the reference tool, contains keys, passcodes
/// or values derived from them.
fn is_secret(name: &str) -> bool {
    const STARTS: [&str; 6] = ["summary", "ledger", "master", "pin_disc", "qrcodes", "labels"];
    let name = name.to_ascii_lowercase();
    STARTS.iter().any(|start| name.starts_with(start))
        || name == "manifest.json"
        || ["_key.pem", "-key.pem", ".key"].iter().any(|end| name.ends_with(end))
}
