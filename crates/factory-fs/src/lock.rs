use std::fs::File;
use std::io;

use crate::{Dir, sys};

/// Name of the lock file in a folder.
const NAME: &str = ".lock";

/// Result of an attempt to lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TryLock {
    /// The caller holds the lock until the file is closed or the process ends.
    Locked,
    /// Another process holds it.
    Busy,
}

/// Locks a file, waiting while another process holds it.
///
/// # Errors
///
/// I/O errors of the system.
pub fn lock(file: &File) -> io::Result<()> {
    sys::lock(file, true).map(drop)
}

/// Locks a file unless another process holds it.
///
/// # Errors
///
/// I/O errors of the system.
pub fn try_lock(file: &File) -> io::Result<TryLock> {
    Ok(if sys::lock(file, false)? {
        TryLock::Locked
    } else {
        TryLock::Busy
    })
}

/// An exclusive lock on a folder against other processes that lock it too.
///
/// The lock is on a file `.lock` in the folder, which is removed with the lock. A folder itself cannot be locked on
/// network file systems and on Windows.
#[derive(Debug)]
pub struct FolderLock {
    dir: Dir,
    file: Option<File>,
}

impl FolderLock {
    /// Locks a folder, waiting while another process holds it.
    ///
    /// # Errors
    ///
    /// I/O errors of the system, and [`io::ErrorKind::InvalidInput`] when `.lock` is not a file.
    pub fn new(dir: &Dir) -> io::Result<Self> {
        loop {
            let file = sys::open_lock(dir, NAME.as_ref())?;
            lock(&file)?;
            // The previous holder has removed the file, and the next one has created another.
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
        // A file of that name with contents is not a lock file.
        let is_empty = self
            .file
            .as_ref()
            .is_some_and(|file| file.metadata().is_ok_and(|found| found.len() == 0));
        if sys::CLOSES_BEFORE_REMOVING {
            self.file = None;
        }
        if is_empty {
            // A file that cannot be removed is reused by the next process.
            let _ = self.dir.remove_file(NAME);
        }
    }
}
