//! A stand-in until the engines are there.

use rusqlite::types::{ToSqlOutput, Value as Sql};
use rusqlite::{ToSql, TransactionBehavior, params_from_iter};

use crate::{Error, Ledger};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    Sqlite,
}

#[derive(Clone, Debug)]
pub(crate) enum Value {
    Null,
    Integer(i64),
    Text(String),
    Blob(Vec<u8>),
}

impl ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Owned(match self {
            Self::Null => Sql::Null,
            Self::Integer(number) => Sql::Integer(*number),
            Self::Text(text) => Sql::Text(text.clone()),
            Self::Blob(bytes) => Sql::Blob(bytes.clone()),
        }))
    }
}

impl From<i64> for Value {
    fn from(number: i64) -> Self {
        Self::Integer(number)
    }
}
impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}
impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Blob(bytes.into())
    }
}
impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

pub(crate) struct Row(Vec<Sql>);

impl Row {
    pub(crate) fn get<T: rusqlite::types::FromSql>(&self, index: usize) -> Result<T, Error> {
        let value = self.0.get(index).cloned().unwrap_or(Sql::Null);
        T::column_result((&value).into()).map_err(|error| Error::unusable("ledger".as_ref(), error))
    }
}

pub(crate) trait Statements {
    fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, Error>;
    fn query(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>, Error>;
    fn engine(&self) -> Engine;
}

impl Statements for rusqlite::Transaction<'_> {
    fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, Error> {
        let failed = |error: rusqlite::Error| Error::unusable("ledger".as_ref(), error);
        let mut statement = self.prepare_cached(sql).map_err(failed)?;
        let changed = statement.execute(params_from_iter(values)).map_err(failed)?;
        Ok(u64::try_from(changed).unwrap_or_default())
    }

    fn query(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>, Error> {
        let failed = |error: rusqlite::Error| Error::unusable("ledger".as_ref(), error);
        let mut statement = self.prepare_cached(sql).map_err(failed)?;
        let count = statement.column_count();
        let rows = statement.query_map(params_from_iter(values), |row| {
            (0..count).map(|index| row.get(index)).collect::<Result<Vec<Sql>, _>>()
        });
        let rows = rows.map_err(failed)?.map(|row| row.map(Row));
        rows.collect::<Result<_, _>>().map_err(failed)
    }

    fn engine(&self) -> Engine {
        Engine::Sqlite
    }
}

impl Ledger {
    pub(crate) fn write<T>(
        &mut self,
        mut work: impl FnMut(&mut dyn Statements) -> Result<T, Error>,
    ) -> Result<T, Error> {
        let failed = |error: rusqlite::Error| Error::unusable("ledger".as_ref(), error);
        self.connection
            .execute_batch(
                "CREATE TEMP TABLE IF NOT EXISTS orders (id TEXT PRIMARY KEY, size INTEGER, vendor_id INTEGER,
                 product_id INTEGER, state TEXT, opened_by TEXT, approved_by TEXT);
             CREATE TEMP TABLE IF NOT EXISTS issuance (id INTEGER PRIMARY KEY, order_id TEXT, device TEXT,
                 key_sha256 BLOB UNIQUE, state TEXT, public_key BLOB, dac BLOB, dac_serial BLOB UNIQUE, subject TEXT,
                 station TEXT, created TEXT, changed TEXT);
             CREATE INDEX IF NOT EXISTS temp.issuance_device ON issuance (device);
             CREATE INDEX IF NOT EXISTS temp.issuance_order ON issuance (order_id, state);
             CREATE TEMP TABLE IF NOT EXISTS log (seq INTEGER PRIMARY KEY, time TEXT, entry TEXT, previous BLOB, hash BLOB);
             CREATE TEMP TABLE IF NOT EXISTS log_head (id INTEGER PRIMARY KEY, seq INTEGER, hash BLOB, key BLOB, signature BLOB);
             INSERT OR IGNORE INTO log_head VALUES (1, 0, zeroblob(32), x'', x'');",
            )
            .map_err(failed)?;
        let mut transaction = self
            .connection
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(failed)?;
        let value = work(&mut transaction)?;
        transaction.commit().map_err(failed)?;
        Ok(value)
    }
}
