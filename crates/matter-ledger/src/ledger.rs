use std::collections::BTreeSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use factory_fs::{Dir, Exposure};
use rusqlite::{Connection, OpenFlags, OptionalExtension, TransactionBehavior, params};

use crate::database_file::{self, Found, MAGIC};
use crate::passcode_key::PasscodeKey;
use crate::{Error, row_sums, schema};

/// How long another process may hold the ledger: a commit takes milliseconds, a full disk's a little longer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// An embedded database of runs and devices, which several runs may share.
///
/// It holds no private key, and passcodes only as HMAC-SHA256 under a key in a file of its own: there are less than
/// 2^27 of them, so that a plain hash would hide nothing.
pub struct Ledger {
    pub(crate) path: PathBuf,
    pub(crate) connection: Connection,
    pub(crate) key: PasscodeKey,
    /// HMACs of passcodes, alone and with their discriminators, of devices that are being made.
    pub(crate) reserved: BTreeSet<[u8; 32]>,
}

impl Ledger {
    /// The name of a ledger in an output folder, unless its user names another file.
    pub const FILE_NAME: &str = "ledger.sqlite";
    /// The first bytes of a ledger, and of every other SQLite database.
    pub const MAGIC: &[u8] = MAGIC;

    /// Opens a ledger, or starts one where there is none or an empty file. One of an earlier version gets the present tables.
    ///
    /// The path is that of a file on disk and nothing else. Whatever else is there is left as it was, byte for byte.
    ///
    /// # Errors
    ///
    /// [`Error::Damaged`] when it is no ledger, is damaged or of a later version; [`Error::Unusable`] when it cannot be opened,
    /// others than its owner can read it, or its key is missing or another one's; [`Error::Write`] when it cannot be made.
    pub fn open(path: &Path) -> Result<Self, Error> {
        if database_file::look(path).map_err(|reason| Error::damaged(path, reason))? == Found::Nothing {
            create(path)?;
        }
        Self::connect(path)
    }

    /// Opens a ledger that must be there.
    ///
    /// # Errors
    ///
    /// Those of [`Ledger::open`].
    pub fn open_existing(path: &Path) -> Result<Self, Error> {
        match database_file::look(path).map_err(|reason| Error::damaged(path, reason))? {
            Found::Ledger => Self::connect(path),
            Found::Nothing => Err(Error::unusable(path, "there is no such ledger")),
        }
    }

    /// Opens a ledger to look something up, without bringing it to the present version; `None` where there is none.
    ///
    /// # Errors
    ///
    /// Those of [`Ledger::open`].
    pub fn open_to_look(path: &Path) -> Result<Option<Self>, Error> {
        let refused = |refusal| Error::refused(path, row_sums::explain(refusal));
        if database_file::look(path).map_err(|reason| Error::damaged(path, reason))? == Found::Nothing {
            return Ok(None);
        }
        check_private(path, path)?;
        let mut connection = Self::connection(path)?;
        // A process that was killed while it made the tables has made none.
        if schema::is_empty(&connection).map_err(refused)? {
            return Ok(None);
        }
        let version = schema::recognize(&connection).map_err(refused)?;
        row_sums::check(&connection, version == schema::VERSION).map_err(refused)?;
        row_sums::unlimited(&mut connection).map_err(|error| Error::unusable(path, error))?;
        let key = PasscodeKey::open_existing(path, &connection)?;
        Ok(Some(Self::new(path, connection, key)))
    }

    /// Starts a ledger that is gone when it is dropped, for runs of which nothing shall be kept.
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
        Ok(Self::new(path, connection, PasscodeKey::ephemeral()?))
    }

    fn new(path: &Path, connection: Connection, key: PasscodeKey) -> Self {
        Self {
            path: path.into(),
            connection,
            key,
            reserved: BTreeSet::new(),
        }
    }

    fn connect(path: &Path) -> Result<Self, Error> {
        let refused = |refusal| Error::refused(path, row_sums::explain(refusal));
        check_private(path, path)?;
        let mut connection = Self::connection(path)?;
        schema::prepare(&mut connection).map_err(refused)?;
        row_sums::check(&connection, true).map_err(refused)?;
        row_sums::unlimited(&mut connection).map_err(|error| Error::unusable(path, error))?;
        let key = PasscodeKey::open(path, &mut connection)?;
        Ok(Self::new(path, connection, key))
    }

    /// Opens the database as it may be damaged or made to do harm.
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

    /// Returns the ledger's file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns how many devices there are that are neither scrapped nor replaced.
    ///
    /// # Errors
    ///
    /// [`Error::Unusable`] when it cannot be read.
    pub fn devices(&self) -> Result<u64, Error> {
        let sql = "SELECT count(*) FROM device WHERE state = 'published'";
        let count = self.connection.query_row(sql, [], |row| row.get::<_, i64>(0));
        let count = count.map_err(|error| Error::unusable(&self.path, error))?;
        Ok(u64::try_from(count).unwrap_or_default())
    }

    /// Takes a device out of use. Its passcode, serial number and key stay taken: it may have left the factory.
    ///
    /// # Errors
    ///
    /// [`Error::DeviceUnknown`], [`Error::DeviceRetired`], [`Error::ReasonEmpty`]; [`Error::Unusable`] when the ledger cannot be
    /// written.
    pub fn scrap(&mut self, uuid: &str, reason: &str) -> Result<(), Error> {
        self.retire(uuid, reason, "scrapped")
    }

    /// Takes a device out of use for which another one is made. As [`Ledger::scrap`] otherwise.
    ///
    /// # Errors
    ///
    /// Those of [`Ledger::scrap`].
    pub fn replace(&mut self, uuid: &str, reason: &str) -> Result<(), Error> {
        self.retire(uuid, reason, "replaced")
    }

    /// The time in UTC, as RFC 3339 writes it.
    pub(crate) fn now(&self) -> Result<String, Error> {
        /// The last second of the year 9999.
        const LAST: i64 = 253_402_300_799;
        let since = SystemTime::now().duration_since(UNIX_EPOCH).map_err(|_| Error::Clock)?;
        let seconds = i64::try_from(since.as_secs()).ok().filter(|seconds| *seconds <= LAST);
        let sql = "SELECT strftime('%Y-%m-%dT%H:%M:%SZ', ?1, 'unixepoch')";
        let text = self
            .connection
            .query_row(sql, [seconds.ok_or(Error::Clock)?], |row| row.get(0));
        text.map_err(|error| Error::unusable(&self.path, error))
    }

    fn retire(&mut self, uuid: &str, reason: &str, state: &str) -> Result<(), Error> {
        let path = self.path.clone();
        let failed = |error: rusqlite::Error| Error::unusable(&path, error);
        if reason.trim().is_empty() {
            return Err(Error::ReasonEmpty);
        }
        let now = self.now()?;
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(failed)?;
        let found = transaction
            .query_row("SELECT state FROM device WHERE uuid = ?1", [uuid], |row| {
                row.get::<_, String>(0)
            })
            .optional()
            .map_err(failed)?;
        match found.as_deref() {
            Some("published") => {}
            Some(state) => {
                let (uuid, state) = (uuid.to_owned(), state.to_owned());
                return Err(Error::DeviceRetired { path, uuid, state });
            }
            None => {
                let uuid = uuid.to_owned();
                return Err(Error::DeviceUnknown { path, uuid });
            }
        }
        transaction
            .execute(
                "UPDATE device SET state = ?2, retired = ?3, reason = ?4 WHERE uuid = ?1",
                params![uuid, state, now, reason],
            )
            .and_then(|_| transaction.execute(&row_sums::DEVICE.sum_again("uuid = ?1"), [uuid]))
            .map_err(failed)?;
        transaction.commit().map_err(failed)
    }
}

impl std::fmt::Debug for Ledger {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Ledger")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

/// Makes the empty file of a new ledger, and its folder.
fn create(path: &Path) -> Result<(), Error> {
    let make = || {
        let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
        Dir::create(parent.unwrap_or_else(|| Path::new(".")))?;
        let (dir, name) = Dir::of_file(path)?;
        match dir.create_file(name) {
            // An empty one is as good, and so is that of another run that starts at this moment.
            Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
            created => created.and_then(|_| dir.sync()),
        }
    };
    make().map_err(Error::write(path))
}

/// Refuses a file that others than its owner can read or change.
pub(crate) fn check_private(ledger: &Path, file: &Path) -> Result<(), Error> {
    let exposure =
        Exposure::of(file).map_err(|error| Error::unusable(ledger, format_args!("{}: {error}", file.display())))?;
    if exposure.is_open() {
        let reason = format!(
            "{} is open to others than its owner; give it the mode 0600",
            file.display()
        );
        return Err(Error::unusable(ledger, reason));
    }
    Ok(())
}
