use std::borrow::Cow;
use std::fmt;
use std::path::{Path, PathBuf};

use matter_types::{Discriminator, ProductId, VendorId};
use zeroize::Zeroizing;

use crate::clock::now;
use crate::order::OPEN;
use crate::statements::{Fault, Row, Value};
use crate::tables::{ORDERS, PARAMETER, RUN};
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
    /// [`Error::OrderFull`], [`Error::OrderNotOpen`], [`Error::OrderSize`], [`Error::Clock`]; [`Error::Unavailable`] and
    /// [`Error::Unusable`] when the ledger cannot be written.
    pub fn begin(&mut self, row: &NewRun) -> Result<Progress, Error> {
        let now = now()?;
        let macs = row.parameters.iter().map(|Parameter { name, value }| {
            let mac = self.key.parameter(name, value);
            (Value::from(&**name), Value::from(&mac))
        });
        let macs = macs.collect::<Vec<_>>();
        let run = self.write(|statements| {
            if let Some(order) = &row.order {
                if order.known_size(statements)?.is_none() {
                    let (id, size) = ((&order.id).into(), order.size.into());
                    let values = [
                        id,
                        size,
                        Value::Null,
                        Value::Null,
                        OPEN.into(),
                        Value::Null,
                        Value::Null,
                    ];
                    ORDERS.insert(statements, &values)?;
                }
                order.check_room(order.made(statements)?, row.count)?;
            }
            let values = [
                (&row.ident).into(),
                RunState::Open.name().into(),
                bytes_of(&row.folder).into(),
                row.vendor_id.get().into(),
                row.product_id.get().into(),
                row.count.into(),
                row.order.as_ref().map(|order| &order.id).into(),
                (&row.tool).into(),
                row.test.into(),
                (&now).into(),
                Value::Null,
                0u32.into(),
                "".into(),
            ];
            let run = RUN.insert_id(statements, &values)?;
            let rows = macs
                .iter()
                .map(|(name, mac)| vec![run.into(), name.clone(), mac.clone()]);
            PARAMETER.insert_all(statements, &rows.collect::<Vec<_>>())?;
            Ok(run)
        })?;
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
    /// [`Error::Unavailable`] when the ledger cannot be read now; [`Error::Unusable`] when it cannot be read, or has another
    /// number of devices than it says.
    pub fn find(&mut self, ident: &str) -> Result<Option<Progress>, Error> {
        let found = self.read(|statements| {
            let sql = "SELECT id, state, done, tables, ident FROM run WHERE ident = $1";
            let Some(row) = statements.query_one(sql, &[ident.into()])? else {
                return Ok(None);
            };
            let progress = progress(&row)?;
            let sql = "SELECT count(*), coalesce(max(row) + 1, 0) FROM device WHERE run = $1";
            let row = statements.query_one(sql, &[progress.run.0.into()])?;
            let row = row.ok_or(Fault::Cell(0))?;
            Ok(Some((progress, row.get::<u32>(0)?, row.get::<u32>(1)?)))
        })?;
        let Some((progress, rows, end)) = found else {
            return Ok(None);
        };
        // The ledger must list as many devices as it says.
        if rows != progress.done || end != progress.done {
            let Progress { ident, done, .. } = &progress;
            let reason = format_args!("is damaged: run {ident} has {done} devices, and {rows} are listed");
            return Err(Error::unusable(&self.place, reason));
        }
        Ok(Some(progress))
    }

    /// Returns the runs of a product that were not given up, the newest first, each with the folder in which it began.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] and [`Error::Unusable`] when the ledger cannot be read.
    pub fn runs_of(&mut self, vendor: VendorId, product: ProductId) -> Result<Vec<(Progress, PathBuf)>, Error> {
        let sql = "SELECT id, state, done, tables, ident, folder FROM run \
                   WHERE vendor_id = $1 AND product_id = $2 AND state <> 'abandoned' ORDER BY id DESC";
        let ids = [vendor.get().into(), product.get().into()];
        self.read(|statements| {
            let rows = statements.query(sql, &ids)?;
            let runs = rows
                .iter()
                .map(|row| Ok((progress(row)?, path_of(&row.get::<Vec<u8>>(5)?))));
            runs.collect()
        })
    }

    /// Returns the names of the devices of a run that are in use, in the order of their rows.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] and [`Error::Unusable`] when the ledger cannot be read.
    pub fn devices_of(&mut self, run: RunId) -> Result<Vec<String>, Error> {
        let sql = "SELECT uuid FROM device WHERE run = $1 AND state = 'published' ORDER BY row";
        self.read(|statements| {
            let mut names = Vec::new();
            statements.each(sql, &[run.0.into()], &mut |row| {
                names.push(row.get(0)?);
                Ok(())
            })?;
            Ok(names)
        })
    }

    /// Returns the names of those parameters that are not those with which a run began.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] and [`Error::Unusable`] when the ledger cannot be read.
    pub fn differences(&mut self, run: RunId, parameters: &[Parameter]) -> Result<Vec<String>, Error> {
        let macs = parameters
            .iter()
            .map(|Parameter { name, value }| (name, self.key.parameter(name, value)));
        let macs = macs.collect::<Vec<_>>();
        self.read(|statements| {
            let mut differing = Vec::new();
            for (name, mac) in &macs {
                let sql = "SELECT mac FROM parameter WHERE run = $1 AND name = $2";
                let found = statements.query_one(sql, &[run.0.into(), (&***name).into()])?;
                let found = found.map(|row| row.get::<Vec<u8>>(0)).transpose()?;
                if found.as_deref() != Some(&mac[..]) {
                    differing.push((*name).clone().into_owned());
                }
            }
            Ok(differing)
        })
    }

    /// Tells whether a device is in the ledger.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] and [`Error::Unusable`] when the ledger cannot be read.
    pub fn has_device(&mut self, uuid: &str) -> Result<bool, Error> {
        let sql = "SELECT 1 FROM device WHERE uuid = $1";
        self.read(|statements| Ok(statements.query_one(sql, &[uuid.into()])?.is_some()))
    }

    /// Returns the discriminators of a run from a row on.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] and [`Error::Unusable`] when the ledger cannot be read.
    pub fn discriminators(&mut self, run: RunId, from: u32) -> Result<Vec<Discriminator>, Error> {
        let sql = "SELECT discriminator FROM device WHERE run = $1 AND row >= $2 ORDER BY row";
        self.read(|statements| {
            let mut found = Vec::new();
            statements.each(sql, &[run.0.into(), from.into()], &mut |row| {
                found.extend(Discriminator::new(row.get(0)?).ok());
                Ok(())
            })?;
            Ok(found)
        })
    }

    /// Ends a run.
    ///
    /// # Errors
    ///
    /// [`Error::Clock`]; [`Error::Unavailable`] and [`Error::Unusable`] when the ledger cannot be written.
    pub fn end(&mut self, run: RunId, state: RunState) -> Result<(), Error> {
        let now = now()?;
        self.write(|statements| {
            let set = [("state", state.name().into()), ("ended", (&now).into())];
            RUN.update(statements, &set, &[("id", run.0.into())]).map(drop)
        })
    }
}

fn progress(row: &Row) -> Result<Progress, Fault> {
    let state = match row.get::<String>(1)?.as_str() {
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
