use std::path::{Path, PathBuf};

use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::file::{self, beside};
use super::schema::{self, Unknown, VERSION};
use super::{Ledger, sums, wrong};
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
    pub(crate) folder: PathBuf,
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
            _ => Self::Damaged(error.to_string().lines().next().unwrap_or_default().to_owned()),
        }
    }
}

impl Ledger {
    /// Reads the devices that are in use, and the names of those that no longer are. Neither the key of the passcodes nor
    /// the right to write is needed, in the folder neither: when no run has it open, nothing is written beside it.
    pub(crate) fn list(path: &Path) -> Result<Lists, ListError> {
        file::look(path).map_err(ListError::Damaged)?;
        let place = file::absolute(path).map_err(|reason| ListError::Unreadable(wrong(path, reason)))?;
        let log = beside(&place, "-wal");
        if !log.exists()
            && let Some(quiet) = quiet(&place)
        {
            let listed = Self::list_from(path, quiet);
            // A run that has begun meanwhile may have changed what was read.
            if !log.exists() {
                return listed;
            }
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        Self::list_from(path, Connection::open_with_flags(&place, flags))
    }

    fn list_from(path: &Path, connection: Result<Connection, rusqlite::Error>) -> Result<Lists, ListError> {
        let failed = |error: rusqlite::Error| ListError::new(path, &error);
        let refused = |unknown: Unknown| match sums::explain(unknown) {
            Unknown::Sqlite(error) => failed(error),
            Unknown::Schema(reason) => ListError::Damaged(reason),
        };
        let mut connection = connection.map_err(failed)?;
        connection.busy_timeout(super::PATIENCE).map_err(failed)?;
        schema::defend(&connection).map_err(failed)?;
        let len = path.metadata().map_or(0, |found| found.len());
        sums::limit(&mut connection, len).map_err(failed)?;
        let version = schema::recognize(&connection).map_err(refused)?;
        sums::check(&connection, version == VERSION).map_err(refused)?;
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
                folder: folder(row.get_ref(9)?),
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

/// A run's output folder, which earlier versions kept as a text.
fn folder(value: ValueRef<'_>) -> PathBuf {
    match value {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => super::run::path_of(bytes),
        _ => PathBuf::new(),
    }
}

/// Opens a ledger that nobody writes to, so that one on a medium that cannot be written to can be read.
fn quiet(place: &Path) -> Option<Result<Connection, rusqlite::Error>> {
    // SQLite takes any bytes in a name, and these for something else.
    let mut escaped = String::new();
    for byte in place.as_os_str().as_encoded_bytes() {
        match byte {
            b'%' | b'?' | b'#' | 0x80.. if cfg!(unix) || *byte < 0x80 => escaped.push_str(&format!("%{byte:02x}")),
            byte if byte.is_ascii() => escaped.push(char::from(*byte)),
            _ => return None,
        }
    }
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_URI;
    let uri = format!("file:{escaped}?immutable=1");
    Some(Connection::open_with_flags(uri, flags))
}
