use std::path::{Path, PathBuf};

use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::database_file::{self, beside};
use crate::ledger::PATIENCE;
use crate::runs::path_of;
use crate::schema::{self, Refusal, VERSION};
use crate::{Error, Ledger, row_sums};

/// What a ledger says of its devices, for those who only read it.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// The devices that are in use.
    pub devices: Vec<ListedDevice>,
    /// The names of those that no longer are.
    pub retired: Vec<String>,
}

/// What a ledger says of a device that is in use: as it is written there, and not checked.
#[derive(Clone, Debug)]
pub struct ListedDevice {
    /// Its name.
    pub uuid: String,
    /// The vendor id of its run.
    pub vendor_id: u16,
    /// The product id of its run.
    pub product_id: u16,
    /// Its serial number.
    pub serial: Option<String>,
    /// Its discriminator.
    pub discriminator: u16,
    /// The serial number of its DAC.
    pub dac_serial: Option<Vec<u8>>,
    /// SHA-256 of its DAC's public key.
    pub key_sha256: Option<Vec<u8>>,
    /// The run that made it.
    pub run: String,
    /// The run's output folder.
    pub folder: PathBuf,
    /// Whether the run made devices for tests.
    pub test: bool,
    /// HMAC of the passcode under the ledger's key.
    pub passcode_mac: Option<Vec<u8>>,
    /// Its images.
    pub images: Vec<ListedImage>,
}

/// What a ledger says of an image.
#[derive(Clone, Debug)]
pub struct ListedImage {
    /// The name of its file in the device's folder.
    pub name: String,
    /// Its length in bytes.
    pub size: u64,
    /// Its SHA-256.
    pub sha256: Vec<u8>,
}

/// What an error says about the ledger: that it cannot be read now, or that it is damaged.
fn explain(path: &Path, error: &rusqlite::Error) -> Error {
    match error.sqlite_error_code() {
        Some(
            ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::CannotOpen
            | ErrorCode::PermissionDenied
            | ErrorCode::ReadOnly
            | ErrorCode::SystemIoFailure
            | ErrorCode::OutOfMemory,
        ) => Error::unusable(path, error),
        _ => Error::damaged(path, error),
    }
}

impl Ledger {
    /// Reads the devices that are in use, and the names of those that no longer are. Neither the key of the passcodes nor
    /// the right to write is needed, in the folder neither: when no run has it open, nothing is written beside it.
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`] when it is no ledger, or a damaged one; [`Error::Unusable`] when it cannot be read now.
    pub fn list(path: &Path) -> Result<Listing, Error> {
        database_file::look(path).map_err(|reason| Error::damaged(path, reason))?;
        let place = database_file::absolute(path).map_err(|reason| Error::unusable(path, reason))?;
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

    fn list_from(path: &Path, connection: Result<Connection, rusqlite::Error>) -> Result<Listing, Error> {
        let failed = |error: rusqlite::Error| explain(path, &error);
        let refused = |refusal| match row_sums::explain(refusal) {
            Refusal::Sqlite(error) => failed(error),
            Refusal::Schema(reason) => Error::damaged(path, reason),
        };
        let mut connection = connection.map_err(failed)?;
        connection.busy_timeout(PATIENCE).map_err(failed)?;
        schema::defend(&connection).map_err(failed)?;
        let len = path.metadata().map_or(0, |found| found.len());
        row_sums::limit(&mut connection, len).map_err(failed)?;
        let version = schema::recognize(&connection).map_err(refused)?;
        row_sums::check(&connection, version == VERSION).map_err(refused)?;
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
        let mut listed = Listing::default();
        for row in rows.map_err(failed)? {
            let (id, mut device) = row.map_err(failed)?;
            let found = images.query_map([id], |row| {
                Ok(ListedImage {
                    name: row.get(0)?,
                    size: u64::try_from(row.get::<_, i64>(1)?).unwrap_or_default(),
                    sha256: row.get(2)?,
                })
            });
            device.images = found.and_then(Iterator::collect).map_err(failed)?;
            listed.devices.push(device);
        }
        let mut retired = connection
            .prepare("SELECT uuid FROM device WHERE state <> 'published'")
            .map_err(failed)?;
        let retired = retired.query_map([], |row| row.get(0)).and_then(Iterator::collect);
        listed.retired = retired.map_err(failed)?;
        Ok(listed)
    }
}

/// A run's output folder, which earlier versions kept as a text.
fn folder(value: ValueRef<'_>) -> PathBuf {
    match value {
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => path_of(bytes),
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
