use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior};

use crate::database_file::APPLICATION;
use crate::ledger::PATIENCE;
use crate::row_sums::{self, SUMMED};

/// How long to wait before the next try.
const PAUSE: Duration = Duration::from_millis(5);
/// The version of the tables (`PRAGMA user_version`).
pub(crate) const VERSION: i64 = 2;
/// The version without sums, which is made into the present one.
const FORMER: i64 = 1;

/// `docs/ledger.md` says what the columns mean.
const TABLES: &str = "
CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL, sum INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE orders (id TEXT PRIMARY KEY, size INTEGER NOT NULL, sum INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE run (
    id INTEGER PRIMARY KEY,
    ident TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL CHECK (state IN ('open', 'complete', 'abandoned')),
    folder BLOB NOT NULL,
    vendor_id INTEGER NOT NULL,
    product_id INTEGER NOT NULL,
    count INTEGER NOT NULL,
    order_id TEXT REFERENCES orders (id),
    tool TEXT NOT NULL,
    test INTEGER NOT NULL,
    started TEXT NOT NULL,
    ended TEXT,
    done INTEGER NOT NULL DEFAULT 0,
    tables TEXT NOT NULL DEFAULT '',
    sum INTEGER NOT NULL
) STRICT;
CREATE TABLE parameter (
    run INTEGER NOT NULL REFERENCES run (id),
    name TEXT NOT NULL,
    mac BLOB NOT NULL,
    sum INTEGER NOT NULL,
    PRIMARY KEY (run, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE device (
    id INTEGER PRIMARY KEY,
    run INTEGER NOT NULL REFERENCES run (id),
    row INTEGER NOT NULL,
    uuid TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL CHECK (state IN ('published', 'scrapped', 'replaced')),
    serial TEXT,
    discriminator INTEGER NOT NULL,
    passcode_mac BLOB,
    pair_mac BLOB,
    dac_serial BLOB,
    key_sha256 BLOB,
    published TEXT NOT NULL,
    retired TEXT,
    reason TEXT,
    sum INTEGER NOT NULL,
    UNIQUE (run, row)
) STRICT;
CREATE INDEX device_serial ON device (serial);
CREATE INDEX device_passcode ON device (passcode_mac);
CREATE INDEX device_pair ON device (pair_mac);
CREATE INDEX device_key ON device (key_sha256);
CREATE TABLE image (
    device INTEGER NOT NULL REFERENCES device (id),
    name TEXT NOT NULL,
    size INTEGER NOT NULL,
    sha256 BLOB NOT NULL,
    sum INTEGER NOT NULL,
    PRIMARY KEY (device, name)
) STRICT, WITHOUT ROWID;
";

/// Why a database is not taken for a ledger.
#[derive(Debug)]
pub(crate) enum Refusal {
    Sqlite(rusqlite::Error),
    Schema(String),
}

impl From<rusqlite::Error> for Refusal {
    fn from(error: rusqlite::Error) -> Self {
        Self::Sqlite(error)
    }
}

impl std::fmt::Display for Refusal {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(error) => error.fmt(f),
            Self::Schema(reason) => f.write_str(reason),
        }
    }
}

/// Takes a database for what it may be: damaged, or made to do harm.
pub(crate) fn defend(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.execute_batch("PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0;")?;
    row_sums::register(connection)
}

/// Tells whether there are no tables at all.
pub(crate) fn is_empty(connection: &Connection) -> Result<bool, Refusal> {
    let objects: i64 = connection.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0))?;
    Ok(objects == 0)
}

/// Refuses what is no ledger, and tells the version of one. Nothing but the list of tables is read: no view or trigger of
/// somebody else's runs.
pub(crate) fn recognize(connection: &Connection) -> Result<i64, Refusal> {
    let read = |name: &str| connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0));
    let version = match (read("application_id")?, read("user_version")?) {
        (APPLICATION, version @ (FORMER | VERSION)) => version,
        (APPLICATION, other) => {
            return Err(Refusal::Schema(format!(
                "has version {other}, and this tool knows {FORMER} and {VERSION}"
            )));
        }
        _ => return Err(Refusal::Schema("is a database, but no ledger of this tool".into())),
    };
    let mut objects = connection.prepare("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name")?;
    let found = objects.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
    let mut found = found.collect::<Result<Vec<_>, _>>()?;
    found.iter_mut().for_each(|(_, sql)| *sql = normal(sql));
    let expected = statements(version);
    if let Some((name, _)) = found.iter().find(|object| !expected.contains(object)) {
        return Err(Refusal::Schema(format!("has '{name}', which no ledger has")));
    }
    if found.len() < expected.len() {
        return Err(Refusal::Schema("lacks tables that every ledger has".into()));
    }
    Ok(version)
}

/// The statements that make the tables and indexes of a version, each with the name of what it makes.
fn statements(version: i64) -> Vec<(String, String)> {
    let tables = if version == FORMER {
        TABLES
            .replace(" sum INTEGER NOT NULL,", "")
            .replace(", sum INTEGER NOT NULL", "")
            .replace(",\n    sum INTEGER NOT NULL", "")
            .replace("\n    sum INTEGER NOT NULL,", "")
            .replace("folder BLOB", "folder TEXT")
    } else {
        TABLES.to_owned()
    };
    let made = tables.split(';').map(normal).filter(|statement| !statement.is_empty());
    let named = made.map(|statement| {
        let name = statement.split(' ').nth(2).unwrap_or_default().to_owned();
        (name, statement)
    });
    named.collect()
}

/// A statement with single spaces, and without quotes, which SQLite puts around a renamed table's name.
fn normal(statement: &str) -> String {
    let words = statement.split_whitespace().collect::<Vec<_>>().join(" ");
    words.replace('"', "").replace("( ", "(").replace(" )", ")")
}

/// Says how to write: a commit is on disk when it returns. SQLite does not wait by itself for others that open or close a
/// database at the same time.
fn configure(connection: &Connection) -> Result<(), rusqlite::Error> {
    let start = Instant::now();
    loop {
        let done =
            connection.execute_batch("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;");
        let is_busy = |error: &rusqlite::Error| error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy);
        match done {
            Err(error) if is_busy(&error) && start.elapsed() < PATIENCE => std::thread::sleep(PAUSE),
            done => return done,
        }
    }
}

/// Makes the tables where there are none, or those of this version from those of the one before.
///
/// The tables come before the write-ahead log: from its first byte on, the file says that it is a ledger.
pub(crate) fn prepare(connection: &mut Connection) -> Result<(), Refusal> {
    connection.execute_batch("PRAGMA synchronous = FULL; PRAGMA foreign_keys = OFF;")?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Exclusive)?;
    if is_empty(&transaction)? {
        transaction.execute_batch(TABLES)?;
        mark(&transaction)?;
    } else if recognize(&transaction)? == FORMER {
        migrate(&transaction)?;
        mark(&transaction)?;
    }
    transaction.commit()?;
    Ok(configure(connection)?)
}

fn mark(transaction: &Transaction<'_>) -> Result<(), rusqlite::Error> {
    transaction.execute_batch(&format!(
        "PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION};"
    ))
}

/// Makes each table anew with the sums of its rows.
fn migrate(transaction: &Transaction<'_>) -> Result<(), rusqlite::Error> {
    for (name, statement) in statements(VERSION) {
        let Some(table) = SUMMED.iter().find(|table| table.name == name) else {
            transaction.execute_batch(&statement)?;
            continue;
        };
        let anew = format!("new_{name}");
        let make = statement.replacen(&format!("TABLE {name}"), &format!("TABLE {anew}"), 1);
        let key = if table.has_rowid { "id, " } else { "" };
        let columns = table.columns;
        // Folders were texts, and are the bytes of paths.
        let values = columns.replace("folder", "CAST(folder AS BLOB)");
        let sum = table.sum().replace("folder", "CAST(folder AS BLOB)");
        transaction.execute_batch(&format!(
            "{make};
             INSERT INTO {anew} ({key}{columns}, sum) SELECT {key}{values}, {sum} FROM {name};
             DROP TABLE {name};
             ALTER TABLE {anew} RENAME TO {name};"
        ))?;
    }
    Ok(())
}
