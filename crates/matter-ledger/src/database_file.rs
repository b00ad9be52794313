//! Checks a file before SQLite opens it, because opening a database changes it.
//!
//! Source: "Database File Format" at sqlite.org, sections 1.3 (header) and 4 (write-ahead log).

use std::ffi::OsString;
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

/// The `PRAGMA application_id` of a ledger: "MMFG".
pub(crate) const APPLICATION: i64 = 0x4D4D_4647;
/// The first bytes of every SQLite database.
pub(crate) const MAGIC: &[u8] = b"SQLite format 3\0";
const HEADER_LEN: usize = 100;
/// The offset of the application ID in the header, 4 bytes big-endian.
const APPLICATION_AT: usize = 68;
const LOG_HEADER_LEN: usize = 32;
const LOG_PAGE_SIZE_AT: usize = 8;
const FRAME_HEADER_LEN: usize = 24;

/// The endings of the other files of a ledger.
const BESIDE: [&str; 4] = ["-wal", "-shm", "-journal", ".key"];

/// The content at the place of a ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Nothing, or an empty file.
    Nothing,
    /// A ledger of any version.
    Ledger,
}

/// Returns a name that SQLite treats as a file name only, unlike `:memory:` and `file:`.
pub(crate) fn absolute(path: &Path) -> Result<PathBuf, String> {
    let absolute = std::path::absolute(path).map_err(|error| error.to_string())?;
    // SQLite's other files are next to the target of a link.
    match absolute.canonicalize() {
        // Only on Unix does the canonical path have a form that SQLite supports.
        Ok(place) if cfg!(unix) => Ok(place),
        _ => Ok(absolute),
    }
}

/// Examines a ledger's file without changing anything.
pub(crate) fn look(path: &Path) -> Result<Found, String> {
    let text = |error: io::Error| error.to_string();
    for ending in BESIDE {
        let other = beside(path, ending);
        if other.symlink_metadata().is_ok_and(|found| !found.is_file()) {
            return Err(format!("{} next to it is not a file", other.display()));
        }
    }
    let metadata = match fs::metadata(path) {
        // If a parent folder is a file, creating the folder reports the error.
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            // Unless it is a link, another process may have created it in between.
            return match path.symlink_metadata() {
                Ok(found) if found.is_symlink() => Err("is a dangling link".into()),
                _ => Ok(Found::Nothing),
            };
        }
        metadata => metadata.map_err(text)?,
    };
    if !metadata.is_file() {
        return Err("is not a file on disk".into());
    }
    if metadata.len() == 0 {
        return Ok(Found::Nothing);
    }
    let mut header = [0; HEADER_LEN];
    match File::open(path).and_then(|mut file| file.read_exact(&mut header)) {
        Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Err("is not a database".into()),
        read => read.map_err(text)?,
    }
    if !header.starts_with(MAGIC) {
        return Err("is not a database".into());
    }
    if is_ours(&header) || log_is_ours(&beside(path, "-wal")).unwrap_or_default() {
        return Ok(Found::Ledger);
    }
    Err("is a database, but not a ledger of this tool".into())
}

fn is_ours(header: &[u8]) -> bool {
    let id = header.get(APPLICATION_AT..).and_then(|rest| rest.first_chunk::<4>());
    header.starts_with(MAGIC) && id.is_some_and(|id| i64::from(u32::from_be_bytes(*id)) == APPLICATION)
}

/// Returns whether a write-ahead log holds the first page of a ledger. Earlier versions of the tool wrote it there first; a
/// killed process has not moved it to the file.
fn log_is_ours(path: &Path) -> io::Result<bool> {
    let mut log = File::open(path)?;
    let mut head = [0; LOG_HEADER_LEN];
    log.read_exact(&mut head)?;
    let size = head.get(LOG_PAGE_SIZE_AT..).and_then(|rest| rest.first_chunk::<4>());
    let size = size.map_or(0, |size| u64::from(u32::from_be_bytes(*size)));
    if !size.is_power_of_two() || !(512..=65_536).contains(&size) {
        return Ok(false);
    }
    let mut frame = [0; FRAME_HEADER_LEN + HEADER_LEN];
    // The rest of the database's first page after its header.
    let skip = i64::try_from(size).unwrap_or_default() - i64::try_from(HEADER_LEN).unwrap_or_default();
    loop {
        match log.read_exact(&mut frame) {
            Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(false),
            read => read?,
        }
        let (head, page) = frame.split_at(FRAME_HEADER_LEN);
        if head.first_chunk::<4>() == Some(&1u32.to_be_bytes()) && is_ours(page) {
            return Ok(true);
        }
        log.seek(SeekFrom::Current(skip))?;
    }
}

/// Appends an ending to the name of a ledger.
pub(crate) fn beside(ledger: &Path, ending: &str) -> PathBuf {
    let mut name = OsString::from(ledger);
    name.push(ending);
    name.into()
}
