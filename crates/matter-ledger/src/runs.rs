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

/// The description of a run at its start.
#[derive(Clone, Debug)]
pub struct NewRun {
    /// A unique name.
    pub ident: String,
    /// The output folder.
    pub folder: PathBuf,
    /// The vendor of the devices.
    pub vendor_id: VendorId,
    /// The product.
    pub product_id: ProductId,
    /// Number of devices to make.
    pub count: u32,
    /// The order to which the devices belong.
    pub order: Option<Order>,
    /// Whether it makes test devices.
    pub test: bool,
    /// The program that makes the devices, with its version.
    pub tool: String,
    /// The values that must not change when the run is continued.
    pub parameters: Vec<Parameter>,
}

/// A value that must not change when a run is continued. The ledger stores only its HMAC, because it may be a secret.
#[derive(Clone)]
pub struct Parameter {
    name: Cow<'static, str>,
    value: Zeroizing<Vec<u8>>,
}

impl Parameter {
    /// Makes a parameter from a name, which is shown if the values differ, and the value.
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

/// The ID of a run in its ledger: larger than those of earlier runs, regardless of the clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RunId(pub(crate) i64);

/// The progress of a run.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// Its ID.
    pub run: RunId,
    /// Its name.
    pub ident: String,
    /// Whether it has ended.
    pub state: RunState,
    /// Rows 0..done are published.
    pub done: u32,
    /// The table positions passed to [`Ledger::commit`] with those rows.
    pub tables: Vec<u64>,
}

/// The state of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RunState {
    /// In progress, or interrupted.
    Open,
    /// All devices are made.
    Complete,
    /// Abandoned.
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
    /// Adds a run that fits into its order.
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

    /// Returns a run by its name.
    ///
    /// # Errors
    ///
    /// [`Error::Unavailable`] when the ledger cannot be read now; [`Error::Unusable`] when it cannot be read, or its
    /// number of devices is inconsistent.
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
        // The number of listed devices must match.
        if rows != progress.done || end != progress.done {
            let Progress { ident, done, .. } = &progress;
            let reason = format_args!("is damaged: run {ident} has {done} devices, but {rows} are listed");
            return Err(Error::unusable(&self.place, reason));
        }
        Ok(Some(progress))
    }

    /// Returns the runs of a product that were not abandoned, the newest first, each with its initial folder.
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

    /// Returns the UUIDs of the devices of a run that are in use, sorted by row.
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

    /// Returns the names of the parameters that differ from those at the start of a run.
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

    /// Returns whether a device is in the ledger.
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

/// The stored form of a path: its bytes.
fn bytes_of(path: &Path) -> &[u8] {
    path.as_os_str().as_encoded_bytes()
}

/// The path from its stored bytes.
pub(crate) fn path_of(bytes: &[u8]) -> PathBuf {
    #[cfg(unix)]
    let path = <std::ffi::OsStr as std::os::unix::ffi::OsStrExt>::from_bytes(bytes).into();
    #[cfg(not(unix))]
    let path = String::from_utf8_lossy(bytes).into_owned().into();
    path
}
