//! The record of all runs: which devices exist, and what must not exist twice.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension, TransactionBehavior, params};

use crate::folder::{create_file, create_private};
use crate::{Error, clock};

mod list;
mod order;
mod passcode_key;
mod run;
mod schema;
mod unique;

pub(crate) use self::list::{ListError, ListedDevice, MAGIC};
pub(crate) use self::order::check_room;
use self::passcode_key::PasscodeKey;
pub(crate) use self::run::{DeviceRow, ImageRow, Progress, RunRow, RunState};
pub use self::unique::Unique;

/// How long another run may hold the ledger: a commit takes milliseconds, a full disk's a little longer.
const PATIENCE: Duration = Duration::from_secs(60);

/// An embedded database of runs and devices, which several runs may share.
///
/// It holds no private key, and passcodes only as HMAC-SHA256 under a key in a file of its own: there are less than
/// 2^27 of them, so that a plain hash would hide nothing.
pub struct Ledger {
    path: PathBuf,
    connection: Connection,
    key: PasscodeKey,
    /// HMACs of passcodes, alone and with their discriminators, of devices that are being made.
    reserved: HashSet<[u8; 32]>,
}

impl Ledger {
    /// Opens a ledger, or starts one where there is none.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`] when it is no ledger, is of another version, or its key is missing or another one's;
    /// [`Error::Write`] when it cannot be made.
    pub fn open(path: &Path) -> Result<Self, Error> {
        if let Some(parent) = path.parent().filter(|parent| !parent.as_os_str().is_empty()) {
            create_private(parent)?;
        }
        match create_file(path) {
            Ok(_) => {}
            Err(Error::Write { source, .. }) if source.kind() == std::io::ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
        Self::connect(path)
    }

    /// Opens a ledger that must be there.
    ///
    /// # Errors
    ///
    /// Those of [`Ledger::open`].
    pub fn open_existing(path: &Path) -> Result<Self, Error> {
        if !path.is_file() {
            let reason = if path.exists() {
                "is no file"
            } else {
                "there is no such file"
            };
            return Err(wrong(path, reason));
        }
        Self::connect(path)
    }

    /// Starts a ledger that is gone when it is dropped, for runs of which nothing shall be kept.
    pub(crate) fn in_memory() -> Result<Self, Error> {
        let path = Path::new(":memory:");
        let failed = |error: rusqlite::Error| wrong(path, error);
        let mut connection = Connection::open_in_memory().map_err(failed)?;
        schema::prepare(&mut connection).map_err(|reason| wrong(path, reason))?;
        Ok(Self {
            path: path.into(),
            connection,
            key: PasscodeKey::ephemeral()?,
            reserved: HashSet::new(),
        })
    }

    fn connect(path: &Path) -> Result<Self, Error> {
        let failed = |error: rusqlite::Error| wrong(path, error);
        check_private(path, path)?;
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let mut connection = Connection::open_with_flags(path, flags).map_err(failed)?;
        connection.busy_timeout(PATIENCE).map_err(failed)?;
        schema::prepare(&mut connection).map_err(|reason| wrong(path, reason))?;
        let key = PasscodeKey::open(path, &mut connection)?;
        Ok(Self {
            path: path.into(),
            connection,
            key,
            reserved: HashSet::new(),
        })
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
    /// [`Error::Ledger`] when it cannot be read.
    pub fn devices(&self) -> Result<u64, Error> {
        let sql = "SELECT count(*) FROM device WHERE state = 'published'";
        let count = self.connection.query_row(sql, [], |row| row.get::<_, i64>(0));
        let count = count.map_err(|error| wrong(&self.path, error))?;
        Ok(u64::try_from(count).unwrap_or_default())
    }

    /// Takes a device out of use. Its passcode, serial number and key stay taken: it may have left the factory.
    ///
    /// # Errors
    ///
    /// [`Error::Ledger`] when there is no such device, or it is out of use already.
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

    fn retire(&mut self, uuid: &str, reason: &str, state: &str) -> Result<(), Error> {
        let path = self.path.clone();
        let failed = |error: rusqlite::Error| wrong(&path, error);
        if reason.trim().is_empty() {
            return Err(Error::option(
                "--reason",
                "is empty; say why the device is taken out of use",
            ));
        }
        let now = clock::now()?.to_string();
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
            Some(other) => return Err(wrong(&path, format_args!("device {uuid} is {other} already"))),
            None => return Err(wrong(&path, format_args!("there is no device {uuid}"))),
        }
        transaction
            .execute(
                "UPDATE device SET state = ?2, retired = ?3, reason = ?4 WHERE uuid = ?1",
                params![uuid, state, now, reason],
            )
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

/// Refuses a file that others than its owner can read or change.
#[cfg_attr(not(unix), allow(clippy::unnecessary_wraps, reason = "there are modes on Unix only"))]
fn check_private(ledger: &Path, file: &Path) -> Result<(), Error> {
    #[cfg(unix)]
    if let Ok(found) = std::fs::metadata(file)
        && std::os::unix::fs::PermissionsExt::mode(&found.permissions()) & 0o077 != 0
    {
        let reason = format!(
            "{} is open to others than its owner; give it the mode 0600",
            file.display()
        );
        return Err(wrong(ledger, reason));
    }
    #[cfg(not(unix))]
    let _ = (ledger, file);
    Ok(())
}

fn wrong(path: &Path, reason: impl std::fmt::Display) -> Error {
    Error::Ledger {
        path: path.into(),
        reason: reason.to_string(),
    }
}
