use std::fs::File;
use std::io::{ErrorKind, Seek, SeekFrom, Write};
use std::path::PathBuf;

use factory_fs::Dir;
use zeroize::Zeroizing;

use crate::Error;

/// More than a batch of rows takes: a growing buffer would leave copies.
const ROOM: usize = 1 << 17;

/// A file that grows row by row and that another process can continue from a known length.
///
/// Rows are buffered until they are flushed or synced.
pub(crate) struct GrowingFile {
    path: PathBuf,
    file: File,
    /// Rows not yet in the file.
    rows: Zeroizing<Vec<u8>>,
    /// Length of the file including them.
    len: u64,
}

impl GrowingFile {
    /// Creates a file when `len` is 0, otherwise continues one after its first `len` bytes.
    pub(crate) fn open(dir: &Dir, name: &str, len: u64) -> Result<Self, Error> {
        let path = dir.path().join(name);
        let open = || {
            if len == 0 {
                match dir.remove_file(name) {
                    Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                    _ => return dir.create_file(name),
                }
            }
            let mut file = dir.open_for_update(name)?;
            if file.metadata()?.len() < len {
                let short = "is shorter than recorded in the ledger; the unfinished run cannot be continued";
                return Err(std::io::Error::new(ErrorKind::UnexpectedEof, short));
            }
            file.set_len(len)?;
            file.seek(SeekFrom::Start(len))?;
            Ok(file)
        };
        Ok(Self {
            file: open().map_err(Error::write(&path))?,
            path,
            rows: Zeroizing::new(Vec::with_capacity(ROOM)),
            len,
        })
    }

    /// Appends to the buffer.
    pub(crate) fn add(&mut self, bytes: &[u8]) {
        self.rows.extend_from_slice(bytes);
        self.len += u64::try_from(bytes.len()).unwrap_or_default();
    }

    /// Writes the buffer to the file.
    pub(crate) fn flush(&mut self) -> Result<(), Error> {
        self.file.write_all(&self.rows).map_err(Error::write(&self.path))?;
        self.rows.clear();
        Ok(())
    }

    /// Writes the buffer and flushes the file to disk.
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
    fn continued_file_is_cut_after_the_known_rows() {
        let folder = tempfile::tempdir().unwrap();
        let dir = Dir::open(folder.path()).unwrap();
        let mut file = GrowingFile::open(&dir, "t.csv", 0).unwrap();
        file.add(b"one\n");
        let known = file.len();
        file.add(b"tw");
        file.flush().unwrap();
        drop(file);
        let mut file = GrowingFile::open(&dir, "t.csv", known).unwrap();
        file.add(b"two\n");
        file.sync().unwrap();
        assert_eq!(std::fs::read(folder.path().join("t.csv")).unwrap(), b"one\ntwo\n");
        let error = GrowingFile::open(&dir, "t.csv", 100).map(|_| ()).unwrap_err();
        assert!(error.to_string().contains("shorter"), "{error}");
    }
}
