use std::path::{Path, PathBuf};

use matter_types::{Discriminator, Passcode};
use rusqlite::{OptionalExtension, Row, TransactionBehavior, params};

use super::sums::{ORDERS, PARAMETER, RUN};
use super::{Ledger, order, wrong};
use crate::{Error, clock};

/// What a ledger knows of a run from its start.
pub(crate) struct RunRow {
    /// What the run's own folder calls it.
    pub(crate) ident: String,
    pub(crate) folder: PathBuf,
    pub(crate) vendor_id: u16,
    pub(crate) product_id: u16,
    pub(crate) count: u32,
    /// An order and how many devices it is for.
    pub(crate) order: Option<(String, u32)>,
    pub(crate) test: bool,
    /// What must be the same when the run is continued: a name and what stands behind it.
    pub(crate) parameters: crate::run::Parameters,
}

/// How far a run is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Progress {
    /// Its number in the ledger: larger than those of earlier runs, whatever the clock says.
    pub(crate) run: i64,
    /// What the run's own folder calls it.
    pub(crate) ident: String,
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
    /// Whether the key came from elsewhere: it belongs to no other device then.
    pub(crate) is_key_given: bool,
    pub(crate) images: Vec<ImageRow>,
}

/// An image of a device.
pub(crate) struct ImageRow {
    pub(crate) name: String,
    pub(crate) size: u64,
    pub(crate) sha256: [u8; 32],
}

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
                transaction
                    .execute(&ORDERS.insert(), params![id, size])
                    .map_err(failed)?;
            }
            order::check_room(id, *size, order::made_for(&transaction, id).map_err(failed)?, row.count)?;
        }
        let order = row.order.as_ref().map(|(id, _)| id);
        let tool = concat!("matter-mfg ", env!("CARGO_PKG_VERSION"));
        let state = RunState::Open.name();
        let (vendor, product, folder) = (row.vendor_id, row.product_id, bytes_of(&row.folder));
        let (ended, done, tables) = (None::<&str>, 0, "");
        let values = params![
            row.ident, state, folder, vendor, product, row.count, order, tool, row.test, now, ended, done, tables
        ];
        transaction.execute(&RUN.insert(), values).map_err(failed)?;
        let run = transaction.last_insert_rowid();
        for (name, value) in &row.parameters {
            let mac = self.key.parameter(name, value);
            transaction
                .execute(&PARAMETER.insert(), params![run, name, &mac[..]])
                .map_err(failed)?;
        }
        transaction.commit().map_err(failed)?;
        Ok(Progress {
            run,
            ident: row.ident.clone(),
            state: RunState::Open,
            done: 0,
            tables: Vec::new(),
        })
    }

    /// Looks a run up.
    pub(crate) fn find(&self, ident: &str) -> Result<Option<Progress>, Error> {
        let sql = "SELECT id, state, done, tables, ident FROM run WHERE ident = ?1";
        let found = self.connection.query_row(sql, [ident], progress).optional();
        let found = found.map_err(|error| wrong(&self.path, error))?;
        found.map(|progress| self.check_count(progress)).transpose()
    }

    /// Refuses a run of which the ledger does not list as many devices as it says.
    fn check_count(&self, progress: Progress) -> Result<Progress, Error> {
        let sql = "SELECT count(*), coalesce(max(row) + 1, 0) FROM device WHERE run = ?1";
        let found = self.connection.query_row(sql, [progress.run], |row| {
            Ok((row.get::<_, u32>(0)?, row.get::<_, u32>(1)?))
        });
        let (rows, end) = found.map_err(|error| wrong(&self.path, error))?;
        if rows != progress.done || end != progress.done {
            let Progress { ident, done, .. } = &progress;
            let reason = format_args!("is damaged: run {ident} has {done} devices, and {rows} are listed");
            return Err(wrong(&self.path, reason));
        }
        Ok(progress)
    }

    /// Returns the runs of a product that were not given up, the newest first, each with the folder in which it began.
    pub(crate) fn runs_of(&self, vendor: u16, product: u16) -> Result<Vec<(Progress, PathBuf)>, Error> {
        let failed = |error: rusqlite::Error| wrong(&self.path, error);
        let sql = "SELECT id, state, done, tables, ident, folder FROM run \
                   WHERE vendor_id = ?1 AND product_id = ?2 AND state <> 'abandoned' ORDER BY id DESC";
        let mut statement = self.connection.prepare(sql).map_err(failed)?;
        let runs = statement.query_map([vendor, product], |row| {
            let folder: Vec<u8> = row.get(5)?;
            Ok((progress(row)?, path_of(&folder)))
        });
        runs.and_then(Iterator::collect).map_err(failed)
    }

    /// Returns the names of the devices of a run that are in use, in the order of their rows.
    pub(crate) fn devices_of(&self, run: i64) -> Result<Vec<String>, Error> {
        let failed = |error: rusqlite::Error| wrong(&self.path, error);
        let sql = "SELECT uuid FROM device WHERE run = ?1 AND state = 'published' ORDER BY row";
        let mut statement = self.connection.prepare(sql).map_err(failed)?;
        let names = statement.query_map([run], |row| row.get(0));
        names.and_then(Iterator::collect).map_err(failed)
    }

    /// Returns the names of those parameters that are not those with which a run began.
    pub(crate) fn differences(&self, run: i64, parameters: &crate::run::Parameters) -> Result<Vec<String>, Error> {
        let mut differing = Vec::new();
        for (name, value) in parameters {
            let sql = "SELECT mac FROM parameter WHERE run = ?1 AND name = ?2";
            let mac = self
                .connection
                .query_row(sql, params![run, name], |row| row.get::<_, Vec<u8>>(0));
            let mac = mac.optional().map_err(|error| wrong(&self.path, error))?;
            if mac.as_deref() != Some(&self.key.parameter(name, value)[..]) {
                differing.push(name.clone().into_owned());
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

    /// Ends a run.
    pub(crate) fn end(&mut self, run: i64, state: RunState) -> Result<(), Error> {
        let path = self.path.clone();
        let failed = |error: rusqlite::Error| wrong(&path, error);
        let now = clock::now()?.to_string();
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(failed)?;
        let sql = "UPDATE run SET state = ?2, ended = ?3 WHERE id = ?1";
        transaction
            .execute(sql, params![run, state.name(), now])
            .map_err(failed)?;
        transaction.execute(&RUN.sum_again("id = ?1"), [run]).map_err(failed)?;
        transaction.commit().map_err(failed)
    }
}

fn progress(row: &Row<'_>) -> Result<Progress, rusqlite::Error> {
    let state = match row.get::<_, String>(1)?.as_str() {
        "complete" => RunState::Complete,
        "abandoned" => RunState::Abandoned,
        _ => RunState::Open,
    };
    let tables: String = row.get(3)?;
    Ok(Progress {
        run: row.get(0)?,
        ident: row.get(4)?,
        state,
        done: row.get(2)?,
        tables: tables.split(',').filter_map(|len| len.parse().ok()).collect(),
    })
}

/// A path as it is kept: its own bytes, whatever they mean.
fn bytes_of(path: &Path) -> &[u8] {
    path.as_os_str().as_encoded_bytes()
}

/// The path of kept bytes.
pub(super) fn path_of(bytes: &[u8]) -> PathBuf {
    #[cfg(unix)]
    let path = <std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(bytes).into();
    #[cfg(not(unix))]
    let path = String::from_utf8_lossy(bytes).into_owned().into();
    path
}
