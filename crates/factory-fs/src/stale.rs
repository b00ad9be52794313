use std::ffi::{OsStr, OsString};
use std::io::{self, ErrorKind};

use crate::group::{COMPLETE, LOCK, remove, roll_forward};
use crate::{Dir, Exposure, Kind, TryLock, sys, try_lock};

/// How the names of drafts begin, in the folder in which they appear.
const PREFIX: &str = ".factory-";
/// How they end.
const ENDING: &str = ".tmp";

/// A name that nobody uses, not even a process that was killed.
pub(crate) fn hidden_name() -> io::Result<OsString> {
    let unique = getrandom::u64().map_err(|_| io::Error::other("the operating system gives no random numbers"))?;
    Ok(format!("{PREFIX}{unique:016x}{ENDING}").into())
}

/// Removes what processes have left in a folder that are no longer there, and completes what they have begun to publish.
///
/// Only what has the hidden name of a draft and whose lock is free is touched.
///
/// # Errors
///
/// Those of the system while files that belong together are put into their places. What cannot be removed stays.
pub fn sweep(dir: &Dir) -> io::Result<()> {
    for name in dir.names()? {
        if !name.to_str().is_some_and(is_hidden) {
            continue;
        }
        // In a folder that several users write to: theirs, whether they live or not.
        if Exposure::of(&dir.path().join(&name)).is_ok_and(Exposure::is_foreign) {
            continue;
        }
        match dir.kind(&name)? {
            Some(Kind::File) => {
                // What cannot be removed now may be removed later.
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
            // Killed when it had just begun, or was just done: nothing is in it.
            let _ = dir.remove_folder(name);
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    match try_lock(&lock)? {
        TryLock::Busy => Ok(()),
        TryLock::Locked if group.kind(COMPLETE)?.is_some() => roll_forward(dir, name, lock),
        TryLock::Locked => {
            // What cannot be removed now may be removed later.
            let _ = remove(dir, name, group, lock);
            Ok(())
        }
    }
}
