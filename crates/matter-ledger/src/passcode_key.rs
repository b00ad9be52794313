use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use factory_fs::{Dir, Output, Replace, publish};
use hmac::{Hmac, KeyInit, Mac};
use matter_types::{Discriminator, Passcode};
use sha2::Sha256;
use zeroize::Zeroizing;

use crate::ledger::{check_private, transaction};
use crate::statements::{Database, Fault, Purpose, Statements};
use crate::tables::META;
use crate::{Error, LedgerPlace};

/// Length of the key in bytes, equal to the output of SHA-256 (RFC 2104 section 3).
const LEN: usize = 32;

/// The HMAC key for passcodes, in a file that only its owner can read.
pub(crate) struct PasscodeKey(Zeroizing<[u8; LEN]>);

impl PasscodeKey {
    /// Reads the key of a ledger, or creates one for a new ledger.
    ///
    /// The ledger stores a check value made with the key, so that the key of another ledger is detected: with it, equal
    /// passcodes would look different.
    pub(crate) fn open(ledger: &LedgerPlace, database: &mut dyn Database) -> Result<Self, Error> {
        let file = key_file(ledger)?;
        // Two runs that create a ledger synchronize here.
        transaction(database, ledger, Purpose::Write, |statements| {
            let check = check_value(statements)?;
            let key = match read(ledger, &file)? {
                Some(key) => key,
                None if check.is_none() => make(&file)?,
                None => return Err(missing(ledger, &file).into()),
            };
            if check.is_none() {
                META.insert(statements, &[CHECK.into(), (&key.mac(CHECK, &[])).into()])?;
            }
            key.verify(ledger, &file, check.as_deref())?;
            Ok(key)
        })
    }

    /// Reads the key of a ledger without creating one. If no value has been made with a key yet, any key is accepted.
    pub(crate) fn open_existing(ledger: &LedgerPlace, database: &mut dyn Database) -> Result<Self, Error> {
        let file = key_file(ledger)?;
        let check = transaction(database, ledger, Purpose::Read, check_value)?;
        let key = match read(ledger, &file)? {
            Some(key) => key,
            None if check.is_none() => return Self::ephemeral(),
            None => return Err(missing(ledger, &file)),
        };
        key.verify(ledger, &file, check.as_deref())?;
        Ok(key)
    }

    fn verify(&self, ledger: &LedgerPlace, file: &Path, check: Option<&[u8]>) -> Result<(), Error> {
        if check.is_some_and(|check| check != self.mac(CHECK, &[])) {
            let reason = format_args!("{} is the key of another ledger", file.display());
            return Err(Error::unusable(ledger, reason));
        }
        Ok(())
    }

    /// Generates a temporary key.
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

    /// Returns the HMAC of a run's parameter, which may contain a secret.
    pub(crate) fn parameter(&self, name: &str, value: &[u8]) -> [u8; LEN] {
        self.mac(name, &[value])
    }

    /// The purpose comes first, terminated by a zero, so that values for different purposes are never equal.
    fn mac(&self, purpose: &str, parts: &[&[u8]]) -> [u8; LEN] {
        // HMAC accepts keys of any length.
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

/// The name of the check value in the ledger.
const CHECK: &str = "key check";

fn check_value(statements: &mut dyn Statements) -> Result<Option<Vec<u8>>, Fault> {
    let sql = "SELECT value FROM meta WHERE name = $1";
    let found = statements.query_one(sql, &[CHECK.into()])?;
    found.map(|row| row.get(0)).transpose()
}

fn key_file(ledger: &LedgerPlace) -> Result<PathBuf, Error> {
    let none = || Error::unusable(ledger, "no key file is given for its passcodes");
    ledger.key_file().ok_or_else(none)
}

fn missing(ledger: &LedgerPlace, file: &Path) -> Error {
    let belongs = match ledger.file() {
        Some(_) => "it belongs next to the ledger",
        None => "it must be the same on all machines that use the ledger",
    };
    let reason = format_args!("its key {} is missing; {belongs}", file.display());
    Error::unusable(ledger, reason)
}

fn read(ledger: &LedgerPlace, path: &Path) -> Result<Option<PasscodeKey>, Error> {
    let failed = |error: io::Error| Error::unusable(ledger, format_args!("its key {}: {error}", path.display()));
    let (dir, name) = Dir::of_file(path).map_err(failed)?;
    let mut file = match dir.open_file(&name) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(failed)?,
    };
    check_private(ledger, path)?;
    let mut key = Zeroizing::new([0; LEN]);
    let len = file.metadata().map_err(failed)?.len();
    if len != u64::try_from(LEN).unwrap_or_default() {
        return Err(Error::unusable(
            ledger,
            format_args!("{} must have exactly {LEN} bytes", path.display()),
        ));
    }
    file.read_exact(&mut *key).map_err(failed)?;
    Ok(Some(PasscodeKey(key)))
}

/// Writes a new key, so that it is on disk before values depend on it.
fn make(path: &Path) -> Result<PasscodeKey, Error> {
    let key = PasscodeKey::ephemeral()?;
    let bytes = &*key.0;
    publish(&[Output { path, bytes }], Replace::No).map_err(|error| Error::write(path)(error.into_source()))?;
    Ok(key)
}
