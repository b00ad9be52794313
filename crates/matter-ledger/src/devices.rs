use std::fmt;
use std::str::FromStr;

use matter_types::{Discriminator, Passcode};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior, params};

use crate::row_sums::{DEVICE, IMAGE, RUN};
use crate::runs::RunId;
use crate::{Error, Ledger, order};

/// A device that is on disk, before the ledger has it.
#[derive(Clone, Debug)]
pub struct NewDevice {
    /// Its place in the run, from 0.
    pub row: u32,
    /// Its name.
    pub uuid: String,
    /// Its serial number.
    pub serial: Option<String>,
    /// Its discriminator.
    pub discriminator: Discriminator,
    /// Its passcode, of which the ledger keeps HMACs; `None` for a device that draws it itself.
    pub passcode: Option<Passcode>,
    /// The serial number of its DAC.
    pub dac_serial: Option<Vec<u8>>,
    /// SHA-256 of its DAC's public key.
    pub key_sha256: Option<[u8; 32]>,
    /// Whether the key came from elsewhere: it belongs to no other device then.
    pub is_key_given: bool,
    /// Its images, as far as nobody can guess the passcode from a hash.
    pub images: Vec<NewImage>,
}

/// An image of a device.
#[derive(Clone, Debug)]
pub struct NewImage {
    /// The name of its file in the device's folder.
    pub name: String,
    /// Its length in bytes.
    pub size: u64,
    /// Its SHA-256.
    pub sha256: [u8; 32],
}

/// What is given for a device before it is made.
#[derive(Debug, Default)]
pub struct GivenTraits<'g> {
    /// Its passcode.
    pub passcode: Option<&'g Passcode>,
    /// Its discriminator.
    pub discriminator: Option<Discriminator>,
    /// Its serial number.
    pub serial: Option<&'g str>,
    /// SHA-256 of its DAC's public key.
    pub key_sha256: Option<[u8; 32]>,
}

/// What no two devices of a ledger may have in common.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Unique {
    /// The passcode.
    pub passcode: bool,
    /// The serial number.
    pub serial: bool,
    /// Discriminator and passcode together.
    pub pair: bool,
    /// The DAC's public key.
    pub key: bool,
}

impl FromStr for Unique {
    type Err = &'static str;

    /// Reads names separated by commas: `passcode,serial,pair,key`.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut unique = Self::default();
        for name in text.split(',') {
            let slot = match name.trim() {
                "passcode" => &mut unique.passcode,
                "serial" => &mut unique.serial,
                "pair" => &mut unique.pair,
                "key" => &mut unique.key,
                _ => return Err("is not a list of passcode, serial, pair and key, separated by commas"),
            };
            *slot = true;
        }
        Ok(unique)
    }
}

/// What two devices may have in common although they must not.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum DeviceTrait {
    /// The DAC's public key.
    Key,
    /// The name.
    Name,
    /// Discriminator and passcode together.
    Pair,
    /// The passcode.
    Passcode,
    /// The serial number.
    Serial,
}

impl DeviceTrait {
    /// Returns what people call it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Key => "public key",
            Self::Name => "name",
            Self::Pair => "pair of discriminator and passcode",
            Self::Passcode => "passcode",
            Self::Serial => "serial number",
        }
    }

    const fn column(self) -> &'static str {
        match self {
            Self::Key => "key_sha256",
            Self::Name => "uuid",
            Self::Pair => "pair_mac",
            Self::Passcode => "passcode_mac",
            Self::Serial => "serial",
        }
    }
}

impl fmt::Display for DeviceTrait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// HMACs of a device's passcode, alone and with its discriminator.
type PasscodeMacs = (Option<[u8; 32]>, Option<[u8; 32]>);

impl Ledger {
    /// Finds a device that has something in common with one that is to be made: what, and its name. Devices of the run
    /// `own` are not looked at. A key that is given belongs to one device, whatever `unique` asks for.
    ///
    /// # Errors
    ///
    /// [`Error::Unusable`] when the ledger cannot be read.
    pub fn holder(
        &self,
        unique: Unique,
        given: &GivenTraits<'_>,
        own: Option<RunId>,
    ) -> Result<Option<(DeviceTrait, String)>, Error> {
        let blob = |mac: [u8; 32]| Value::Blob(mac.into());
        let passcode = given.passcode.map(|passcode| blob(self.key.passcode(passcode)));
        let pair = given.passcode.zip(given.discriminator);
        let pair = pair.map(|(passcode, discriminator)| blob(self.key.pair(discriminator, passcode)));
        let traits = [
            (unique.passcode, DeviceTrait::Passcode, passcode),
            (unique.pair, DeviceTrait::Pair, pair),
            (
                unique.serial,
                DeviceTrait::Serial,
                given.serial.map(|text| Value::Text(text.into())),
            ),
            (true, DeviceTrait::Key, given.key_sha256.map(blob)),
        ];
        for (_, what, value) in traits.into_iter().filter(|(wanted, ..)| *wanted) {
            let Some(value) = value else { continue };
            let column = what.column();
            let sql = format!("SELECT uuid FROM device WHERE {column} = ?1 AND run IS NOT ?2 LIMIT 1");
            let own = own.map(|run| run.0);
            let found = self
                .connection
                .prepare_cached(&sql)
                .and_then(|mut statement| statement.query_row(params![value, own], |row| row.get(0)).optional());
            if let Some(uuid) = found.map_err(|error| Error::unusable(&self.path, error))? {
                return Ok(Some((what, uuid)));
            }
        }
        Ok(None)
    }

    /// Takes a passcode for a device that is being made, unless another one has it, alone or with the discriminator, as
    /// far as `unique` asks for it. Returns what another one has.
    ///
    /// # Errors
    ///
    /// [`Error::Unusable`] when the ledger cannot be read.
    pub fn reserve(
        &mut self,
        unique: Unique,
        passcode: &Passcode,
        discriminator: Discriminator,
    ) -> Result<Option<DeviceTrait>, Error> {
        let mut taken = Vec::new();
        if unique.passcode {
            taken.push((DeviceTrait::Passcode, self.key.passcode(passcode)));
        }
        if unique.pair {
            taken.push((DeviceTrait::Pair, self.key.pair(discriminator, passcode)));
        }
        for (what, mac) in &taken {
            let is_new = is_new(&self.connection, *what, &mac[..]);
            if !is_new.map_err(|error| Error::unusable(&self.path, error))? || self.reserved.contains(mac) {
                return Ok(Some(*what));
            }
        }
        self.reserved.extend(taken.into_iter().map(|(_, mac)| mac));
        Ok(None)
    }

    /// Adds devices whose files are on disk, all or none: the next rows of a run. `tables` is what [`Progress::tables`] of the
    /// run shall be with them.
    ///
    /// [`Progress::tables`]: crate::Progress::tables
    ///
    /// # Errors
    ///
    /// [`Error::Taken`] when a device has what another one has, as far as `unique` forbids it; [`Error::OrderFull`] when
    /// another run has taken the order's room; [`Error::Clock`]; [`Error::Unusable`] when the ledger cannot be written.
    pub fn commit(&mut self, run: RunId, unique: Unique, devices: &[NewDevice], tables: &[u64]) -> Result<(), Error> {
        let path = self.path.clone();
        let failed = |error: rusqlite::Error| Error::unusable(&path, error);
        let Some(last) = devices.last() else { return Ok(()) };
        let now = self.now()?;
        let macs = devices.iter().map(|device| self.macs(device)).collect::<Vec<_>>();
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(failed)?;
        for (device, macs) in devices.iter().zip(&macs) {
            check_new(&transaction, unique, device, macs).map_err(failed)??;
            insert(&transaction, run, device, macs, &now).map_err(failed)?;
        }
        order::check(&transaction, run, devices.len()).map_err(failed)??;
        let lens = tables.iter().map(u64::to_string).collect::<Vec<_>>().join(",");
        let sql = "UPDATE run SET done = ?2, tables = ?3 WHERE id = ?1";
        transaction
            .execute(sql, params![run.0, last.row + 1, lens])
            .and_then(|_| transaction.execute(&RUN.sum_again("id = ?1"), [run.0]))
            .map_err(failed)?;
        transaction.commit().map_err(failed)?;
        for (passcode, pair) in &macs {
            for mac in [passcode, pair].into_iter().flatten() {
                self.reserved.remove(mac);
            }
        }
        Ok(())
    }

    fn macs(&self, device: &NewDevice) -> PasscodeMacs {
        let passcode = device.passcode.as_ref();
        (
            passcode.map(|passcode| self.key.passcode(passcode)),
            passcode.map(|passcode| self.key.pair(device.discriminator, passcode)),
        )
    }
}

/// Adds a device and its images.
fn insert(
    transaction: &Transaction<'_>,
    run: RunId,
    device: &NewDevice,
    (passcode, pair): &PasscodeMacs,
    now: &str,
) -> Result<(), rusqlite::Error> {
    let (passcode, pair) = (passcode.as_ref().map(|mac| &mac[..]), pair.as_ref().map(|mac| &mac[..]));
    let key = device.key_sha256.as_ref().map(|hash| &hash[..]);
    let (retired, reason) = (None::<&str>, None::<&str>);
    transaction.prepare_cached(&DEVICE.insert())?.execute(params![
        run.0,
        device.row,
        device.uuid,
        "published",
        device.serial.as_deref(),
        device.discriminator.get(),
        passcode,
        pair,
        device.dac_serial,
        key,
        now,
        retired,
        reason
    ])?;
    let id = transaction.last_insert_rowid();
    let mut insert = transaction.prepare_cached(&IMAGE.insert())?;
    for image in &device.images {
        let size = i64::try_from(image.size).unwrap_or(i64::MAX);
        insert.execute(params![id, image.name, size, &image.sha256[..]])?;
    }
    Ok(())
}

/// Another run with the same ledger may have taken a value since it was drawn or looked up.
fn check_new(
    connection: &Connection,
    unique: Unique,
    device: &NewDevice,
    (passcode, pair): &PasscodeMacs,
) -> Result<Result<(), Error>, rusqlite::Error> {
    let blob = |bytes: &[u8; 32]| Value::Blob(bytes.to_vec());
    let serial = device.serial.as_ref().map(|text| Value::Text(text.clone()));
    let traits = [
        (true, DeviceTrait::Name, Some(Value::Text(device.uuid.clone()))),
        (unique.passcode, DeviceTrait::Passcode, passcode.as_ref().map(blob)),
        (unique.pair, DeviceTrait::Pair, pair.as_ref().map(blob)),
        (unique.serial, DeviceTrait::Serial, serial),
        (
            unique.key || device.is_key_given,
            DeviceTrait::Key,
            device.key_sha256.as_ref().map(blob),
        ),
    ];
    for (_, what, value) in traits.into_iter().filter(|(wanted, ..)| *wanted) {
        let Some(value) = value else { continue };
        if !is_new(connection, what, value)? {
            return Ok(Err(Error::Taken { what, row: device.row }));
        }
    }
    Ok(Ok(()))
}

fn is_new(connection: &Connection, what: DeviceTrait, value: impl rusqlite::ToSql) -> Result<bool, rusqlite::Error> {
    let sql = format!("SELECT 1 FROM device WHERE {} = ?1 LIMIT 1", what.column());
    let mut statement = connection.prepare_cached(&sql)?;
    statement.exists([value]).map(|found| !found)
}
