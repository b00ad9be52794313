use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};

use factory_fs::{Dir, Draft, FolderLock, Kind, Replace, TryLock, lock, try_lock};
use matter_ledger::{Ledger, Progress};

use super::output;
use crate::device_tables::{STAGED, STAGING};
use crate::message::message;
use crate::{Error, Field, device_tables, manifest, outputs};

/// Prefix of the folders of unfinished runs, followed by their stamp.
const PREFIX: &str = ".run-";
const LOCK: &str = "lock";
const TABLES: &str = "tables";
const DEVICES: &str = "devices";
const REPLACED: &str = "replaced";

/// A run's own folder in the output folder while the run is unfinished.
///
/// ```text
/// .run-STAMP/lock      locked by the system while the run's process lives; holds the run's name in the ledger
/// .run-STAMP/devices/  complete devices that the ledger does not list yet
/// .run-STAMP/tables/   the tables so far
/// .run-STAMP/replaced/ devices whose names new ones have
/// ```
pub(super) struct Workspace {
    top: Dir,
    folder: Dir,
    stamp: String,
    ident: String,
    /// Released by the system when the process ends.
    lock: File,
}

/// The workspaces in an output folder.
#[derive(Default)]
pub(super) struct Found {
    /// Workspaces of ended processes.
    pub(super) left: Vec<Workspace>,
    /// The stamp of a run that is still in progress.
    pub(super) alive: Option<String>,
    /// Entries with the name of a workspace that cannot be one and were left unchanged.
    pub(super) strange: Vec<Strange>,
}

/// An entry with the name of a workspace.
pub(super) struct Strange {
    /// A description for the user.
    pub(super) sentence: String,
    /// Whether it may have been a run's: the name has a stamp.
    pub(super) has_stamp: bool,
}

impl Workspace {
    /// Creates a workspace under the first unused name: two runs may begin in the same second.
    pub(super) fn create(top: &Dir, stamp: &str, _held: &FolderLock) -> Result<Self, Error> {
        let mut number = 1u32;
        loop {
            let stamp = if number == 1 {
                stamp.to_owned()
            } else {
                format!("{stamp}-{number}")
            };
            number += 1;
            if output::is_used(top, &stamp)? {
                continue;
            }
            let name = format!("{PREFIX}{stamp}");
            let folder = match top.create_new_child(&name) {
                Err(error) if error.kind() == ErrorKind::AlreadyExists => continue,
                created => created.map_err(Error::write(&top.path().join(&name)))?,
            };
            let unique = getrandom::u64().map_err(|_| Error::Random)?;
            let ident = format!("{stamp}.{unique:016x}");
            let make = || {
                let mut file = folder.create_file(LOCK)?;
                lock(&file)?;
                file.write_all(ident.as_bytes())?;
                file.sync_all()?;
                for name in [DEVICES, TABLES] {
                    folder.create_new_child(name)?;
                }
                folder.sync()?;
                top.sync()?;
                Ok(file)
            };
            let file = make().map_err(|error| {
                let _ = remove_empty(top, OsStr::new(&name), &folder);
                Error::write(folder.path())(error)
            })?;
            return Ok(Self {
                top: top.try_clone().map_err(Error::write(top.path()))?,
                folder,
                stamp,
                ident,
                lock: file,
            });
        }
    }

    /// Finds workspaces, and takes over those of ended processes. Removes only empty ones.
    pub(super) fn find(top: &Dir, _held: &FolderLock) -> Result<Found, Error> {
        let mut found = Found::default();
        for name in top.names().map_err(Error::write(top.path()))? {
            let Some(stamp) = name.to_str().and_then(|name| name.strip_prefix(PREFIX)) else {
                continue;
            };
            let path = top.path().join(&name);
            let has_stamp = stamp.starts_with(|first: char| first.is_ascii_digit());
            let mut strange = |what: &dyn std::fmt::Display| {
                found.strange.push(Strange {
                    sentence: format!("{} {what} and was left unchanged", path.display()),
                    has_stamp,
                });
            };
            if let Some(other) = top
                .kind(&name)
                .map_err(Error::write(&path))?
                .filter(|kind| *kind != Kind::Folder)
            {
                strange(&format_args!("is {}, not the folder of a run,", other.name()));
                continue;
            }
            let folder = top.child(&name).map_err(Error::write(&path))?;
            let mut file = match folder.open_for_update(LOCK) {
                // Killed right at its start or end.
                Err(error) if error.kind() == ErrorKind::NotFound => {
                    // An empty folder of another name is not ours.
                    if !has_stamp || remove_empty(top, &name, &folder).is_err() {
                        strange(&"has no lock: it is not the folder of a run of this tool,");
                    }
                    continue;
                }
                Err(error) => {
                    strange(&format_args!("has a lock that cannot be used ({error})"));
                    continue;
                }
                Ok(file) => file,
            };
            if try_lock(&file).map_err(Error::write(&path))? == TryLock::Busy {
                found.alive = Some(stamp.to_owned());
                continue;
            }
            let ident = read_ident(&mut file).map_err(Error::write(&path))?;
            let workspace = Self {
                top: top.try_clone().map_err(Error::write(&path))?,
                folder,
                stamp: stamp.to_owned(),
                ident,
                lock: file,
            };
            found.left.push(workspace);
        }
        Ok(found)
    }

    pub(super) fn stamp(&self) -> &str {
        &self.stamp
    }

    pub(super) fn ident(&self) -> &str {
        &self.ident
    }

    /// The folder's path, for messages.
    pub(super) fn path(&self) -> &std::path::Path {
        self.folder.path()
    }

    /// Refuses foreign entries in it, which would otherwise be removed with it.
    pub(super) fn check_inside(&self) -> Result<(), Error> {
        let labels = outputs::labels(&self.stamp);
        for name in self
            .folder
            .names()
            .map_err(Error::obstacle(Field::OutputFolder, self.path()))?
        {
            if ![LOCK, DEVICES, TABLES, REPLACED].iter().any(|known| name == *known) {
                let reason = "is not an entry that a run creates there; move it away";
                return Err(Error::file(Field::OutputFolder, &self.path().join(name), reason));
            }
        }
        self.check_folders(&self.folder, &[DEVICES, TABLES, REPLACED])?;
        let Some(tables) = open_child(&self.folder, TABLES)? else {
            return Ok(());
        };
        self.check_folders(&tables, &[STAGING, &labels])?;
        match open_child(&tables, STAGING)? {
            Some(staging) => self.check_folders(&staging, &[]),
            None => Ok(()),
        }
    }

    fn check_folders(&self, dir: &Dir, known: &[&str]) -> Result<(), Error> {
        let device = |dir: &Dir| {
            Ok::<_, Error>(
                dir.space()
                    .map_err(Error::obstacle(Field::OutputFolder, dir.path()))?
                    .device,
            )
        };
        let own = device(&self.top)?;
        for name in dir.names().map_err(Error::obstacle(Field::OutputFolder, dir.path()))? {
            let Some(child) = open_child(dir, &name)? else { continue };
            let reason = if known.iter().all(|known| name != *known) {
                "is not a folder that a run creates there; move it away"
            } else if device(&child)? != own {
                "is on another file system; move it away"
            } else {
                continue;
            };
            return Err(Error::file(Field::OutputFolder, child.path(), reason));
        }
        Ok(())
    }

    pub(super) fn tables(&self) -> Result<Dir, Error> {
        self.inner(TABLES)
    }

    pub(super) fn devices(&self) -> Result<Dir, Error> {
        self.inner(DEVICES)
    }

    fn inner(&self, name: &str) -> Result<Dir, Error> {
        let opened = self.folder.child(name);
        opened.map_err(Error::write(&self.folder.path().join(name)))
    }

    /// Refuses a device with the name of one in the output folder.
    pub(super) fn check_free(&self, uuid: &str) -> Result<(), Error> {
        let target = self.top.path().join(uuid);
        match self.top.kind(uuid).map_err(Error::write(&target))? {
            Some(_) => Err(Error::exists(
                &target,
                message!["exists already; use ", Field::Force, " to replace it"],
            )),
            None => Ok(()),
        }
    }

    /// Moves a listed device to the output folder; with `force` it replaces one with its name.
    pub(super) fn release(&self, devices: &Dir, uuid: &str, force: bool) -> Result<(), Error> {
        let target = self.top.path().join(uuid);
        match devices.rename_new(uuid, &self.top, uuid) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists && force => {}
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                return Err(Error::exists(
                    &target,
                    message!["exists already; use ", Field::Force, " to replace it"],
                ));
            }
            renamed => return renamed.map_err(Error::write(&target)),
        }
        let replace = || {
            let replaced = self.folder.create_child(REPLACED)?;
            self.top.rename(uuid, &replaced, uuid)?;
            devices.rename_new(uuid, &self.top, uuid)
        };
        replace().map_err(Error::write(&target))
    }

    /// Publishes the devices that the ledger lists, and removes all others.
    pub(super) fn reconcile(&self, ledger: &mut Ledger, force: bool) -> Result<(), Error> {
        let devices = match self.folder.child(DEVICES) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            opened => opened.map_err(Error::write(&self.folder.path().join(DEVICES)))?,
        };
        for name in devices.names().map_err(Error::write(devices.path()))? {
            match name.to_str() {
                Some(uuid) if ledger.has_device(uuid)? => self.release(&devices, uuid, force)?,
                _ => {
                    let removed = devices.remove_tree(&name);
                    removed.map_err(Error::write(&devices.path().join(&name)))?;
                }
            }
        }
        self.top.sync().map_err(Error::write(self.top.path()))
    }

    /// Publishes the tables of a run that has to stop, with the devices listed in the ledger: copies, so that changing
    /// them does not affect the continued run.
    pub(super) fn show_tables(&self, progress: &Progress) -> Result<(), Error> {
        let from = self.tables()?;
        let lens = progress.tables.iter().skip(1);
        for ((below, name), len) in device_tables::names(&self.stamp).iter().zip(lens) {
            let (from, to) = match below {
                None => (from.try_clone(), self.top.try_clone()),
                Some(below) => (from.child(below), self.top.create_child(below)),
            };
            let path = self.top.path().join(&**name);
            let copy = || copy(&from?, &to?, name, *len);
            copy().map_err(Error::write(&path))?;
        }
        Ok(())
    }

    /// Moves the tables to the output folder and removes the rest; it can be interrupted and repeated.
    pub(super) fn finish(self, held: &FolderLock) -> Result<(), Error> {
        let from = match self.folder.child(TABLES) {
            Err(error) if error.kind() == ErrorKind::NotFound => return self.remove(held),
            opened => opened.map_err(Error::write(self.folder.path()))?,
        };
        let failed = |name: &str| Error::write(&self.top.path().join(name));
        let names = from.names().map_err(Error::write(from.path()))?;
        if names.iter().any(|name| name == manifest::NAME) {
            manifest::put_aside(&self.top)?;
        }
        if names.iter().any(|name| name == STAGING) {
            let staged = from.child(STAGING).map_err(failed(STAGING))?;
            let staging = self.top.create_child(STAGING).map_err(failed(STAGING))?;
            for name in STAGED {
                move_file(&staged, &staging, name).map_err(failed(&format!("{STAGING}/{name}")))?;
            }
            staging.sync().map_err(failed(STAGING))?;
        }
        for name in output::names(&self.stamp) {
            move_file(&from, &self.top, &name).map_err(failed(&name))?;
        }
        let labels = outputs::labels(&self.stamp);
        if names.iter().any(|name| name.to_str() == Some(&labels)) {
            from.rename_new(&labels, &self.top, &labels).map_err(failed(&labels))?;
        }
        self.top.sync().map_err(failed(""))?;
        self.remove(held)
    }

    /// Removes the folder, the lock last, so that a partly removed one differs from a run that has just begun.
    pub(super) fn remove(self, _held: &FolderLock) -> Result<(), Error> {
        let Self {
            top,
            folder,
            stamp,
            lock,
            ..
        } = self;
        let path = folder.path().to_owned();
        let remove = || {
            for name in [DEVICES, TABLES, REPLACED] {
                match folder.remove_tree(name) {
                    Err(error) if error.kind() == ErrorKind::NotFound => {}
                    removed => removed?,
                }
            }
            // On systems where an open file blocks removal, it must be closed first.
            drop(lock);
            folder.remove_file(LOCK)?;
            drop(folder);
            top.remove_folder(format!("{PREFIX}{stamp}"))
        };
        remove().map_err(Error::write(&path))
    }

    /// Removes the folder if it has only the initial entries of a run.
    pub(super) fn remove_if_empty(self, _held: &FolderLock) -> Result<(), Self> {
        let name = format!("{PREFIX}{}", self.stamp);
        match remove_empty(&self.top, OsStr::new(&name), &self.folder) {
            Ok(()) => Ok(()),
            Err(_) => Err(self),
        }
    }
}

/// Opens a folder in a folder; `None` for anything else.
fn open_child(dir: &Dir, name: impl AsRef<OsStr>) -> Result<Option<Dir>, Error> {
    let name = name.as_ref();
    let open = || match dir.kind(name)? {
        Some(Kind::Folder) => dir.child(name).map(Some),
        _ => Ok(None),
    };
    open().map_err(Error::obstacle(Field::OutputFolder, &dir.path().join(name)))
}

/// Removes a workspace without devices and tables; otherwise all of it is kept.
fn remove_empty(top: &Dir, name: &OsStr, folder: &Dir) -> io::Result<()> {
    let names = folder.names()?;
    for inner in &names {
        let is_empty = match inner.to_str() {
            Some(LOCK) => true,
            Some(DEVICES | TABLES) => folder.child(inner)?.names()?.is_empty(),
            _ => false,
        };
        if !is_empty {
            return Err(ErrorKind::DirectoryNotEmpty.into());
        }
    }
    for inner in names.iter().filter(|inner| *inner != LOCK) {
        folder.remove_folder(inner)?;
    }
    if names.iter().any(|inner| inner == LOCK) {
        folder.remove_file(LOCK)?;
    }
    top.remove_folder(name)
}

/// Reads the ledger's name of the run; text in another form or too long is refused.
fn read_ident(file: &mut File) -> io::Result<String> {
    const MAX: u64 = 256;
    let mut ident = Vec::new();
    file.take(MAX).read_to_end(&mut ident)?;
    Ok(String::from_utf8_lossy(&ident).into_owned())
}

/// Copies the first bytes of a file into another folder.
fn copy(from: &Dir, to: &Dir, name: &str, len: u64) -> io::Result<()> {
    let mut rows = from.open_file(name)?.take(len);
    let mut copy = Draft::new(to, name)?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = rows.read(&mut buffer)?;
        match buffer.get(..read) {
            Some([]) | None => break,
            Some(bytes) => copy.write(bytes)?,
        }
    }
    copy.publish(Replace::Yes)
}

/// Moves an existing file and replaces one of an earlier run.
fn move_file(from: &Dir, to: &Dir, name: &str) -> io::Result<()> {
    match from.rename(name, to, name) {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        moved => moved,
    }
}
