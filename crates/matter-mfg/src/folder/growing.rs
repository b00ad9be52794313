use std::fs::{self, File, OpenOptions};
use std::io::{Seek, SeekFrom, Write};
use std::path::PathBuf;

use zeroize::Zeroizing;

use super::create_file;
use crate::Error;

/// A file that grows row by row, and that another process continues where the rows ended that it knows of.
///
/// Rows are kept until they are flushed or synced.
pub(crate) struct GrowingFile {
    path: PathBuf,
    file: File,
    /// What is not in the file yet.
    rows: Zeroizing<Vec<u8>>,
    /// Of the file with them.
    len: u64,
}

impl GrowingFile {
    /// Starts a file anew when `len` is 0, and otherwise continues one behind its first `len` bytes.
    pub(crate) fn open(path: PathBuf, len: u64) -> Result<Self, Error> {
        if len == 0 {
            match fs::remove_file(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(Error::write(&path)(error)),
                _ => {}
            }
            let file = create_file(&path)?;
            return Ok(Self::new(path, file, len));
        }
        let open = || {
            let mut file = OpenOptions::new().write(true).open(&path)?;
            if file.metadata()?.len() < len {
                let short = "is shorter than the ledger says; the unfinished run cannot be continued";
                return Err(std::io::Error::new(std::io::ErrorKind::UnexpectedEof, short));
            }
            file.set_len(len)?;
            file.seek(SeekFrom::Start(len))?;
            Ok(file)
        };
        let file = open().map_err(Error::write(&path))?;
        Ok(Self::new(path, file, len))
    }

    fn new(path: PathBuf, file: File, len: u64) -> Self {
        let rows = Zeroizing::default();
        Self { path, file, rows, len }
    }

    /// Adds to the file.
    pub(crate) fn add(&mut self, bytes: &[u8]) {
        self.rows.extend_from_slice(bytes);
        self.len += u64::try_from(bytes.len()).unwrap_or_default();
    }

    /// Writes what was added.
    pub(crate) fn flush(&mut self) -> Result<(), Error> {
        self.file.write_all(&self.rows).map_err(Error::write(&self.path))?;
        self.rows.clear();
        Ok(())
    }

    /// Writes what was added and returns when it is on disk.
    pub(crate) fn sync(&mut self) -> Result<(), Error> {
        self.flush()?;
        self.file.sync_data().map_err(Error::write(&self.path))
    }

    pub(crate) const fn len(&self) -> u64 {
        self.len
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn continued_file_forgets_what_came_behind_the_known_rows() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        let mut file = GrowingFile::open(path.clone(), 0).unwrap();
        file.add(b"one\n");
        let known = file.len();
        file.add(b"tw");
        file.flush().unwrap();
        drop(file);
        let mut file = GrowingFile::open(path.clone(), known).unwrap();
        file.add(b"two\n");
        file.sync().unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"one\ntwo\n");
        let error = GrowingFile::open(path, 100).map(|_| ()).unwrap_err();
        assert!(error.to_string().contains("shorter"), "{error}");
    }
}
