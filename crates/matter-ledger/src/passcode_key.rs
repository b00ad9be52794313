use std::io::{self, ErrorKind, Read};
use std::path::Path;

use factory_fs::{Dir, Output, Replace, publish};
use hmac::{Hmac, KeyInit, Mac};
use matter_types::{Discriminator, Passcode};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::Error;
use crate::database_file::beside;
use crate::ledger::check_private;
use crate::row_sums::META;

/// Bytes of the key, as many as SHA-256 returns (RFC 2104 section 3).
const LEN: usize = 32;

/// The key under which a ledger knows passcodes, in a file beside the ledger that only its owner can read.
pub(crate) struct PasscodeKey(Zeroizing<[u8; LEN]>);

impl PasscodeKey {
    /// Reads the key of a ledger, or makes one for a new ledger.
    ///
    /// The ledger holds a value made with the key, so that another one's key is noticed: with it, equal passcodes
    /// would look different.
    pub(crate) fn open(ledger: &Path, connection: &mut Connection) -> Result<Self, Error> {
        let failed = |error: rusqlite::Error| Error::unusable(ledger, error);
        // Two runs that start one ledger wait for each other here.
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(failed)?;
        let check = check_value(&transaction).map_err(failed)?;
        let key = match read(ledger)? {
            Some(key) => key,
            None if check.is_none() => make(ledger)?,
            None => return Err(missing(ledger)),
        };
        if check.is_none() {
            let mine = key.mac(CHECK, &[]);
            transaction
                .execute(&META.insert(), params![CHECK, &mine[..]])
                .map_err(failed)?;
            transaction.commit().map_err(failed)?;
        }
        key.verify(ledger, check.as_deref())?;
        Ok(key)
    }

    /// Reads the key of a ledger, and makes none: one in which nothing was written with a key yet gets any.
    pub(crate) fn open_existing(ledger: &Path, connection: &Connection) -> Result<Self, Error> {
        let check = check_value(connection).map_err(|error| Error::unusable(ledger, error))?;
        let key = match read(ledger)? {
            Some(key) => key,
            None if check.is_none() => return Self::ephemeral(),
            None => return Err(missing(ledger)),
        };
        key.verify(ledger, check.as_deref())?;
        Ok(key)
    }

    fn verify(&self, ledger: &Path, check: Option<&[u8]>) -> Result<(), Error> {
        if check.is_some_and(|check| check != self.mac(CHECK, &[])) {
            let path = beside(ledger, ENDING);
            let reason = format_args!("{} is the key of another ledger", path.display());
            return Err(Error::unusable(ledger, reason));
        }
        Ok(())
    }

    /// Draws a key that is kept nowhere.
    pub(crate) fn ephemeral() -> Result<Self, Error> {
        let mut key = Zeroizing::new([0; LEN]);
        getrandom::fill(&mut *key).map_err(|_| Error::Random)?;
        Ok(Self(key))
    }

    /// Returns the HMAC of a passcode.
    pub(crate) fn passcode(&self, passcode: &Passcode) -> [u8; LEN] {
        let number = Zeroizing::new(passcode.expose().to_le_bytes());
        self.mac("passcode", &[&*number])
    }

    /// Returns the HMAC of a discriminator and a passcode.
    pub(crate) fn pair(&self, discriminator: Discriminator, passcode: &Passcode) -> [u8; LEN] {
        let number = Zeroizing::new(passcode.expose().to_le_bytes());
        self.mac("pair", &[&discriminator.get().to_le_bytes(), &*number])
    }

    /// Returns the HMAC of a run's parameter, which may hold a secret.
    pub(crate) fn parameter(&self, name: &str, value: &[u8]) -> [u8; LEN] {
        self.mac(name, &[value])
    }

    /// The purpose comes first, ended by a zero: values for different purposes are never equal.
    fn mac(&self, purpose: &str, parts: &[&[u8]]) -> [u8; LEN] {
        // HMAC takes keys of any length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&*self.0) else {
            return [0; LEN];
        };
        mac.update(purpose.as_bytes());
        mac.update(&[0]);
        for part in parts {
            mac.update(part);
        }
        mac.finalize().into_bytes().into()
    }
}

/// What the key's file has behind the ledger's name.
const ENDING: &str = ".key";
/// What the value that knows the key is called in the ledger.
const CHECK: &str = "key check";

fn check_value(connection: &Connection) -> Result<Option<Vec<u8>>, rusqlite::Error> {
    let sql = "SELECT value FROM meta WHERE name = ?1";
    connection.query_row(sql, [CHECK], |row| row.get(0)).optional()
}

fn missing(ledger: &Path) -> Error {
    let path = beside(ledger, ENDING);
    Error::unusable(
        ledger,
        format_args!("its key {} is not there; it belongs beside the ledger", path.display()),
    )
}

fn read(ledger: &Path) -> Result<Option<PasscodeKey>, Error> {
    let path = beside(ledger, ENDING);
    let failed = |error: io::Error| Error::unusable(ledger, format_args!("its key {}: {error}", path.display()));
    let (dir, name) = Dir::of_file(&path).map_err(failed)?;
    let mut file = match dir.open_file(&name) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(failed)?,
    };
    check_private(ledger, &path)?;
    let mut key = Zeroizing::new([0; LEN]);
    let len = file.metadata().map_err(failed)?.len();
    if len != u64::try_from(LEN).unwrap_or_default() {
        return Err(Error::unusable(
            ledger,
            format_args!("{} is not {LEN} bytes of key", path.display()),
        ));
    }
    file.read_exact(&mut *key).map_err(failed)?;
    Ok(Some(PasscodeKey(key)))
}

/// Writes a new key so that it is on disk before anything is kept under it.
fn make(ledger: &Path) -> Result<PasscodeKey, Error> {
    let key = PasscodeKey::ephemeral()?;
    let path = beside(ledger, ENDING);
    let output = Output {
        path: &path,
        bytes: &*key.0,
    };
    publish(&[output], Replace::No).map_err(|error| Error::write(&path)(error.into_source()))?;
    Ok(key)
}
