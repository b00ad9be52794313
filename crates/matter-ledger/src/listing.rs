use std::path::{Path, PathBuf};

use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::database_file::{self, beside};
use crate::ledger::PATIENCE;
use crate::place::At;
use crate::runs::path_of;
use crate::schema::{self, Refusal};
use crate::sqlite::OnConnection;
use crate::statements::{Fault, Row, Statements};
use crate::{Error, Ledger, LedgerPlace, row_sums};

/// The devices of a ledger, for readers.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    /// The devices in use.
    pub devices: Vec<ListedDevice>,
    /// The UUIDs of retired devices.
    pub retired: Vec<String>,
}

/// A device in use, with the values in the ledger, unchecked.
#[derive(Clone, Debug)]
pub struct ListedDevice {
    /// Its UUID.
    pub uuid: String,
    /// The vendor ID of its run.
    pub vendor_id: u16,
    /// The product ID of its run.
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
    /// Whether the run made test devices.
    pub test: bool,
    /// HMAC of the passcode under the key of the ledger.
    pub passcode_mac: Option<Vec<u8>>,
    /// Its images.
    pub images: Vec<ListedImage>,
}

/// An image in the ledger.
#[derive(Clone, Debug)]
pub struct ListedImage {
    /// The name of its file in the device's folder.
    pub name: String,
    /// Its length in bytes.
    pub size: u64,
    /// Its SHA-256.
    pub sha256: Vec<u8>,
}

/// Converts an error of SQLite: the ledger cannot be read now, or it is damaged.
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
    /// Reads the devices in use, and the UUIDs of retired ones. Neither the passcode key nor write permission is needed,
    /// not even for the folder of a file: when no run has it open, nothing is written next to it.
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`] when it is not a ledger, or damaged; [`Error::Unavailable`] when its server is unavailable;
    /// [`Error::Unusable`] when it cannot be read now.
    pub fn list(place: impl Into<LedgerPlace>) -> Result<Listing, Error> {
        let place = place.into();
        match &place.at {
            At::File(path) => Self::list_file(path),
            At::Server(url) => list_on_server(&place, url),
        }
    }

    fn list_file(path: &Path) -> Result<Listing, Error> {
        database_file::look(path).map_err(|reason| Error::damaged(path, reason))?;
        let place = database_file::absolute(path).map_err(|reason| Error::unusable(path, reason))?;
        let log = beside(&place, "-wal");
        if !log.exists()
            && let Some(quiet) = quiet(&place)
        {
            let listed = Self::list_from(path, quiet);
            // A run that has started in between may have changed the data.
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
        row_sums::check(&connection, schema::summed(version)).map_err(refused)?;
        read(&mut OnConnection(&connection)).map_err(|fault| match fault {
            Fault::Sqlite(error) => failed(error),
            fault => Error::damaged(path, fault),
        })
    }
}

fn list_on_server(place: &LedgerPlace, url: &str) -> Result<Listing, Error> {
    #[cfg(feature = "postgres")]
    {
        let database = crate::postgres::open_to_look(place, url)?;
        let mut database = database.ok_or_else(|| Error::unusable(place, crate::ledger::NO_LEDGER))?;
        crate::ledger::transaction(&mut *database, place, crate::statements::Purpose::Read, read)
    }
    #[cfg(not(feature = "postgres"))]
    return Err(crate::ledger::without_feature(place, url));
}

fn read(statements: &mut dyn Statements) -> Result<Listing, Fault> {
    let mut listed = Listing::default();
    let mut ids = Vec::new();
    let sql = "SELECT device.id, uuid, vendor_id, product_id, serial, discriminator, dac_serial, key_sha256,
               run.ident, run.folder, run.test, passcode_mac
               FROM device JOIN run ON run.id = device.run WHERE device.state = 'published' ORDER BY device.id";
    statements.each(sql, &[], &mut |row| {
        ids.push(row.get::<i64>(0)?);
        listed.devices.push(device(&row)?);
        Ok(())
    })?;
    // Images are sorted by device, so one query is enough for all.
    let sql =
        "SELECT device.id, image.name, image.size, image.sha256 FROM image JOIN device ON device.id = image.device
               WHERE device.state = 'published' ORDER BY device.id, image.name";
    let mut devices = ids.iter().zip(&mut listed.devices).peekable();
    statements.each(sql, &[], &mut |row| {
        let id = row.get::<i64>(0)?;
        while devices.next_if(|(other, _)| **other < id).is_some() {}
        if let Some((_, device)) = devices.peek_mut() {
            let (name, size, sha256) = (row.get(1)?, row.get::<i64>(2)?, row.get(3)?);
            let size = u64::try_from(size).unwrap_or_default();
            device.images.push(ListedImage { name, size, sha256 });
        }
        Ok(())
    })?;
    let sql = "SELECT uuid FROM device WHERE state <> 'published' ORDER BY id";
    statements.each(sql, &[], &mut |row| {
        listed.retired.push(row.get(0)?);
        Ok(())
    })?;
    Ok(listed)
}

fn device(row: &Row) -> Result<ListedDevice, Fault> {
    Ok(ListedDevice {
        uuid: row.get(1)?,
        vendor_id: row.get(2)?,
        product_id: row.get(3)?,
        serial: row.get(4)?,
        discriminator: row.get(5)?,
        dac_serial: row.get(6)?,
        key_sha256: row.get(7)?,
        run: row.get(8)?,
        folder: path_of(&row.get::<Vec<u8>>(9)?),
        test: row.get(10)?,
        passcode_mac: row.get(11)?,
        images: Vec::new(),
    })
}

/// Opens a ledger that no process writes to, which also works on read-only media.
fn quiet(place: &Path) -> Option<Result<Connection, rusqlite::Error>> {
    // SQLite accepts any bytes in a name, but gives these a special meaning.
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
