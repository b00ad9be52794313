//! The common interface of both engines: statements with numbered parameters, and rows of values.

use std::fmt;

use crate::{Error, LedgerPlace};

/// The database engine of a ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Engine {
    /// A server.
    #[cfg(feature = "postgres")]
    Postgres,
    /// A file.
    Sqlite,
}

impl Engine {
    /// The clause of a SELECT that locks its rows until the end of the transaction. SQLite has a single writer anyway.
    pub(crate) const fn for_update(self) -> &'static str {
        match self {
            #[cfg(feature = "postgres")]
            Self::Postgres => " FOR UPDATE",
            Self::Sqlite => "",
        }
    }

    /// The clause that locks the next free rows and skips those locked by others.
    pub(crate) const fn skip_locked(self) -> &'static str {
        match self {
            #[cfg(feature = "postgres")]
            Self::Postgres => " FOR UPDATE SKIP LOCKED",
            Self::Sqlite => "",
        }
    }
}

/// The purpose of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// Reads a consistent snapshot.
    Read,
    /// Writes, one transaction at a time: the results of queries stay valid until the end.
    Write,
    /// Writes to rows that it locks, concurrently with others.
    Rows,
}

/// A connection to a ledger's database.
pub(crate) trait Database: Send {
    /// Runs `work` in an atomic transaction. It is repeated when the engine requires it.
    fn transaction(
        &mut self,
        purpose: Purpose,
        work: &mut dyn FnMut(&mut dyn Statements) -> Result<(), Fault>,
    ) -> Result<(), Fault>;
}

/// A transaction in progress. Parameters are `$1`, `$2` and so on; statements contain no other `$`.
pub(crate) trait Statements {
    /// Returns the engine, for differences in syntax.
    fn engine(&self) -> Engine;

    /// Returns the clause of a SELECT that locks its rows until the end of the transaction; empty if the transaction only
    /// reads.
    fn for_update(&self) -> &'static str {
        self.engine().for_update()
    }

    /// Runs a statement, and returns the number of changed rows.
    fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, Fault>;

    /// Runs a query, and passes each row to `see`.
    fn each(&mut self, sql: &str, values: &[Value], see: &mut dyn FnMut(Row) -> Result<(), Fault>)
    -> Result<(), Fault>;

    /// Runs a query, and returns its rows.
    fn query(&mut self, sql: &str, values: &[Value]) -> Result<Vec<Row>, Fault> {
        let mut rows = Vec::new();
        self.each(sql, values, &mut |row| {
            rows.push(row);
            Ok(())
        })?;
        Ok(rows)
    }

    /// Runs a query with at most one row.
    fn query_one(&mut self, sql: &str, values: &[Value]) -> Result<Option<Row>, Fault> {
        let mut first = None;
        self.each(sql, values, &mut |row| {
            first.get_or_insert(row);
            Ok(())
        })?;
        Ok(first)
    }

    /// Runs a query with a single number, such as `count(*)`.
    fn query_number(&mut self, sql: &str, values: &[Value]) -> Result<i64, Fault> {
        self.query_one(sql, values)?.ok_or(Fault::Cell(0))?.get(0)
    }
}

/// A value of a parameter or a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Null,
    Integer(i64),
    Text(String),
    Blob(Vec<u8>),
}

impl From<&str> for Value {
    fn from(text: &str) -> Self {
        Self::Text(text.into())
    }
}

impl From<&String> for Value {
    fn from(text: &String) -> Self {
        Self::Text(text.clone())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

impl From<&[u8]> for Value {
    fn from(bytes: &[u8]) -> Self {
        Self::Blob(bytes.into())
    }
}

impl<const N: usize> From<&[u8; N]> for Value {
    fn from(bytes: &[u8; N]) -> Self {
        Self::Blob(bytes.into())
    }
}

impl From<&Vec<u8>> for Value {
    fn from(bytes: &Vec<u8>) -> Self {
        Self::Blob(bytes.clone())
    }
}

macro_rules! from_numbers {
    ($($number:ty)*) => {$(
        impl From<$number> for Value {
            fn from(number: $number) -> Self {
                Self::Integer(number.into())
            }
        }

        impl FromValue for $number {
            fn from_value(value: Value) -> Option<Self> {
                match value {
                    Value::Integer(number) => number.try_into().ok(),
                    _ => None,
                }
            }
        }
    )*};
}

from_numbers!(u16 u32 i64);

impl From<bool> for Value {
    fn from(flag: bool) -> Self {
        Self::Integer(flag.into())
    }
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// A type of a cell.
pub(crate) trait FromValue: Sized {
    /// Converts a value; `None` if it has another type or is out of range.
    fn from_value(value: Value) -> Option<Self>;
}

impl FromValue for bool {
    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Integer(number) => Some(number != 0),
            _ => None,
        }
    }
}

impl FromValue for u64 {
    fn from_value(value: Value) -> Option<Self> {
        i64::from_value(value)?.try_into().ok()
    }
}

impl FromValue for String {
    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Text(text) => Some(text),
            _ => None,
        }
    }
}

impl FromValue for Vec<u8> {
    /// Version 1 of the tables had texts in place of some bytes.
    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Blob(bytes) => Some(bytes),
            Value::Text(text) => Some(text.into_bytes()),
            _ => None,
        }
    }
}

impl<T: FromValue> FromValue for Option<T> {
    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Null => Some(None),
            value => T::from_value(value).map(Some),
        }
    }
}

/// A row of a query result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Row(pub(crate) Vec<Value>);

impl Row {
    /// Reads the cell of a column, from 0.
    pub(crate) fn get<T: FromValue>(&self, index: usize) -> Result<T, Fault> {
        let value = self.0.get(index).cloned().and_then(T::from_value);
        value.ok_or(Fault::Cell(index))
    }
}

/// The reason why a transaction failed.
#[derive(Debug)]
pub(crate) enum Fault {
    /// A cell of this column has the wrong type for a ledger, or is out of range.
    Cell(usize),
    /// The server reported an error, or is unavailable.
    #[cfg(feature = "postgres")]
    Postgres(crate::postgres::ServerFault),
    /// The work itself failed.
    Refused(Error),
    /// SQLite reported an error.
    Sqlite(rusqlite::Error),
}

impl Fault {
    /// Converts it to an error of the ledger.
    pub(crate) fn at(self, place: &LedgerPlace) -> Error {
        match self {
            #[cfg(feature = "postgres")]
            Self::Postgres(fault) => fault.at(place),
            Self::Refused(error) => error,
            Self::Cell(_) | Self::Sqlite(_) => Error::unusable(place, self),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cell(index) => write!(f, "column {index} of a row has an invalid value"),
            #[cfg(feature = "postgres")]
            Self::Postgres(fault) => fault.fmt(f),
            Self::Refused(error) => error.fmt(f),
            Self::Sqlite(error) => error.fmt(f),
        }
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        Self::Refused(error)
    }
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}
