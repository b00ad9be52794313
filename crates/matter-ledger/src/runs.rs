use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};

use matter_types::{Discriminator, ProductId, VendorId};
use rusqlite::{OptionalExtension, Row, TransactionBehavior, params};
use zeroize::Zeroizing;

use crate::row_sums::{ORDERS, PARAMETER, RUN};
use crate::{Error, Ledger, Order};

/// What a ledger gets to know of a run at its start.
#[derive(Clone, Debug)]
pub struct NewRun {
    /// A name that no other run has.
    pub ident: String,
    /// The output folder.
    pub folder: PathBuf,
    /// The vendor of the devices.
    pub vendor_id: VendorId,
    /// The product.
    pub product_id: ProductId,
    /// How many devices it is to make.
    pub count: u32,
    /// The order that it works on.
    pub order: Option<Order>,
    /// Whether its devices are for tests.
    pub test: bool,
    /// What makes the devices, with its version.
    pub tool: String,
    /// What must be the same when the run is continued.
    pub parameters: Vec<Parameter>,
}

/// Something that must be the same when a run is continued. The ledger keeps an HMAC of the value, which may be a secret.
#[derive(Clone)]
pub struct Parameter {
    name: Cow<'static, str>,
    value: Zeroizing<Vec<u8>>,
}

impl Parameter {
    /// Takes a name, which people get to see when the values differ, and the value.
    pub fn new(name: impl Into<Cow<'static, str>>, value: Zeroizing<Vec<u8>>) -> Self {
        Self {
            name: name.into(),
            value,
        }
    }
}

impl fmt::Debug for Parameter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Parameter({}, [elided])", self.name)
    }
}

/// The number of a run in its ledger: larger than those of earlier runs, whatever the clock says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RunId(pub(crate) i64);

/// How far a run is.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Its number.
    pub run: RunId,
    /// Its name.
    pub ident: String,
    /// Whether it has ended.
    pub state: RunState,
    /// Rows 0..done are published.
    pub done: u32,
    /// What [`Ledger::commit`] got to know of the run's tables with those rows.
    pub tables: Vec<u64>,
}

/// Whether a run has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunState {
    /// It is going on, or was interrupted.
    Open,
    /// It has made all of its devices.
    Complete,
    /// It was given up.
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

impl Ledger {
    /// Adds a run, unless its order has no room for it.
    ///
    /// # Errors
    ///
    /// [`Error::OrderFull`], [`Error::OrderSize`], [`Error::Clock`]; [`Error::Unusable`] when the ledger cannot be written.
    pub fn begin(&mut self, row: &NewRun) -> Result<Progress, Error> {
        let path = self.path.clone();
        let failed = |error: rusqlite::Error| Error::unusable(&path, error);
        let now = self.now()?;
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(failed)?;
        if let Some(order) = &row.order {
            if order.known_size(&transaction).map_err(failed)??.is_none() {
                let add = transaction.execute(&ORDERS.insert(), params![order.id, order.size]);
                add.map_err(failed)?;
            }
            order.check_room(order.made(&transaction).map_err(failed)?, row.count)?;
        }
        let order = row.order.as_ref().map(|order| &order.id);
        let state = RunState::Open.name();
        let (vendor, product, folder) = (row.vendor_id.get(), row.product_id.get(), bytes_of(&row.folder));
        let (ended, done, tables) = (None::<&str>, 0, "");
        let values = params![
            row.ident, state, folder, vendor, product, row.count, order, row.tool, row.test, now, ended, done, tables
        ];
        transaction.execute(&RUN.insert(), values).map_err(failed)?;
        let run = transaction.last_insert_rowid();
        for Parameter { name, value } in &row.parameters {
            let mac = self.key.parameter(name, value);
            transaction
                .execute(&PARAMETER.insert(), params![run, name, &mac[..]])
                .map_err(failed)?;
        }
        transaction.commit().map_err(failed)?;
        Ok(Progress {
            run: RunId(run),
            ident: row.ident.clone(),
            state: RunState::Open,
            done: 0,
            tables: Vec::new(),
        })
    }

    /// Looks up a run by its name.
    ///
    /// # Errors
    ///
    /// [`Error::Unusable`] when the ledger cannot be read, or has another number of devices than it says.
    pub fn find(&self, ident: &str) -> Result<Option<Progress>, Error> {
        let sql = "SELECT id, state, done, tables, ident FROM run WHERE ident = ?1";
        let found = self.connection.query_row(sql, [ident], progress).optional();
        let found = found.map_err(|error| Error::unusable(&self.path, error))?;
        found.map(|progress| self.check_count(progress)).transpose()
    }

    /// Refuses a run of which the ledger does not list as many devices as it says.
    fn check_count(&self, progress: Progress) -> Result<Progress, Error> {
        let sql = "SELECT count(*), coalesce(max(row) + 1, 0) FROM device WHERE run = ?1";
        let found = self.connection.query_row(sql, [progress.run.0], |row| {
            Ok((row.get::<_, u32>(0)?, row.get::<_, u32>(1)?))
        });
        let (rows, end) = found.map_err(|error| Error::unusable(&self.path, error))?;
        if rows != progress.done || end != progress.done {
            let Progress { ident, done, .. } = &progress;
            let reason = format_args!("is damaged: run {ident} has {done} devices, and {rows} are listed");
            return Err(Error::unusable(&self.path, reason));
        }
        Ok(progress)
    }

    /// Returns the runs of a product that were not given up, the newest first, each with the folder in which it began.
    ///
    /// # Errors
    ///
    /// [`Error::Unusable`] when the ledger cannot be read.
    pub fn runs_of(&self, vendor: VendorId, product: ProductId) -> Result<Vec<(Progress, PathBuf)>, Error> {
        let failed = |error: rusqlite::Error| Error::unusable(&self.path, error);
        let sql = "SELECT id, state, done, tables, ident, folder FROM run \
                   WHERE vendor_id = ?1 AND product_id = ?2 AND state <> 'abandoned' ORDER BY id DESC";
        let mut statement = self.connection.prepare(sql).map_err(failed)?;
        let runs = statement.query_map([vendor.get(), product.get()], |row| {
            let folder: Vec<u8> = row.get(5)?;
            Ok((progress(row)?, path_of(&folder)))
        });
        runs.and_then(Iterator::collect).map_err(failed)
    }

    /// Returns the names of the devices of a run that are in use, in the order of their rows.
    ///
    /// # Errors
    ///
    /// [`Error::Unusable`] when the ledger cannot be read.
    pub fn devices_of(&self, run: RunId) -> Result<Vec<String>, Error> {
        let failed = |error: rusqlite::Error| Error::unusable(&self.path, error);
        let sql = "SELECT uuid FROM device WHERE run = ?1 AND state = 'published' ORDER BY row";
        let mut statement = self.connection.prepare(sql).map_err(failed)?;
        let names = statement.query_map([run.0], |row| row.get(0));
        names.and_then(Iterator::collect).map_err(failed)
    }

    /// Returns the names of those parameters that are not those with which a run began.
    ///
    /// # Errors
    ///
    /// [`Error::Unusable`] when the ledger cannot be read.
    pub fn differences(&self, run: RunId, parameters: &[Parameter]) -> Result<Vec<String>, Error> {
        let mut differing = Vec::new();
        for Parameter { name, value } in parameters {
            let sql = "SELECT mac FROM parameter WHERE run = ?1 AND name = ?2";
            let mac = self
                .connection
                .query_row(sql, params![run.0, name], |row| row.get::<_, Vec<u8>>(0));
            let mac = mac.optional().map_err(|error| Error::unusable(&self.path, error))?;
            if mac.as_deref() != Some(&self.key.parameter(name, value)[..]) {
                differing.push(name.clone().into_owned());
            }
        }
        Ok(differing)
    }

    /// Tells whether a device is in the ledger.
    ///
    /// # Errors
    ///
    /// [`Error::Unusable`] when the ledger cannot be read.
    pub fn has_device(&self, uuid: &str) -> Result<bool, Error> {
        let sql = "SELECT 1 FROM device WHERE uuid = ?1";
        let found = self.connection.query_row(sql, [uuid], |_| Ok(()));
        found
            .optional()
            .map(|found| found.is_some())
            .map_err(|error| Error::unusable(&self.path, error))
    }

    /// Returns the discriminators of a run from a row on.
    ///
    /// # Errors
    ///
    /// [`Error::Unusable`] when the ledger cannot be read.
    pub fn discriminators(&self, run: RunId, from: u32) -> Result<Vec<Discriminator>, Error> {
        let failed = |error: rusqlite::Error| Error::unusable(&self.path, error);
        let sql = "SELECT discriminator FROM device WHERE run = ?1 AND row >= ?2";
        let mut statement = self.connection.prepare(sql).map_err(failed)?;
        let rows = statement
            .query_map(params![run.0, from], |row| row.get::<_, u16>(0))
            .map_err(failed)?;
        let numbers = rows.collect::<Result<Vec<_>, _>>().map_err(failed)?;
        Ok(numbers
            .into_iter()
            .filter_map(|number| Discriminator::new(number).ok())
            .collect())
    }

    /// Ends a run.
    ///
    /// # Errors
    ///
    /// [`Error::Clock`]; [`Error::Unusable`] when the ledger cannot be written.
    pub fn end(&mut self, run: RunId, state: RunState) -> Result<(), Error> {
        let path = self.path.clone();
        let failed = |error: rusqlite::Error| Error::unusable(&path, error);
        let now = self.now()?;
        let transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(failed)?;
        let sql = "UPDATE run SET state = ?2, ended = ?3 WHERE id = ?1";
        transaction
            .execute(sql, params![run.0, state.name(), now])
            .map_err(failed)?;
        transaction
            .execute(&RUN.sum_again("id = ?1"), [run.0])
            .map_err(failed)?;
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
        run: RunId(row.get(0)?),
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
pub(crate) fn path_of(bytes: &[u8]) -> PathBuf {
    #[cfg(unix)]
    let path = <std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(bytes).into();
    #[cfg(not(unix))]
    let path = String::from_utf8_lossy(bytes).into_owned().into();
    path
}
