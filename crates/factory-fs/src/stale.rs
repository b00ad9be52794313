use std::ffi::{OsStr, OsString};
use std::io::{self, ErrorKind};

use crate::group::{LOCK, roll_forward};
use crate::{Dir, Kind, TryLock, sys, try_lock};

/// How the names of drafts begin, in the folder in which they appear.
const PREFIX: &str = ".factory-";
/// How those of drafts end that are not complete.
pub(crate) const DRAFT: &str = ".tmp";
/// How that of a group of files ends that are complete and on their way to their places.
pub(crate) const COMMITTED: &str = ".commit";

/// A name that nobody uses, not even a process that was killed.
pub(crate) fn hidden_name(ending: &str) -> io::Result<OsString> {
    let unique = getrandom::u64().map_err(|_| io::Error::other("the operating system gives no random numbers"))?;
    Ok(format!("{PREFIX}{unique:016x}{ending}").into())
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
        let Some(text) = name.to_str().filter(|text| text.starts_with(PREFIX)) else {
            continue;
        };
        let (draft, committed) = (text.ends_with(DRAFT), text.ends_with(COMMITTED));
        match dir.kind(&name)? {
            Some(Kind::File) if draft => {
                // What cannot be removed now may be removed later.
                let _ = sweep_file(dir, &name);
            }
            Some(Kind::Folder) if draft || committed => sweep_group(dir, &name, committed)?,
            _ => {}
        }
    }
    Ok(())
}

fn sweep_file(dir: &Dir, name: &OsStr) -> io::Result<()> {
    let file = dir.open_for_update(name)?;
    if try_lock(&file)? == TryLock::Locked && sys::is_named(&dir.folder, name, &file)? {
        dir.remove_file(name)?;
    }
    Ok(())
}

fn sweep_group(dir: &Dir, name: &OsStr, committed: bool) -> io::Result<()> {
    let lock = match dir.child(name).and_then(|group| group.open_for_update(LOCK)) {
        Ok(lock) => lock,
        Err(error) if error.kind() == ErrorKind::NotFound => {
            // Killed when it had just begun, or was just done: nothing is in it.
            let _ = dir.remove_folder(name);
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    match try_lock(&lock)? {
        TryLock::Busy => Ok(()),
        TryLock::Locked if committed => roll_forward(dir, name, lock),
        TryLock::Locked => {
            drop(lock);
            let _ = dir.remove_tree(name);
            Ok(())
        }
    }
}
