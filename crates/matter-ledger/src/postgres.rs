//! Ledgers on a PostgreSQL server.
//!
//! Transactions that write do so one at a time, as in SQLite: the first thing they do is to take an advisory lock of the
//! ledger, and what they look up afterwards is what the former ones have left. Claims lock their rows instead.

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

/// How often a transaction is tried that others were in the way of.
const TRIES: u32 = 20;
/// How long to wait before the next try, times the number of tries.
const PAUSE: Duration = Duration::from_millis(5);
/// Statements that are kept ready: more than a run and a desk have together.
const STATEMENTS: usize = 256;

/// Opens a ledger, and makes the tables where the server has none.
pub(crate) fn open(place: &LedgerPlace, url: &str) -> Result<Box<dyn Database>, Error> {
    let mut database = connect(place, url)?;
    let result = database.transaction(Purpose::Write, &mut server_schema::prepare);
    result.map_err(|fault| fault.at(place))?;
    Ok(Box::new(database))
}

/// Opens a ledger, which gets the present tables; `None` where there are none.
pub(crate) fn open_existing(place: &LedgerPlace, url: &str) -> Result<Option<Box<dyn Database>>, Error> {
    match open_to_look(place, url)? {
        Some(_) => open(place, url).map(Some),
        None => Ok(None),
    }
}

/// Opens a ledger and leaves its tables as they are; `None` where there are none.
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
    /// Whether a transaction is open: after a panic in its work, the connection is of no use any more.
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

    /// Begins a transaction. That the server was restarted since the last one is noticed here; nothing is lost then.
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
            // The server takes back a transaction of which a statement has failed, whatever its end is said to be.
            Ok(()) if has_failed => Err(ServerFault::Refused("a statement has failed".into()).into()),
            done => done,
        };
        let sql = if end.is_ok() { "COMMIT" } else { "ROLLBACK" };
        let ended = connection.client.batch_execute(sql).map_err(ServerFault::from);
        if ended.is_ok() {
            connection.is_busy = false;
        }
        // Why the work has failed is more than that it could not be taken back: the server does so by itself.
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

/// The values of a statement, each as what its parameter is.
fn parameters<'v>(kinds: &[Type], values: &'v [Value]) -> Result<Vec<Box<dyn ToSql + Sync + 'v>>, ServerFault> {
    if kinds.len() != values.len() {
        let (wanted, given) = (kinds.len(), values.len());
        return Err(ServerFault::Refused(format!(
            "a statement of {wanted} parameters got {given}"
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
