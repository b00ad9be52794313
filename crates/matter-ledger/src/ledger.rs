use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use factory_fs::{Dir, Exposure};
use rusqlite::{Connection, OpenFlags};

use crate::clock::now;
use crate::database_file::{self, Found, MAGIC};
use crate::passcode_key::PasscodeKey;
use crate::place::At;
use crate::sqlite::Sqlite;
use crate::statements::{Database, Fault, Purpose, Statements};
use crate::tables::{CLAIM, DEVICE};
use crate::{Error, LedgerPlace, claim_steps, row_sums, schema};

/// The time to wait for another process to release the ledger: a commit takes milliseconds, longer on a full disk.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A database of runs and devices, shared by several runs: in a file, or on a server.
///
/// It stores no private keys, and passcodes only as HMAC-SHA256 under a key in a separate file: there are fewer than 2^27
/// passcodes, so a plain hash would hide nothing.
pub struct Ledger {
    pub(crate) place: LedgerPlace,
    database: Box<dyn Database>,
    pub(crate) key: PasscodeKey,
    /// HMACs of the passcodes of devices in progress, alone and with their discriminators.
    pub(crate) reserved: BTreeSet<[u8; 32]>,
}

impl Ledger {
    /// The default file name of a ledger in an output folder.
    pub const FILE_NAME: &str = "ledger.sqlite";
    /// The first bytes of a ledger, as of every SQLite database.
    pub const MAGIC: &[u8] = MAGIC;

    /// Opens a ledger, or creates one in place of a missing file, an empty file or an empty database. A ledger of an
    /// earlier version is migrated to the current tables.
    ///
    /// A path always refers to a file on disk. Anything else at that place is left unchanged.
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`] when it is not a ledger, is damaged or of a later version; [`Error::Unavailable`] when its
    /// server is unavailable; [`Error::Unusable`] when it cannot be opened, other users can access it, or its key
    /// is missing or belongs to another ledger; [`Error::Write`] when it cannot be created.
    pub fn open(place: impl Into<LedgerPlace>) -> Result<Self, Error> {
        let place = place.into();
        let database = match &place.at {
            At::File(path) => {
                if database_file::look(path).map_err(|reason| Error::damaged(&place, reason))? == Found::Nothing {
                    create(path)?;
                }
                Self::connect(path)?
            }
            At::Server(url) => on_server(&place, url)?,
        };
        Self::with_key(place, database)
    }

    /// Opens an existing ledger.
    ///
    /// # Errors
    ///
    /// The errors of [`Ledger::open`].
    pub fn open_existing(place: impl Into<LedgerPlace>) -> Result<Self, Error> {
        let place = place.into();
        let database = match &place.at {
            At::File(path) => match database_file::look(path).map_err(|reason| Error::damaged(&place, reason))? {
                Found::Ledger => Self::connect(path)?,
                Found::Nothing => return Err(Error::unusable(place, NO_LEDGER)),
            },
            At::Server(url) => existing_on_server(&place, url)?.ok_or_else(|| Error::unusable(&place, NO_LEDGER))?,
        };
        Self::with_key(place, database)
    }

    /// Opens a ledger for queries, without migrating it to the current version; `None` if there is none.
    ///
    /// # Errors
    ///
    /// The errors of [`Ledger::open`].
    pub fn open_to_look(place: impl Into<LedgerPlace>) -> Result<Option<Self>, Error> {
        let place = place.into();
        let database = match &place.at {
            At::File(path) => Self::connect_to_look(path)?,
            At::Server(url) => server_to_look(&place, url)?,
        };
        let Some(mut database) = database else { return Ok(None) };
        let key = PasscodeKey::open_existing(&place, &mut *database)?;
        Ok(Some(Self::new(place, database, key)))
    }

    /// Creates a temporary ledger, for runs that keep no records.
    ///
    /// # Errors
    ///
    /// [`Error::Random`], [`Error::Unusable`].
    pub fn in_memory() -> Result<Self, Error> {
        let path = Path::new("in memory");
        let failed = |error: rusqlite::Error| Error::unusable(path, error);
        let mut connection = Connection::open_in_memory().map_err(failed)?;
        schema::defend(&connection).map_err(failed)?;
        schema::prepare(&mut connection).map_err(|refusal| Error::refused(path, refusal))?;
        let database = Box::new(Sqlite::new(connection));
        Ok(Self::new(path.into(), database, PasscodeKey::ephemeral()?))
    }

    fn new(place: LedgerPlace, database: Box<dyn Database>, key: PasscodeKey) -> Self {
        Self {
            place,
            database,
            key,
            reserved: BTreeSet::new(),
        }
    }

    fn with_key(place: LedgerPlace, mut database: Box<dyn Database>) -> Result<Self, Error> {
        let key = PasscodeKey::open(&place, &mut *database)?;
        Ok(Self::new(place, database, key))
    }

    fn connect(path: &Path) -> Result<Box<dyn Database>, Error> {
        let refused = |refusal| Error::refused(path, row_sums::explain(refusal));
        check_private(path, path)?;
        let mut connection = Self::connection(path)?;
        schema::prepare(&mut connection).map_err(refused)?;
        row_sums::check(&connection, schema::summed(schema::VERSION)).map_err(refused)?;
        row_sums::unlimited(&mut connection).map_err(|error| Error::unusable(path, error))?;
        Ok(Box::new(Sqlite::new(connection)))
    }

    fn connect_to_look(path: &Path) -> Result<Option<Box<dyn Database>>, Error> {
        let refused = |refusal| Error::refused(path, row_sums::explain(refusal));
        if database_file::look(path).map_err(|reason| Error::damaged(path, reason))? == Found::Nothing {
            return Ok(None);
        }
        check_private(path, path)?;
        let mut connection = Self::connection(path)?;
        // A process killed while it created the tables has created none.
        if schema::is_empty(&connection).map_err(refused)? {
            return Ok(None);
        }
        let version = schema::recognize(&connection).map_err(refused)?;
        row_sums::check(&connection, schema::summed(version)).map_err(refused)?;
        row_sums::unlimited(&mut connection)
            .and_then(|()| schema::stand_in(&connection, version))
            .map_err(|error| Error::unusable(path, error))?;
        Ok(Some(Box::new(Sqlite::new(connection))))
    }

    /// Opens a database that may be damaged or malicious.
    fn connection(path: &Path) -> Result<Connection, Error> {
        let failed = |error: rusqlite::Error| Error::unusable(path, error);
        let place = database_file::absolute(path).map_err(|reason| Error::unusable(path, reason))?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(&place, flags).map_err(failed)?;
        connection.busy_timeout(PATIENCE).map_err(failed)?;
        let len = place.metadata().map_or(0, |found| found.len());
        row_sums::limit(&mut connection, len).map_err(failed)?;
        schema::defend(&connection).map_err(failed)?;
        Ok(connection)
    }

    /// Returns the place of the ledger.
    #[must_use]
    pub const fn place(&self) -> &LedgerPlace {
        &self.place
    }

    /// Returns the number of devices that are neither scrapped nor replaced.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] and [`Error::Unusable`] when it cannot be read.
    pub fn devices(&mut self) -> Result<u64, Error> {
        let sql = "SELECT count(*) FROM device WHERE state = 'published'";
        let count = self.read(|statements| statements.query_number(sql, &[]))?;
        Ok(u64::try_from(count).unwrap_or_default())
    }

    /// Scraps a device. Its passcode, serial number and key stay reserved: it may have left the factory.
    ///
    /// # Errors
    ///
    /// [`Error::DeviceUnknown`], [`Error::DeviceRetired`], [`Error::ReasonEmpty`]; [`Error::Unusable`] when the ledger
    /// cannot be written.
    pub fn scrap(&mut self, uuid: &str, reason: &str) -> Result<(), Error> {
        self.retire(uuid, reason, "scrapped")
    }

    /// Marks a device as replaced by another one. Otherwise as [`Ledger::scrap`].
    ///
    /// # Errors
    ///
    /// The errors of [`Ledger::scrap`].
    pub fn replace(&mut self, uuid: &str, reason: &str) -> Result<(), Error> {
        self.retire(uuid, reason, "replaced")
    }

    /// Runs queries on a consistent snapshot.
    pub(crate) fn read<T>(&mut self, work: impl FnMut(&mut dyn Statements) -> Result<T, Fault>) -> Result<T, Error> {
        self.transaction(Purpose::Read, work)
    }

    /// Runs `work` in an atomic writing transaction. No other process writes in between, so the results of queries stay
    /// valid; `work` may be repeated from its start.
    pub(crate) fn write<T>(&mut self, work: impl FnMut(&mut dyn Statements) -> Result<T, Fault>) -> Result<T, Error> {
        self.transaction(Purpose::Write, work)
    }

    /// Like `write`, concurrently with other writers: `work` locks the rows that must not change.
    pub(crate) fn write_rows<T>(
        &mut self,
        work: impl FnMut(&mut dyn Statements) -> Result<T, Fault>,
    ) -> Result<T, Error> {
        self.transaction(Purpose::Rows, work)
    }

    pub(crate) fn transaction<T>(
        &mut self,
        purpose: Purpose,
        work: impl FnMut(&mut dyn Statements) -> Result<T, Fault>,
    ) -> Result<T, Error> {
        transaction(&mut *self.database, &self.place, purpose, work)
    }

    fn retire(&mut self, uuid: &str, reason: &str, state: &str) -> Result<(), Error> {
        if reason.trim().is_empty() {
            return Err(Error::ReasonEmpty);
        }
        let (now, place) = (now()?, self.place.clone());
        self.write(|statements| {
            let lock = statements.for_update();
            let sql = format!("SELECT id, state FROM device WHERE uuid = $1{lock}");
            let Some(row) = statements.query_one(&sql, &[uuid.into()])? else {
                let (place, uuid) = (place.clone(), uuid.to_owned());
                return Err(Error::DeviceUnknown { place, uuid }.into());
            };
            let (id, former): (i64, String) = (row.get(0)?, row.get(1)?);
            if former != "published" {
                let (place, uuid, state) = (place.clone(), uuid.to_owned(), former);
                return Err(Error::DeviceRetired { place, uuid, state }.into());
            }
            let set = [
                ("state", state.into()),
                ("retired", (&now).into()),
                ("reason", reason.into()),
            ];
            DEVICE.update(statements, &set, &[("id", id.into())])?;
            // Its board may get another device.
            let set = [
                ("state", "quarantined".into()),
                ("changed", (&now).into()),
                ("reason", reason.into()),
            ];
            CLAIM.update(statements, &set, &[("device", id.into())])?;
            claim_steps::retired(statements, id, &now, reason)
        })
    }
}

/// Runs `work` in a transaction, and returns its result.
pub(crate) fn transaction<T>(
    database: &mut dyn Database,
    place: &LedgerPlace,
    purpose: Purpose,
    mut work: impl FnMut(&mut dyn Statements) -> Result<T, Fault>,
) -> Result<T, Error> {
    let mut done = None;
    let result = database.transaction(purpose, &mut |statements| {
        done = Some(work(statements)?);
        Ok(())
    });
    result.map_err(|fault| fault.at(place))?;
    // A committed transaction has run its work.
    done.ok_or_else(|| Error::unusable(place, "the database has not run the transaction"))
}

pub(crate) const NO_LEDGER: &str = "there is no such ledger";

/// Connects to a server, and creates the tables if there are none.
fn on_server(place: &LedgerPlace, url: &str) -> Result<Box<dyn Database>, Error> {
    #[cfg(feature = "postgres")]
    return crate::postgres::open(place, url);
    #[cfg(not(feature = "postgres"))]
    return Err(without_feature(place, url));
}

/// Connects to a server; `None` if there are no tables.
fn existing_on_server(place: &LedgerPlace, url: &str) -> Result<Option<Box<dyn Database>>, Error> {
    #[cfg(feature = "postgres")]
    return crate::postgres::open_existing(place, url);
    #[cfg(not(feature = "postgres"))]
    return Err(without_feature(place, url));
}

/// Like `existing_on_server`, without migrating the tables.
fn server_to_look(place: &LedgerPlace, url: &str) -> Result<Option<Box<dyn Database>>, Error> {
    #[cfg(feature = "postgres")]
    return crate::postgres::open_to_look(place, url);
    #[cfg(not(feature = "postgres"))]
    return Err(without_feature(place, url));
}

/// The error of a build without the feature.
#[cfg(not(feature = "postgres"))]
pub(crate) fn without_feature(place: &LedgerPlace, _url: &str) -> Error {
    Error::unusable(
        place,
        "this program was built without the feature 'postgres' and supports files only",
    )
}

impl std::fmt::Debug for Ledger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ledger")
            .field("place", &self.place)
            .finish_non_exhaustive()
    }
}

/// Creates the empty file of a new ledger, and its folder.
fn create(path: &Path) -> Result<(), Error> {
    let make = || {
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        Dir::create(parent.unwrap_or_else(|| Path::new(".")))?;
        let (dir, name) = Dir::of_file(path)?;
        match dir.create_file(name) {
            // An empty file is acceptable, also one of another run that starts at this moment.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
            created => created.and_then(|_| dir.sync()),
        }
    };
    make().map_err(Error::write(path))
}

/// Refuses a file that other users can access.
pub(crate) fn check_private(ledger: impl Into<LedgerPlace>, file: &Path) -> Result<(), Error> {
    match Exposure::of(file) {
        Ok(exposure) if !exposure.is_open() => Ok(()),
        Ok(_) => Err(Error::unusable(
            ledger,
            format_args!("{} is open to other users; set its mode to 0600", file.display()),
        )),
        Err(error) => Err(Error::unusable(ledger, format_args!("{}: {error}", file.display()))),
    }
}
