//! Ledgers on a PostgreSQL server.
//!
//! Writing transactions run one at a time, as in SQLite: each first takes an advisory lock of the ledger, so its queries
//! see the results of the previous ones. Claims lock their rows instead.

use std::collections::BTreeMap;
use std::time::Duration;

use postgres::fallible_iterator::FallibleIterator;
use postgres::types::{ToSql, Type};
use postgres::{Client, Statement};

pub(crate) use self::server_fault::ServerFault;
use self::server_fault::from_row;
use self::server_url::Server;
use crate::statements::{Database, Engine, Fault, Purpose, Row, Statements, Value};
use crate::{Error, LedgerPlace};

mod server_fault;
mod server_schema;
mod server_url;

/// Maximum number of attempts of a transaction after conflicts.
const TRIES: u32 = 20;
/// The pause before the next attempt, multiplied by the number of attempts.
const PAUSE: Duration = Duration::from_millis(5);
/// Maximum number of prepared statements: more than a run and a desk use together.
const STATEMENTS: usize = 256;

/// Opens a ledger, and creates the tables if the server has none.
pub(crate) fn open(place: &LedgerPlace, url: &str) -> Result<Box<dyn Database>, Error> {
    let mut database = connect(place, url)?;
    let result = database.transaction(Purpose::Write, &mut server_schema::prepare);
    result.map_err(|fault| fault.at(place))?;
    Ok(Box::new(database))
}

/// Opens a ledger and migrates it to the current tables; `None` if there are none.
pub(crate) fn open_existing(place: &LedgerPlace, url: &str) -> Result<Option<Box<dyn Database>>, Error> {
    match open_to_look(place, url)? {
        Some(_) => open(place, url).map(Some),
        None => Ok(None),
    }
}

/// Opens a ledger without changing its tables; `None` if there are none.
pub(crate) fn open_to_look(place: &LedgerPlace, url: &str) -> Result<Option<Box<dyn Database>>, Error> {
    let mut database = connect(place, url)?;
    let mut is_there = false;
    let result = database.transaction(Purpose::Read, &mut |statements| {
        is_there = server_schema::recognize(statements)?.is_some();
        Ok(())
    });
    result.map_err(|fault| fault.at(place))?;
    let database: Box<dyn Database> = Box::new(database);
    Ok(is_there.then_some(database))
}

fn connect(place: &LedgerPlace, url: &str) -> Result<Postgres, Error> {
    let server = Server::new(url).map_err(|reason| Error::unusable(place, reason))?;
    let mut database = Postgres {
        server,
        connection: None,
    };
    database.connection().map_err(|fault| Fault::from(fault).at(place))?;
    Ok(database)
}

/// A ledger on a server.
struct Postgres {
    server: Server,
    connection: Option<Connection>,
}

struct Connection {
    client: Client,
    prepared: BTreeMap<String, Statement>,
    /// Whether a transaction is open: after a panic in its work, the connection is unusable.
    is_busy: bool,
}

impl Postgres {
    fn connection(&mut self) -> Result<&mut Connection, ServerFault> {
        let usable = self
            .connection
            .take()
            .filter(|known| !known.is_busy && !known.client.is_closed());
        let connection = match usable {
            Some(connection) => connection,
            None => Connection {
                client: self.server.connect()?,
                prepared: BTreeMap::new(),
                is_busy: false,
            },
        };
        Ok(self.connection.insert(connection))
    }

    /// Begins a transaction. A server restart since the last one is detected here, without loss of data.
    fn begin(&mut self, purpose: Purpose) -> Result<&mut Connection, ServerFault> {
        let sql = match purpose {
            Purpose::Read => "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY".into(),
            Purpose::Rows => BEGIN.into(),
            Purpose::Write => format!("{BEGIN}; {}", server_schema::LOCK),
        };
        let connection = self.connection()?;
        connection.is_busy = true;
        match connection.client.batch_execute(&sql).map_err(ServerFault::from) {
            Err(ServerFault::Away(_)) => self.connection = None,
            begun => {
                begun?;
                return self.begun();
            }
        }
        let connection = self.connection()?;
        connection.is_busy = true;
        connection.client.batch_execute(&sql)?;
        Ok(connection)
    }

    fn begun(&mut self) -> Result<&mut Connection, ServerFault> {
        self.connection
            .as_mut()
            .ok_or_else(|| ServerFault::Away("the connection is closed".into()))
    }

    fn try_once(
        &mut self,
        purpose: Purpose,
        work: &mut dyn FnMut(&mut dyn Statements) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let connection = self.begin(purpose)?;
        let mut statements = OnServer {
            connection,
            purpose,
            has_failed: false,
        };
        let done = work(&mut statements);
        let has_failed = statements.has_failed;
        let end = match done {
            // The server rolls back a transaction with a failed statement, even on commit.
            Ok(()) if has_failed => Err(ServerFault::Refused("a statement has failed".into()).into()),
            done => done,
        };
        let sql = if end.is_ok() { "COMMIT" } else { "ROLLBACK" };
        let ended = connection.client.batch_execute(sql).map_err(ServerFault::from);
        if ended.is_ok() {
            connection.is_busy = false;
        }
        // The failure of the work has priority over a failed rollback: the server rolls back by itself.
        end.and_then(|()| Ok(ended?))
    }
}

impl Database for Postgres {
    fn transaction(
        &mut self,
        purpose: Purpose,
        work: &mut dyn FnMut(&mut dyn Statements) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let mut tries = 0;
        loop {
            tries += 1;
            match self.try_once(purpose, work) {
                Err(Fault::Postgres(ServerFault::Again(_))) if tries < TRIES => std::thread::sleep(PAUSE * tries),
                done => return done,
            }
        }
    }
}

struct OnServer<'c> {
    connection: &'c mut Connection,
    purpose: Purpose,
    has_failed: bool,
}

impl OnServer<'_> {
    fn prepare(&mut self, sql: &str) -> Result<Statement, ServerFault> {
        let Connection { client, prepared, .. } = &mut *self.connection;
        if let Some(statement) = prepared.get(sql) {
            return Ok(statement.clone());
        }
        let statement = client.prepare(sql)?;
        if prepared.len() >= STATEMENTS {
            prepared.clear();
        }
        prepared.insert(sql.into(), statement.clone());
        Ok(statement)
    }

    fn run(
        &mut self,
        sql: &str,
        values: &[Value],
        see: &mut dyn FnMut(Row) -> Result<(), Fault>,
    ) -> Result<u64, Fault> {
        let statement = self.prepare(sql)?;
        let parameters = parameters(statement.params(), values)?;
        let rows = self.connection.client.query_raw(&statement, parameters);
        let mut rows = rows.map_err(ServerFault::from)?;
        while let Some(row) = rows.next().map_err(ServerFault::from)? {
            see(from_row(&row)?)?;
        }
        Ok(rows.rows_affected().unwrap_or_default())
    }
}

impl Statements for OnServer<'_> {
    fn engine(&self) -> Engine {
        Engine::Postgres
    }

    fn for_update(&self) -> &'static str {
        match self.purpose {
            Purpose::Read => "",
            Purpose::Rows | Purpose::Write => self.engine().for_update(),
        }
    }

    fn execute(&mut self, sql: &str, values: &[Value]) -> Result<u64, Fault> {
        let done = self.run(sql, values, &mut |_| Ok(()));
        self.has_failed |= done.is_err();
        done
    }

    fn each(
        &mut self,
        sql: &str,
        values: &[Value],
        see: &mut dyn FnMut(Row) -> Result<(), Fault>,
    ) -> Result<(), Fault> {
        let done = self.run(sql, values, see);
        self.has_failed |= matches!(done, Err(Fault::Postgres(_)));
        done.map(drop)
    }
}

const BEGIN: &str = "BEGIN ISOLATION LEVEL READ COMMITTED";

/// Converts the values of a statement to the types of its parameters.
fn parameters<'v>(kinds: &[Type], values: &'v [Value]) -> Result<Vec<Box<dyn ToSql + Sync + 'v>>, ServerFault> {
    if kinds.len() != values.len() {
        let (wanted, given) = (kinds.len(), values.len());
        return Err(ServerFault::Refused(format!(
            "a statement with {wanted} parameters received {given}"
        )));
    }
    let parameters = kinds.iter().zip(values).map(|(kind, value)| parameter(kind, value));
    Ok(parameters.collect())
}

fn parameter<'v>(kind: &Type, value: &'v Value) -> Box<dyn ToSql + Sync + 'v> {
    match value {
        Value::Null if *kind == Type::INT8 => Box::new(None::<i64>),
        Value::Null if *kind == Type::BYTEA => Box::new(None::<&[u8]>),
        Value::Null => Box::new(None::<&str>),
        Value::Integer(number) => Box::new(number),
        Value::Text(text) => Box::new(text),
        Value::Blob(bytes) => Box::new(bytes),
    }
}
