use matter_types::{Discriminator, Passcode};
use rusqlite::types::Value;
use rusqlite::{OptionalExtension, TransactionBehavior, params};

use super::{Ledger, Unique, order, wrong};
use crate::{Error, clock};

/// What a ledger knows of a run from its start.
pub(crate) struct RunRow {
    /// What the run's own folder calls it.
    pub(crate) ident: String,
    pub(crate) folder: String,
    pub(crate) vendor_id: u16,
    pub(crate) product_id: u16,
    pub(crate) count: u32,
    /// An order and how many devices it is for.
    pub(crate) order: Option<(String, u32)>,
    pub(crate) test: bool,
    /// What must be the same when the run is continued: a name and what stands behind it.
    pub(crate) parameters: Vec<(&'static str, Vec<u8>)>,
}

/// How far a run is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Progress {
    pub(crate) run: i64,
    pub(crate) state: RunState,
    /// Rows 0..done are published.
    pub(crate) done: u32,
    /// How long the tables were when they listed those rows.
    pub(crate) tables: Vec<u64>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RunState {
    Open,
    Complete,
    Abandoned,
}

impl RunState {
    const fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Complete => "complete",
            Self::Abandoned => "abandoned",
        }
    }
}

/// A device that is on disk.
pub(crate) struct DeviceRow {
    pub(crate) row: u32,
    pub(crate) uuid: String,
    pub(crate) serial: Option<String>,
    pub(crate) discriminator: Discriminator,
    pub(crate) passcode: Option<Passcode>,
    pub(crate) dac_serial: Option<Vec<u8>>,
    pub(crate) key_sha256: Option<[u8; 32]>,
    pub(crate) images: Vec<ImageRow>,
}

/// An image of a device.
pub(crate) struct ImageRow {
    pub(crate) name: String,
    pub(crate) size: u64,
    pub(crate) sha256: [u8; 32],
}

const PASSCODE: &str = "passcode";
const PAIR: &str = "pair of discriminator and passcode";

impl Ledger {
    /// Writes a run down, unless its order has no room for it.
    pub(crate) fn begin(&mut self, row: &RunRow) -> Result<Progress, Error> {
        let path = self.path.clone();
        let failed = |error: rusqlite::Error| wrong(&path, error);
        let now = clock::now()?.to_string();
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(failed)?;
        if let Some((id, size)) = &row.order {
            let known = transaction
                .query_row("SELECT size FROM orders WHERE id = ?1", [id], |row| {
                    row.get::<_, u32>(0)
                })
                .optional()
                .map_err(failed)?;
            order::check_size(id, *size, known)?;
            if known.is_none() {
                let sql = "INSERT INTO orders (id, size) VALUES (?1, ?2)";
                transaction.execute(sql, params![id, size]).map_err(failed)?;
            }
            order::check_room(id, *size, order::made_for(&transaction, id).map_err(failed)?, row.count)?;
        }
        let sql = "INSERT INTO run (ident, state, folder, vendor_id, product_id, count, order_id, tool, test, started) \
                   VALUES (?1, 'open', ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";
        let order = row.order.as_ref().map(|(id, _)| id);
        let tool = concat!("matter-mfg ", env!("CARGO_PKG_VERSION"));
        let (vendor, product) = (row.vendor_id, row.product_id);
        let values = params![
            row.ident, row.folder, vendor, product, row.count, order, tool, row.test, now
        ];
        transaction.execute(sql, values).map_err(failed)?;
        let run = transaction.last_insert_rowid();
        for (name, value) in &row.parameters {
            let sql = "INSERT INTO parameter (run, name, mac) VALUES (?1, ?2, ?3)";
            let mac = self.key.parameter(name, value);
            transaction.execute(sql, params![run, name, &mac[..]]).map_err(failed)?;
        }
        transaction.commit().map_err(failed)?;
        Ok(Progress {
            run,
            state: RunState::Open,
            done: 0,
            tables: Vec::new(),
        })
    }

    /// Looks a run up.
    pub(crate) fn find(&self, ident: &str) -> Result<Option<Progress>, Error> {
        let sql = "SELECT id, state, done, tables FROM run WHERE ident = ?1";
        let found = self.connection.query_row(sql, [ident], |row| {
            let state = match row.get::<_, String>(1)?.as_str() {
                "complete" => RunState::Complete,
                "abandoned" => RunState::Abandoned,
                _ => RunState::Open,
            };
            let tables: String = row.get(3)?;
            Ok(Progress {
                run: row.get(0)?,
                state,
                done: row.get(2)?,
                tables: tables.split(',').filter_map(|len| len.parse().ok()).collect(),
            })
        });
        found.optional().map_err(|error| wrong(&self.path, error))
    }

    /// Returns the names of those parameters that are not those with which a run began.
    pub(crate) fn differences(
        &self,
        run: i64,
        parameters: &[(&'static str, Vec<u8>)],
    ) -> Result<Vec<&'static str>, Error> {
        let mut differing = Vec::new();
        for (name, value) in parameters {
            let sql = "SELECT mac FROM parameter WHERE run = ?1 AND name = ?2";
            let mac = self
                .connection
                .query_row(sql, params![run, name], |row| row.get::<_, Vec<u8>>(0));
            let mac = mac.optional().map_err(|error| wrong(&self.path, error))?;
            if mac.as_deref() != Some(&self.key.parameter(name, value)[..]) {
                differing.push(*name);
            }
        }
        Ok(differing)
    }

    /// Tells whether a device is in the ledger.
    pub(crate) fn has_device(&self, uuid: &str) -> Result<bool, Error> {
        let sql = "SELECT 1 FROM device WHERE uuid = ?1";
        let found = self.connection.query_row(sql, [uuid], |_| Ok(()));
        found
            .optional()
            .map(|found| found.is_some())
            .map_err(|error| wrong(&self.path, error))
    }

    /// Returns the discriminators of a run from a row on.
    pub(crate) fn discriminators(&self, run: i64, from: u32) -> Result<Vec<Discriminator>, Error> {
        let failed = |error: rusqlite::Error| wrong(&self.path, error);
        let sql = "SELECT discriminator FROM device WHERE run = ?1 AND row >= ?2";
        let mut statement = self.connection.prepare(sql).map_err(failed)?;
        let rows = statement
            .query_map(params![run, from], |row| row.get::<_, u16>(0))
            .map_err(failed)?;
        let numbers = rows.collect::<Result<Vec<_>, _>>().map_err(failed)?;
        Ok(numbers
            .into_iter()
            .filter_map(|number| Discriminator::new(number).ok())
            .collect())
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
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(failed)?;
        for device in devices {
            let passcode = device.passcode.as_ref();
            let passcode_mac = passcode.map(|passcode| self.key.passcode(passcode));
            let pair_mac = passcode.map(|passcode| self.key.pair(device.discriminator, passcode));
            let (passcode_mac, pair_mac) = (
                passcode_mac.as_ref().map(|mac| &mac[..]),
                pair_mac.as_ref().map(|mac| &mac[..]),
            );
            let key = device.key_sha256.as_ref().map(|hash| &hash[..]);
            let serial = device.serial.as_deref();
            // Another run with the same ledger may have taken a value since it was drawn.
            let blob = |bytes: &[u8]| Value::Blob(bytes.into());
            let text = |text: &str| Value::Text(text.into());
            let values: [(_, _, &'static str, _); 4] = [
                (unique.passcode, "passcode_mac", PASSCODE, passcode_mac.map(blob)),
                (unique.pair, "pair_mac", PAIR, pair_mac.map(blob)),
                (unique.serial, "serial", "serial number", serial.map(text)),
                (unique.key, "key_sha256", "public key", key.map(blob)),
            ];
            if !is_new(&transaction, "uuid", &device.uuid).map_err(failed)? {
                return Err(wrong(&path, format_args!("device {} is in it already", device.uuid)));
            }
            for (_, column, what, value) in values.into_iter().filter(|(wanted, ..)| *wanted) {
                let Some(value) = value else { continue };
                if !is_new(&transaction, column, value).map_err(failed)? {
                    return Err(Error::Taken { what, row: device.row });
                }
            }
            let insert = "INSERT INTO device (run, row, uuid, state, serial, discriminator, passcode_mac, pair_mac, \
                          dac_serial, key_sha256, published) VALUES (?1, ?2, ?3, 'published', ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
            let mut insert = transaction.prepare_cached(insert).map_err(failed)?;
            let discriminator = device.discriminator.get();
            let values = params![
                run,
                device.row,
                device.uuid,
                serial,
                discriminator,
                passcode_mac,
                pair_mac,
                device.dac_serial,
                key,
                now
            ];
            insert.execute(values).map_err(failed)?;
            let id = transaction.last_insert_rowid();
            for image in &device.images {
                let insert = "INSERT INTO image (device, name, size, sha256) VALUES (?1, ?2, ?3, ?4)";
                let mut insert = transaction.prepare_cached(insert).map_err(failed)?;
                let size = i64::try_from(image.size).unwrap_or(i64::MAX);
                insert
                    .execute(params![id, image.name, size, &image.sha256[..]])
                    .map_err(failed)?;
            }
        }
        order::check(&transaction, run, devices.len()).map_err(failed)??;
        let lens = tables.iter().map(u64::to_string).collect::<Vec<_>>().join(",");
        transaction
            .execute(
                "UPDATE run SET done = ?2, tables = ?3 WHERE id = ?1",
                params![run, last.row + 1, lens],
            )
            .map_err(failed)?;
        transaction.commit().map_err(failed)?;
        for device in devices {
            if let Some(passcode) = &device.passcode {
                self.reserved.remove(&self.key.passcode(passcode));
                self.reserved.remove(&self.key.pair(device.discriminator, passcode));
            }
        }
        Ok(())
    }

    /// Returns the newest run that wrote to a folder, and what that folder calls it.
    pub(crate) fn newest(&self, folder: &str) -> Result<Option<(String, Progress)>, Error> {
        let sql = "SELECT ident FROM run WHERE folder = ?1 AND state <> 'abandoned' ORDER BY id DESC LIMIT 1";
        let ident = self.connection.query_row(sql, [folder], |row| row.get::<_, String>(0));
        let Some(ident) = ident.optional().map_err(|error| wrong(&self.path, error))? else {
            return Ok(None);
        };
        Ok(self.find(&ident)?.map(|progress| (ident, progress)))
    }

    /// Ends a run.
    pub(crate) fn end(&mut self, run: i64, state: RunState) -> Result<(), Error> {
        let now = clock::now()?.to_string();
        let sql = "UPDATE run SET state = ?2, ended = ?3 WHERE id = ?1";
        let done = self.connection.execute(sql, params![run, state.name(), now]);
        done.map(|_| ()).map_err(|error| wrong(&self.path, error))
    }
}

fn is_new(
    connection: &rusqlite::Connection,
    column: &str,
    value: impl rusqlite::ToSql,
) -> Result<bool, rusqlite::Error> {
    let sql = format!("SELECT 1 FROM device WHERE {column} = ?1 LIMIT 1");
    let mut statement = connection.prepare_cached(&sql)?;
    statement.exists([value]).map(|found| !found)
}
