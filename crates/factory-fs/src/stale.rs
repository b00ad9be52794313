use std::ffi::{OsStr, OsString};
use std::io::{self, ErrorKind};

use crate::group::{COMPLETE, LOCK, remove, roll_forward};
use crate::{Dir, Exposure, Kind, TryLock, sys, try_lock};

/// Prefix of the names of drafts.
const PREFIX: &str = ".factory-";
/// Suffix of the names of drafts.
const ENDING: &str = ".tmp";

/// Returns a name that is not in use, not even by a killed process.
pub(crate) fn hidden_name() -> io::Result<OsString> {
    let unique = getrandom::u64().map_err(|_| io::Error::other("the operating system provides no random numbers"))?;
    Ok(format!("{PREFIX}{unique:016x}{ENDING}").into())
}

/// Removes the leftovers of ended processes in a folder, and completes publications that they had begun.
///
/// Only entries with the hidden name of a draft and a free lock are touched.
///
/// # Errors
///
/// I/O errors of the system while related files are moved into place. Entries that cannot be removed stay.
pub fn sweep(dir: &Dir) -> io::Result<()> {
    for name in dir.names()? {
        if !name.to_str().is_some_and(is_hidden) {
            continue;
        }
        // In a folder shared by several users, the drafts of others are left alone.
        if Exposure::of(&dir.path().join(&name)).is_ok_and(Exposure::is_foreign) {
            continue;
        }
        match dir.kind(&name)? {
            Some(Kind::File) => {
                // A later sweep tries again.
                let _ = sweep_file(dir, &name);
            }
            Some(Kind::Folder) => sweep_group(dir, &name)?,
            _ => {}
        }
    }
    Ok(())
}

fn is_hidden(name: &str) -> bool {
    let digits = name.strip_prefix(PREFIX).and_then(|rest| rest.strip_suffix(ENDING));
    digits.is_some_and(|digits| digits.len() == 16 && digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
}

fn sweep_file(dir: &Dir, name: &OsStr) -> io::Result<()> {
    let file = dir.open_for_update(name)?;
    if try_lock(&file)? == TryLock::Locked && sys::is_named(&dir.folder, name, &file)? {
        dir.remove_file(name)?;
    }
    Ok(())
}

fn sweep_group(dir: &Dir, name: &OsStr) -> io::Result<()> {
    let open = || {
        let group = dir.child(name)?;
        Ok::<_, io::Error>((group.open_for_update(LOCK)?, group))
    };
    let (lock, group) = match open() {
        Ok(opened) => opened,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            // Killed right at its start or end: the folder is empty.
            let _ = dir.remove_folder(name);
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    match try_lock(&lock)? {
        TryLock::Busy => Ok(()),
        TryLock::Locked if group.kind(COMPLETE)?.is_some() => roll_forward(dir, name, lock),
        TryLock::Locked => {
            // A later sweep tries again.
            let _ = remove(dir, name, group, lock);
            Ok(())
        }
    }
}
