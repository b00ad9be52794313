//! Devices in a ledger: adding them, and what two of them must not have in common.

use matter_types::{Discriminator, Passcode};
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};

use super::run::DeviceRow;
use super::sums::{DEVICE, IMAGE, RUN};
use super::{Ledger, Unique, order, wrong};
use crate::{Error, clock};

/// What devices may have in common: its column, its name, and its value of one device.
type Trait = (&'static str, &'static str, Option<Value>);

const PASSCODE: &str = "passcode";
const PAIR: &str = "pair of discriminator and passcode";
const SERIAL: &str = "serial number";
const KEY: &str = "public key";

/// What is given for a device before it is made.
#[derive(Debug, Default)]
pub(crate) struct GivenTraits<'g> {
    pub(crate) passcode: Option<&'g Passcode>,
    pub(crate) discriminator: Option<Discriminator>,
    pub(crate) serial: Option<&'g str>,
    pub(crate) key_sha256: Option<[u8; 32]>,
}

impl Ledger {
    /// Finds a device that has something in common with one that is to be made: what, and its name. Devices of the run
    /// `own` are not looked at. A key that is given belongs to one device, whatever `unique` asks for.
    pub(crate) fn holder(
        &self,
        unique: Unique,
        given: &GivenTraits<'_>,
        own: Option<i64>,
    ) -> Result<Option<(&'static str, String)>, Error> {
        let pair = given.passcode.zip(given.discriminator);
        let blob = |mac: [u8; 32]| Value::Blob(mac.into());
        let traits: [(bool, Trait); 4] = [
            (
                unique.passcode,
                (
                    "passcode_mac",
                    PASSCODE,
                    given.passcode.map(|passcode| blob(self.key.passcode(passcode))),
                ),
            ),
            (
                unique.pair,
                (
                    "pair_mac",
                    PAIR,
                    pair.map(|(passcode, discriminator)| blob(self.key.pair(discriminator, passcode))),
                ),
            ),
            (
                unique.serial,
                ("serial", SERIAL, given.serial.map(|text| Value::Text(text.into()))),
            ),
            (true, ("key_sha256", KEY, given.key_sha256.map(blob))),
        ];
        for (_, (column, what, value)) in traits.into_iter().filter(|(wanted, _)| *wanted) {
            let Some(value) = value else { continue };
            let sql = format!("SELECT uuid FROM device WHERE {column} = ?1 AND run IS NOT ?2 LIMIT 1");
            let found = self
                .connection
                .prepare_cached(&sql)
                .and_then(|mut statement| statement.query_row(params![value, own], |row| row.get(0)).optional());
            if let Some(uuid) = found.map_err(|error| wrong(&self.path, error))? {
                return Ok(Some((what, uuid)));
            }
        }
        Ok(None)
    }

    /// Takes a passcode for a device that is being made, unless another one has it, alone or with the discriminator, as
    /// far as `unique` asks for it. Returns what another one has.
    pub(crate) fn reserve(
        &mut self,
        unique: Unique,
        passcode: &Passcode,
        discriminator: Discriminator,
    ) -> Result<Option<&'static str>, Error> {
        let mut taken = Vec::new();
        if unique.passcode {
            taken.push(("passcode_mac", PASSCODE, self.key.passcode(passcode)));
        }
        if unique.pair {
            taken.push(("pair_mac", PAIR, self.key.pair(discriminator, passcode)));
        }
        for (column, what, mac) in &taken {
            let is_new = is_new(&self.connection, column, &mac[..]).map_err(|error| wrong(&self.path, error))?;
            if !is_new || self.reserved.contains(mac) {
                return Ok(Some(what));
            }
        }
        self.reserved.extend(taken.into_iter().map(|(_, _, mac)| mac));
        Ok(None)
    }

    /// Writes devices down whose files are on disk, all or none.
    pub(crate) fn commit(
        &mut self,
        run: i64,
        unique: Unique,
        devices: &[DeviceRow],
        tables: &[u64],
    ) -> Result<(), Error> {
        let path = self.path.clone();
        let failed = |error: rusqlite::Error| wrong(&path, error);
        let Some(last) = devices.last() else { return Ok(()) };
        let now = clock::now()?.to_string();
        let macs = devices.iter().map(|device| self.macs(device)).collect::<Vec<_>>();
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(failed)?;
        for (device, (passcode, pair)) in devices.iter().zip(&macs) {
            check_new(&transaction, unique, device, (passcode, pair)).map_err(failed)??;
            let mut insert = transaction.prepare_cached(&DEVICE.insert()).map_err(failed)?;
            let (serial, discriminator) = (device.serial.as_deref(), device.discriminator.get());
            let (passcode, pair) = (passcode.as_ref().map(|mac| &mac[..]), pair.as_ref().map(|mac| &mac[..]));
            let key = device.key_sha256.as_ref().map(|hash| &hash[..]);
            let (retired, reason) = (None::<&str>, None::<&str>);
            let values = params![
                run,
                device.row,
                device.uuid,
                "published",
                serial,
                discriminator,
                passcode,
                pair,
                device.dac_serial,
                key,
                now,
                retired,
                reason
            ];
            insert.execute(values).map_err(failed)?;
            let id = transaction.last_insert_rowid();
            for image in &device.images {
                let mut insert = transaction.prepare_cached(&IMAGE.insert()).map_err(failed)?;
                let size = i64::try_from(image.size).unwrap_or(i64::MAX);
                insert
                    .execute(params![id, image.name, size, &image.sha256[..]])
                    .map_err(failed)?;
            }
        }
        order::check(&transaction, run, devices.len()).map_err(failed)??;
        let lens = tables.iter().map(u64::to_string).collect::<Vec<_>>().join(",");
        let sql = "UPDATE run SET done = ?2, tables = ?3 WHERE id = ?1";
        transaction
            .execute(sql, params![run, last.row + 1, lens])
            .and_then(|_| transaction.execute(&RUN.sum_again("id = ?1"), [run]))
            .map_err(failed)?;
        transaction.commit().map_err(failed)?;
        for (passcode, pair) in &macs {
            for mac in [passcode, pair].into_iter().flatten() {
                self.reserved.remove(mac);
            }
        }
        Ok(())
    }

    /// HMACs of a device's passcode, alone and with its discriminator.
    fn macs(&self, device: &DeviceRow) -> (Option<[u8; 32]>, Option<[u8; 32]>) {
        let passcode = device.passcode.as_ref();
        (
            passcode.map(|passcode| self.key.passcode(passcode)),
            passcode.map(|passcode| self.key.pair(device.discriminator, passcode)),
        )
    }
}

/// Another run with the same ledger may have taken a value since it was drawn or looked up.
fn check_new(
    connection: &Connection,
    unique: Unique,
    device: &DeviceRow,
    (passcode, pair): (&Option<[u8; 32]>, &Option<[u8; 32]>),
) -> Result<Result<(), Error>, rusqlite::Error> {
    let blob = |bytes: &[u8; 32]| Value::Blob(bytes.to_vec());
    let serial = device.serial.as_ref().map(|text| Value::Text(text.clone()));
    let key = device.key_sha256.as_ref().map(blob);
    let traits: [(bool, Trait); 5] = [
        (true, ("uuid", "name", Some(Value::Text(device.uuid.clone())))),
        (unique.passcode, ("passcode_mac", PASSCODE, passcode.as_ref().map(blob))),
        (unique.pair, ("pair_mac", PAIR, pair.as_ref().map(blob))),
        (unique.serial, ("serial", SERIAL, serial)),
        (unique.key || device.is_key_given, ("key_sha256", KEY, key)),
    ];
    for (_, (column, what, value)) in traits.into_iter().filter(|(wanted, _)| *wanted) {
        let Some(value) = value else { continue };
        if !is_new(connection, column, value)? {
            return Ok(Err(Error::Taken { what, row: device.row }));
        }
    }
    Ok(Ok(()))
}

fn is_new(connection: &Connection, column: &str, value: impl rusqlite::ToSql) -> Result<bool, rusqlite::Error> {
    let sql = format!("SELECT 1 FROM device WHERE {column} = ?1 LIMIT 1");
    let mut statement = connection.prepare_cached(&sql)?;
    statement.exists([value]).map(|found| !found)
}
