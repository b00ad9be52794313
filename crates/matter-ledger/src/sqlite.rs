use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql, TransactionBehavior};

use crate::statements::{Database, Engine, Fault, Purpose, Row, Statements, Value};

/// Maximum number of prepared statements: more than a run and a desk use together.
const STATEMENTS: usize = 64;

/// A ledger in a file, or in memory.
pub(crate) struct Sqlite(Connection);

impl Sqlite {
    pub(crate) fn new(connection: Connection) -> Self {
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        Self(connection)
    }
}

impl Database for Sqlite {
    fn transaction(
        &mut self,
        purpose: Purpose,
        work: &mut dyn FnMut(&mut dyn Statements) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let behavior = match purpose {
            Purpose::Read => TransactionBehavior::Deferred,
            // A writer waits for others here, not later in the transaction.
            Purpose::Write | Purpose::Rows => TransactionBehavior::Immediate,
        };
        let transaction = self.0.transaction_with_behavior(behavior)?;
        work(&mut OnConnection(&transaction))?;
        Ok(transaction.commit()?)
    }
}

/// Statements that run one by one, or in a transaction of the connection.
pub(crate) struct OnConnection<'c>(pub(crate) &'c Connection);

impl Statements for OnConnection<'_> {
    fn engine(&self) -> Engine {
        Engine::Sqlite
    }

    fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, Fault> {
        let mut statement = self.0.prepare_cached(&numbered(sql))?;
        let changed = statement.execute(rusqlite::params_from_iter(values))?;
        Ok(u64::try_from(changed).unwrap_or(u64::MAX))
    }

    fn each(
        &mut self,
        sql: &str,
        values: &[Value],
        see: &mut dyn FnMut(Row) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let mut statement = self.0.prepare_cached(&numbered(sql))?;
        let columns = statement.column_count();
        let mut rows = statement.query(rusqlite::params_from_iter(values))?;
        while let Some(row) = rows.next()? {
            let mut found = Vec::with_capacity(columns);
            for index in 0..columns {
                found.push(value(row.get_ref(index)?).ok_or(Fault::Cell(index))?);
            }
            see(Row(found))?;
        }
        Ok(())
    }
}

/// In SQLite, `$2` is a name, numbered by its first appearance; `?2` is a number.
fn numbered(sql: &str) -> String {
    sql.replace('$', "?")
}

/// Returns the value of a cell; `None` for a fractional number, and for text that is not UTF-8.
fn value(cell: ValueRef<'_>) -> Option<Value> {
    Some(match cell {
        ValueRef::Null => Value::Null,
        ValueRef::Integer(number) => Value::Integer(number),
        ValueRef::Real(_) => return None,
        ValueRef::Text(text) => Value::Text(String::from_utf8(text.into()).ok()?),
        ValueRef::Blob(bytes) => Value::Blob(bytes.into()),
    })
}

impl ToSql for Value {
    fn to_sql(&self) -> Result<ToSqlOutput<'_>, rusqlite::Error> {
        Ok(ToSqlOutput::Borrowed(match self {
            Self::Null => ValueRef::Null,
            Self::Integer(number) => ValueRef::Integer(*number),
            Self::Text(text) => ValueRef::Text(text.as_bytes()),
            Self::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}
