use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io::{self, ErrorKind, Write};

use crate::dir::unexpected;
use crate::signals::Hidden;
use crate::stale::hidden_name;
use crate::{Dir, Kind, lock, sys};

/// Whether a file may replace another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Replace {
    /// An existing file is kept, and is an error.
    No,
    /// An existing file or link is replaced.
    Yes,
}

/// A file that is written without a name, or under a hidden one, and gets its own name once it is complete and on disk.
///
/// Dropping it earlier leaves nothing. Nor does a killed process where the file system supports unnamed files (Linux,
/// most local file systems); elsewhere it leaves a locked file that the next [`sweep`](crate::sweep) removes.
#[derive(Debug)]
pub struct Draft {
    dir: Dir,
    name: OsString,
    file: File,
    len: u64,
    /// `None` for an unnamed file.
    hidden: Option<Hidden>,
}

impl Draft {
    /// Starts a file that only its owner can read.
    ///
    /// # Errors
    ///
    /// I/O errors of the system.
    pub fn new(dir: &Dir, name: impl AsRef<OsStr>) -> io::Result<Self> {
        let (file, hidden) = match dir.nameless()? {
            Some(file) => (file, None),
            None => {
                let (file, hidden) = hidden(dir)?;
                (file, Some(hidden))
            }
        };
        Ok(Self {
            dir: dir.try_clone()?,
            name: name.as_ref().into(),
            file,
            len: 0,
            hidden,
        })
    }

    /// Appends to the file, all of the bytes or none.
    ///
    /// # Errors
    ///
    /// I/O errors of the system.
    pub fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Err(error) = self.file.write_all(bytes) {
            // The first error is the one to report.
            let _ = self.file.set_len(self.len);
            return Err(error);
        }
        self.len += u64::try_from(bytes.len()).unwrap_or_default();
        Ok(())
    }

    /// Returns the file for a writer that seeks, as archive writers do.
    ///
    /// # Errors
    ///
    /// I/O errors of the system.
    pub fn handle(&self) -> io::Result<File> {
        self.file.try_clone()
    }

    /// Publishes the file. The file and its name are on disk when this returns.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::AlreadyExists`] when the name is in use and must not be replaced; [`ErrorKind::IsADirectory`] or
    /// [`ErrorKind::InvalidInput`] for a folder, pipe or device; and I/O errors of the system.
    pub fn publish(mut self, replace: Replace) -> io::Result<()> {
        self.file.sync_all()?;
        check_target(&self.dir, &self.name, replace)?;
        match self.hidden.take() {
            None => self.name_it(replace)?,
            Some(mut hidden) => {
                match replace {
                    Replace::Yes => self.dir.rename(hidden.name(), &self.dir, &self.name)?,
                    Replace::No => self.dir.rename_new(hidden.name(), &self.dir, &self.name)?,
                }
                hidden.forget();
            }
        }
        self.dir.sync()
    }

    fn name_it(&self, replace: Replace) -> io::Result<()> {
        match self.dir.name(&self.file, &self.name) {
            // `linkat(2)` cannot replace an existing file.
            Err(error) if error.kind() == ErrorKind::AlreadyExists && replace == Replace::Yes => {
                lock(&self.file)?;
                let give = |name: &OsStr| self.dir.name(&self.file, name);
                let (mut hidden, ()) = Hidden::new(&self.dir, hidden_name()?, give)?;
                self.dir.rename(hidden.name(), &self.dir, &self.name)?;
                hidden.forget();
                Ok(())
            }
            named => named,
        }
    }
}

/// Refuses a target that the file must not replace.
pub(crate) fn check_target(dir: &Dir, name: &OsStr, replace: Replace) -> io::Result<()> {
    match (dir.kind(name)?, replace) {
        (None, _) | (Some(Kind::File | Kind::Link), Replace::Yes) => Ok(()),
        (Some(other @ (Kind::Folder | Kind::Other)), _) => Err(unexpected(other, "a file")),
        (Some(_), Replace::No) => Err(ErrorKind::AlreadyExists.into()),
    }
}

/// Creates a hidden file that stays locked while its process lives.
fn hidden(dir: &Dir) -> io::Result<(File, Hidden)> {
    loop {
        let (hidden, file) = Hidden::new(dir, hidden_name()?, |name| dir.create_file(name))?;
        lock(&file)?;
        // Before the lock was taken, another process may have swept the file as a leftover.
        if sys::is_named(&dir.folder, hidden.name(), &file)? {
            return Ok((file, hidden));
        }
    }
}
