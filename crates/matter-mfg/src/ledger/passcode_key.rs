use std::ffi::OsString;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

use hmac::{Hmac, KeyInit, Mac};
use matter_types::{Discriminator, Passcode};
use rusqlite::{Connection, OptionalExtension, TransactionBehavior};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::{check_private, wrong};
use crate::Error;
use crate::folder::create_file;

/// Bytes of the key, as many as SHA-256 returns (RFC 2104 section 3).
const LEN: usize = 32;

/// The key under which a ledger knows passcodes, in a file beside the ledger that only its owner can read.
pub(super) struct PasscodeKey(Zeroizing<[u8; LEN]>);

impl PasscodeKey {
    /// Reads the key of a ledger, or makes one for a new ledger.
    ///
    /// The ledger holds a value made with the key, so that another one's key is noticed: with it, equal passcodes
    /// would look different.
    pub(super) fn open(ledger: &Path, connection: &mut Connection) -> Result<Self, Error> {
        let path = beside(ledger);
        check_private(ledger, &path)?;
        let failed = |error: rusqlite::Error| wrong(ledger, error);
        // Two runs that start one ledger wait for each other here.
        let transaction = connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(failed)?;
        let check = transaction
            .query_row("SELECT value FROM meta WHERE name = 'key check'", [], |row| {
                row.get::<_, Vec<u8>>(0)
            })
            .optional()
            .map_err(failed)?;
        let key = match fs::read(&path).map(Zeroizing::new) {
            Ok(bytes) => {
                let key = <[u8; LEN]>::try_from(bytes.as_slice());
                key.map_err(|_| wrong(ledger, format_args!("{} is not {LEN} bytes of key", path.display())))?
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound && check.is_none() => make(&path)?,
            Err(error) => return Err(wrong(ledger, format_args!("its key {}: {error}", path.display()))),
        };
        let key = Self(Zeroizing::new(key));
        let mine = key.mac("key check", &[]);
        match check {
            Some(check) if check == mine => {}
            Some(_) => {
                return Err(wrong(
                    ledger,
                    format_args!("{} is the key of another ledger", path.display()),
                ));
            }
            None => {
                let sql = "INSERT INTO meta (name, value) VALUES ('key check', ?1)";
                transaction.execute(sql, [&mine[..]]).map_err(failed)?;
                transaction.commit().map_err(failed)?;
            }
        }
        Ok(key)
    }

    /// Draws a key that is kept nowhere.
    pub(super) fn ephemeral() -> Result<Self, Error> {
        let mut key = Zeroizing::new([0; LEN]);
        getrandom::fill(&mut *key).map_err(|_| Error::Random)?;
        Ok(Self(key))
    }

    /// Returns the HMAC of a passcode.
    pub(super) fn passcode(&self, passcode: &Passcode) -> [u8; LEN] {
        let number = Zeroizing::new(passcode.expose().to_le_bytes());
        self.mac("passcode", &[&*number])
    }

    /// Returns the HMAC of a discriminator and a passcode.
    pub(super) fn pair(&self, discriminator: Discriminator, passcode: &Passcode) -> [u8; LEN] {
        let number = Zeroizing::new(passcode.expose().to_le_bytes());
        self.mac("pair", &[&discriminator.get().to_le_bytes(), &*number])
    }

    /// Returns the HMAC of a run's parameter, which may hold a secret.
    pub(super) fn parameter(&self, name: &str, value: &[u8]) -> [u8; LEN] {
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

/// The ledger's name with `.key` behind it.
fn beside(ledger: &Path) -> PathBuf {
    let mut name = OsString::from(ledger);
    name.push(".key");
    name.into()
}

/// Writes a new key so that it is on disk before anything is kept under it.
fn make(path: &Path) -> Result<[u8; LEN], Error> {
    let mut key = [0; LEN];
    getrandom::fill(&mut key).map_err(|_| Error::Random)?;
    let hidden = path.with_extension("key.tmp");
    // Of a run that was killed while it held the ledger.
    let _ = fs::remove_file(&hidden);
    let mut file = create_file(&hidden)?;
    let written = file.write_all(&key).and_then(|()| file.sync_all());
    written
        .and_then(|()| fs::rename(&hidden, path))
        .map_err(Error::write(path))?;
    crate::folder::sync_folder(path.parent().unwrap_or(Path::new(".")))?;
    Ok(key)
}
