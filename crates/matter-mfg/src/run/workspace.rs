use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use crate::folder::{create_file, create_new_private, create_private, sync_folder, sync_tree};
use crate::ledger::Ledger;
use crate::{Error, manifest, outputs};

/// What the folders of unfinished runs are called, before their stamp.
const PREFIX: &str = ".run-";
const LOCK: &str = "lock";
const TABLES: &str = "tables";
const STAGING: &str = "staging";
const DEVICES: &str = "devices";
const REPLACED: &str = "replaced";

/// A run's own folder in the output folder, as long as the run is not finished.
///
/// ```text
/// .run-STAMP/lock      locked by the system while the run's process lives; holds the run's name in the ledger
/// .run-STAMP/devices/  complete devices that the ledger does not list yet
/// .run-STAMP/tables/   the tables so far
/// .run-STAMP/replaced/ devices whose names new ones have
/// ```
pub(super) struct Workspace {
    top: PathBuf,
    folder: PathBuf,
    stamp: String,
    ident: String,
    /// Released by the system, whatever ends the process.
    _lock: File,
}

/// Keeps other runs from looking at the workspaces of an output folder.
pub(super) struct TopLock(#[allow(dead_code, reason = "held, not read")] Option<File>);

impl TopLock {
    pub(super) fn new(top: &Path) -> Result<Self, Error> {
        if !cfg!(unix) {
            // Folders cannot be opened there; two runs that start in the same millisecond may refuse each other.
            return Ok(Self(None));
        }
        let folder = File::open(top).map_err(Error::write(top))?;
        folder.lock().map_err(Error::write(top))?;
        Ok(Self(Some(folder)))
    }
}

/// The workspaces that are left in an output folder.
pub(super) struct Found {
    /// Of runs whose process is gone, the newest first.
    pub(super) left: Vec<Workspace>,
    /// The stamp of a run that is still going.
    pub(super) alive: Option<String>,
}

impl Workspace {
    /// Starts one under the first name that is free: two runs may begin in the same second.
    pub(super) fn create(top: &Path, stamp: &str, _held: &TopLock) -> Result<Self, Error> {
        let mut number = 1u32;
        loop {
            let stamp = if number == 1 {
                stamp.to_owned()
            } else {
                format!("{stamp}-{number}")
            };
            number += 1;
            let folder = top.join(format!("{PREFIX}{stamp}"));
            if top.join(summary(&stamp)).exists() {
                continue;
            }
            match create_new_private(&folder) {
                Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => continue,
                created => created.map_err(Error::write(&folder))?,
            }
            let unique = getrandom::u64().map_err(|_| Error::Random)?;
            let ident = format!("{stamp}.{unique:016x}");
            let path = folder.join(LOCK);
            let mut lock = create_file(&path)?;
            lock.lock()
                .and_then(|()| lock.write_all(ident.as_bytes()))
                .map_err(Error::write(&path))?;
            for name in [DEVICES, TABLES] {
                create_private(&folder.join(name))?;
            }
            sync_tree(&folder)?;
            return Ok(Self {
                top: top.into(),
                folder,
                stamp,
                ident,
                _lock: lock,
            });
        }
    }

    /// Looks for workspaces, and takes those whose process is gone.
    pub(super) fn find(top: &Path, _held: &TopLock) -> Result<Found, Error> {
        let mut found = Found {
            left: Vec::new(),
            alive: None,
        };
        let mut stamps = Vec::new();
        for entry in fs::read_dir(top).map_err(Error::write(top))? {
            let entry = entry.map_err(Error::write(top))?;
            let name = entry.file_name();
            if let Some(stamp) = name.to_str().and_then(|name| name.strip_prefix(PREFIX)) {
                stamps.push(stamp.to_owned());
            }
        }
        stamps.sort();
        for stamp in stamps.into_iter().rev() {
            let folder = top.join(format!("{PREFIX}{stamp}"));
            let path = folder.join(LOCK);
            let mut lock = match OpenOptions::new().read(true).write(true).open(&path) {
                Ok(lock) => lock,
                Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                    // Killed when it had just begun, or when it was just done.
                    remove(&folder)?;
                    continue;
                }
                Err(error) => return Err(Error::write(&path)(error)),
            };
            match lock.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => {
                    found.alive = Some(stamp);
                    continue;
                }
                Err(TryLockError::Error(error)) => return Err(Error::write(&path)(error)),
            }
            let mut ident = String::new();
            lock.read_to_string(&mut ident).map_err(Error::write(&path))?;
            found.left.push(Self {
                top: top.into(),
                folder,
                stamp,
                ident,
                _lock: lock,
            });
        }
        Ok(found)
    }

    pub(super) fn stamp(&self) -> &str {
        &self.stamp
    }

    pub(super) fn ident(&self) -> &str {
        &self.ident
    }

    pub(super) fn tables(&self) -> PathBuf {
        self.folder.join(TABLES)
    }

    pub(super) fn devices(&self) -> PathBuf {
        self.folder.join(DEVICES)
    }

    /// Refuses a device with the name of one in the output folder.
    pub(super) fn check_free(&self, uuid: &str) -> Result<(), Error> {
        let target = self.top.join(uuid);
        if target.exists() {
            return Err(Error::exists(&target, "exists already; --force replaces it"));
        }
        Ok(())
    }

    /// Lets a device that the ledger lists appear in the output folder, in place of one with its name.
    pub(super) fn release(&self, uuid: &str) -> Result<(), Error> {
        let target = self.top.join(uuid);
        if target.exists() {
            let replaced = self.folder.join(REPLACED);
            create_private(&replaced)?;
            fs::rename(&target, replaced.join(uuid)).map_err(Error::write(&target))?;
        }
        fs::rename(self.folder.join(DEVICES).join(uuid), &target).map_err(Error::write(&target))
    }

    /// Releases the devices that the ledger lists, and removes the others, of which nobody knows.
    pub(super) fn reconcile(&self, ledger: &Ledger) -> Result<(), Error> {
        let devices = self.devices();
        if !devices.exists() {
            return Ok(());
        }
        for entry in fs::read_dir(&devices).map_err(Error::write(&devices))? {
            let entry = entry.map_err(Error::write(&devices))?;
            match entry.file_name().to_str() {
                Some(uuid) if ledger.has_device(uuid)? => self.release(uuid)?,
                _ => remove(&entry.path())?,
            }
        }
        Ok(())
    }

    /// Shows the tables of a run that has to stop, while they stay here to be continued.
    pub(super) fn show_tables(&self) {
        let _ = self.each_table(|from, to| {
            if !from.extension().is_some_and(|kind| kind == "csv" || kind == "der") {
                // Made when the last device is there.
                return Ok(());
            }
            // A second name for the same file needs no room on a full disk.
            let _ = fs::remove_file(to);
            fs::hard_link(from, to)
        });
    }

    /// Moves the tables to the output folder and removes the rest, however often it is interrupted.
    pub(super) fn finish(&self, held: &TopLock) -> Result<(), Error> {
        if self.tables().join(outputs::MANIFEST).exists() {
            manifest::put_aside(&self.top)?;
        }
        self.each_table(|from, to| fs::rename(from, to))?;
        let labels = outputs::labels(&self.stamp);
        let (from, to) = (self.tables().join(&labels), self.top.join(labels));
        if from.exists() {
            fs::rename(from, &to).map_err(Error::write(&to))?;
        }
        sync_folder(&self.top)?;
        self.remove(held)
    }

    /// Removes the folder; its lock last, so that what is left can be told from a run that has just begun.
    pub(super) fn remove(&self, _held: &TopLock) -> Result<(), Error> {
        for name in [DEVICES, TABLES, REPLACED] {
            let folder = self.folder.join(name);
            if folder.exists() {
                remove(&folder)?;
            }
        }
        remove(&self.folder)
    }

    fn each_table(&self, act: impl Fn(&Path, &Path) -> std::io::Result<()>) -> Result<(), Error> {
        let tables = self.tables();
        for (from, to) in [
            (tables.join(STAGING), self.top.join(STAGING)),
            (tables.clone(), self.top.clone()),
        ] {
            if !from.exists() {
                continue;
            }
            create_private(&to)?;
            for entry in fs::read_dir(&from).map_err(Error::write(&from))? {
                let path = entry.map_err(Error::write(&from))?.path();
                let Some(name) = path.file_name().filter(|_| !path.is_dir()) else {
                    continue;
                };
                // Unfinished, or rows that a finished file holds.
                if name.as_encoded_bytes().starts_with(b".") || path.extension().is_some_and(|kind| kind == "rows") {
                    continue;
                }
                let target = to.join(name);
                act(&path, &target).map_err(Error::write(&target))?;
            }
        }
        Ok(())
    }
}

/// The name of the table of all devices.
pub(super) fn summary(stamp: &str) -> String {
    format!("summary-{stamp}.csv")
}

/// The name of the table of all certificates.
pub(super) fn dacs(stamp: &str) -> String {
    format!("cn_dacs-{stamp}.csv")
}

fn remove(path: &Path) -> Result<(), Error> {
    fs::remove_dir_all(path).map_err(Error::write(path))
}
