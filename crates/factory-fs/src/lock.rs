use std::fs::File;
use std::io;

use crate::{Dir, sys};

/// The file that is locked for a folder.
const NAME: &str = ".lock";

/// What became of an attempt to lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TryLock {
    /// The caller has the lock until the file is closed, whatever ends the process.
    Locked,
    /// Another process has it.
    Busy,
}

/// Locks a file, and waits for as long as another process has it.
///
/// # Errors
///
/// Those of the system.
pub fn lock(file: &File) -> io::Result<()> {
    sys::lock(file, true).map(drop)
}

/// Locks a file unless another process has it.
///
/// # Errors
///
/// Those of the system.
pub fn try_lock(file: &File) -> io::Result<TryLock> {
    Ok(if sys::lock(file, false)? {
        TryLock::Locked
    } else {
        TryLock::Busy
    })
}

/// Keeps other processes from working on a folder: those that lock it as well.
///
/// The lock is on a file `.lock` in the folder, which is removed with the lock. A folder itself cannot be locked on network
/// file systems and on Windows.
#[derive(Debug)]
pub struct FolderLock {
    dir: Dir,
    file: Option<File>,
}

impl FolderLock {
    /// Locks a folder, and waits for as long as another process has it.
    ///
    /// # Errors
    ///
    /// Those of the system, and [`io::ErrorKind::InvalidInput`] when something else than a file has the name `.lock`.
    pub fn new(dir: &Dir) -> io::Result<Self> {
        loop {
            let file = sys::open_lock(dir, NAME.as_ref())?;
            lock(&file)?;
            // Whoever had it has removed the file, and the next one has made another.
            if sys::is_named(&dir.folder, NAME.as_ref(), &file)? {
                return Ok(Self {
                    dir: dir.try_clone()?,
                    file: Some(file),
                });
            }
        }
    }
}

impl Drop for FolderLock {
    fn drop(&mut self) {
        // A file of that name with something in it is somebody else's.
        let is_empty = self
            .file
            .as_ref()
            .is_some_and(|file| file.metadata().is_ok_and(|found| found.len() == 0));
        if sys::CLOSES_BEFORE_REMOVING {
            self.file = None;
        }
        if is_empty {
            // One that stays is taken by the next process.
            let _ = self.dir.remove_file(NAME);
        }
    }
}
