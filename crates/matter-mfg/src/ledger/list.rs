use std::path::Path;

use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::schema::Unknown;
use super::{Ledger, schema, wrong};
use crate::Error;

/// What a ledger says of a device that is in use, for those who only read it.
pub(crate) struct ListedDevice {
    pub(crate) uuid: String,
    pub(crate) vendor_id: u16,
    pub(crate) product_id: u16,
    pub(crate) serial: Option<String>,
    pub(crate) discriminator: u16,
    pub(crate) dac_serial: Option<Vec<u8>>,
    pub(crate) key_sha256: Option<Vec<u8>>,
    /// The run that made it.
    pub(crate) run: String,
    /// The run's output folder.
    pub(crate) folder: String,
    /// Whether it is one for tests.
    pub(crate) test: bool,
    /// HMAC of the passcode under the ledger's key.
    pub(crate) passcode_mac: Option<Vec<u8>>,
    /// Name, size and hash.
    pub(crate) images: Vec<(String, u64, Vec<u8>)>,
}

/// The devices that are in use, and the names of the others.
pub(crate) type Lists = (Vec<ListedDevice>, Vec<String>);

/// Why a ledger could not be listed.
pub(crate) enum ListError {
    /// It is no ledger, or damaged.
    Damaged(String),
    /// It cannot be opened or read now.
    Unreadable(Error),
}

impl ListError {
    fn new(path: &Path, error: &rusqlite::Error) -> Self {
        match error.sqlite_error_code() {
            Some(
                ErrorCode::DatabaseBusy
                | ErrorCode::DatabaseLocked
                | ErrorCode::CannotOpen
                | ErrorCode::PermissionDenied
                | ErrorCode::ReadOnly
                | ErrorCode::SystemIoFailure
                | ErrorCode::OutOfMemory,
            ) => Self::Unreadable(wrong(path, error)),
            _ => Self::Damaged(error.to_string()),
        }
    }
}

/// The first bytes of every SQLite database.
pub(crate) const MAGIC: &[u8] = b"SQLite format 3\0";

impl Ledger {
    /// Reads the devices that are in use, and the names of those that no longer are. Neither the key of the passcodes nor
    /// the right to write is needed, in the folder neither: when no run has it open, nothing is written beside it.
    pub(crate) fn list(path: &Path) -> Result<Lists, ListError> {
        let failed = |error: std::io::Error| ListError::Unreadable(wrong(path, error));
        // SQLite's other files are beside the one that a link leads to.
        let place = path.canonicalize().map_err(failed)?;
        let mut log = place.as_os_str().to_owned();
        log.push("-wal");
        let is_open = || Path::new(&log).exists();
        if !is_open()
            && let Some(quiet) = quiet(&place)
        {
            let listed = Self::list_from(path, quiet);
            // A run that has begun meanwhile may have changed what was read.
            if !is_open() {
                return listed;
            }
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Self::list_from(path, Connection::open_with_flags(&place, flags))
    }

    fn list_from(path: &Path, connection: Result<Connection, rusqlite::Error>) -> Result<Lists, ListError> {
        let failed = |error: rusqlite::Error| ListError::new(path, &error);
        let connection = connection.map_err(failed)?;
        schema::recognize(&connection).map_err(|unknown| match unknown {
            Unknown::Sqlite(error) => failed(error),
            Unknown::Schema(reason) => ListError::Damaged(reason),
        })?;
        let sql = "SELECT device.id, uuid, vendor_id, product_id, serial, discriminator, dac_serial, key_sha256,
                   run.ident, run.folder, run.test, passcode_mac
                   FROM device JOIN run ON run.id = device.run WHERE device.state = 'published' ORDER BY device.id";
        let mut devices = connection.prepare(sql).map_err(failed)?;
        let mut images = connection
            .prepare("SELECT name, size, sha256 FROM image WHERE device = ?1 ORDER BY name")
            .map_err(failed)?;
        let rows = devices.query_map([], |row| {
            let device = ListedDevice {
                uuid: row.get(1)?,
                vendor_id: row.get(2)?,
                product_id: row.get(3)?,
                serial: row.get(4)?,
                discriminator: row.get(5)?,
                dac_serial: row.get(6)?,
                key_sha256: row.get(7)?,
                run: row.get(8)?,
                folder: row.get(9)?,
                test: row.get(10)?,
                passcode_mac: row.get(11)?,
                images: Vec::new(),
            };
            Ok((row.get::<_, i64>(0)?, device))
        });
        let mut listed = Vec::new();
        for row in rows.map_err(failed)? {
            let (id, mut device) = row.map_err(failed)?;
            let found = images.query_map([id], |row| {
                let size: i64 = row.get(1)?;
                Ok((row.get(0)?, u64::try_from(size).unwrap_or_default(), row.get(2)?))
            });
            device.images = found.and_then(Iterator::collect).map_err(failed)?;
            listed.push(device);
        }
        let mut retired = connection
            .prepare("SELECT uuid FROM device WHERE state <> 'published'")
            .map_err(failed)?;
        let retired = retired.query_map([], |row| row.get(0)).and_then(Iterator::collect);
        Ok((listed, retired.map_err(failed)?))
    }
}

/// Opens a ledger that nobody writes to, so that one on a medium that cannot be written to can be read.
fn quiet(place: &Path) -> Option<Result<Connection, rusqlite::Error>> {
    let escaped = place
        .to_str()?
        .replace('%', "%25")
        .replace('?', "%3f")
        .replace('#', "%23");
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let uri = format!("file:{escaped}?immutable=1");
    Some(Connection::open_with_flags(uri, flags))
}
