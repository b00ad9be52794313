use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, Transaction, TransactionBehavior};

use crate::database_file::APPLICATION;
use crate::ledger::PATIENCE;
use crate::row_sums;
use crate::tables::{FORMER_ORDERS, ORDERS, SECOND_TABLES, TABLES, THIRD_TABLES, Table};

/// The pause before the next attempt.
const PAUSE: Duration = Duration::from_millis(5);
/// The version of the tables (`PRAGMA user_version`).
pub(crate) const VERSION: i64 = 4;
/// The version before the station steps after a claim.
pub(crate) const THIRD: i64 = 3;
/// The version before issuances and claims.
const SECOND: i64 = 2;
/// The version before row sums.
const FIRST: i64 = 1;

/// `docs/ledger.md` explains the columns.
const COMMON: &str = "
CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL, sum INTEGER NOT NULL) STRICT, WITHOUT ROWID;
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

/// The orders table of versions 1 and 2.
const SECOND_ORDERS: &str = "
CREATE TABLE orders (id TEXT PRIMARY KEY, size INTEGER NOT NULL, sum INTEGER NOT NULL) STRICT, WITHOUT ROWID;
";

/// The tables added in version 3. Orders are first, because runs refer to them.
const THIRD_ORDERS: &str = "
CREATE TABLE orders (
    id TEXT PRIMARY KEY,
    size INTEGER NOT NULL,
    vendor_id INTEGER,
    product_id INTEGER,
    state TEXT NOT NULL CHECK (state IN ('proposed', 'open', 'closed')),
    opened_by TEXT,
    approved_by TEXT,
    sum INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
";
const THIRD_OTHERS: &str = "
CREATE TABLE claim (
    id INTEGER PRIMARY KEY,
    device INTEGER NOT NULL UNIQUE REFERENCES device (id),
    mac TEXT NOT NULL,
    state TEXT NOT NULL CHECK (state IN
        ('claimed', 'flashed', 'keys', 'locked', 'labelled', 'done', 'quarantined')),
    station TEXT NOT NULL,
    slot TEXT NOT NULL,
    claimed TEXT NOT NULL,
    changed TEXT NOT NULL,
    reason TEXT,
    sum INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX claim_mac ON claim (mac) WHERE state <> 'quarantined';
CREATE TABLE issuance (
    id INTEGER PRIMARY KEY,
    order_id TEXT REFERENCES orders (id),
    device TEXT NOT NULL,
    key_sha256 BLOB NOT NULL UNIQUE,
    state TEXT NOT NULL,
    public_key BLOB,
    dac BLOB,
    dac_serial BLOB UNIQUE,
    subject TEXT,
    station TEXT,
    created TEXT NOT NULL,
    changed TEXT NOT NULL,
    sum INTEGER NOT NULL
) STRICT;
CREATE INDEX issuance_order ON issuance (order_id, state);
CREATE INDEX issuance_device ON issuance (device);
CREATE TABLE log (
    seq INTEGER PRIMARY KEY,
    time TEXT NOT NULL,
    entry TEXT NOT NULL,
    previous BLOB NOT NULL,
    hash BLOB NOT NULL,
    sum INTEGER NOT NULL
) STRICT;
CREATE TABLE log_head (
    seq INTEGER PRIMARY KEY,
    hash BLOB NOT NULL,
    key BLOB NOT NULL,
    signature BLOB NOT NULL,
    sum INTEGER NOT NULL
) STRICT;
";

/// The tables added in version 4.
const FOURTH: &str = "
CREATE TABLE claim_event (
    id INTEGER PRIMARY KEY,
    claim INTEGER NOT NULL REFERENCES claim (id),
    time TEXT NOT NULL,
    state TEXT NOT NULL,
    station TEXT NOT NULL,
    slot TEXT NOT NULL,
    detail TEXT,
    sum INTEGER NOT NULL
) STRICT;
CREATE INDEX claim_event_claim ON claim_event (claim);
CREATE TABLE claim_fact (
    claim INTEGER NOT NULL REFERENCES claim (id),
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    sum INTEGER NOT NULL,
    PRIMARY KEY (claim, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE journal (
    id INTEGER PRIMARY KEY,
    claim INTEGER NOT NULL REFERENCES claim (id),
    step INTEGER NOT NULL,
    what TEXT NOT NULL,
    phase TEXT NOT NULL CHECK (phase IN ('before', 'after')),
    time TEXT NOT NULL,
    sum INTEGER NOT NULL
) STRICT;
CREATE INDEX journal_claim ON journal (claim);
CREATE TABLE refused_board (
    id INTEGER PRIMARY KEY,
    order_id TEXT NOT NULL REFERENCES orders (id),
    mac TEXT,
    station TEXT NOT NULL,
    slot TEXT NOT NULL,
    reason TEXT NOT NULL,
    detail TEXT NOT NULL,
    time TEXT NOT NULL,
    sum INTEGER NOT NULL
) STRICT;
CREATE INDEX refused_board_order ON refused_board (order_id);
";

/// A reason why a database is not accepted as a ledger.
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

/// Configures the connection for a database that may be damaged or malicious.
pub(crate) fn defend(connection: &Connection) -> Result<(), rusqlite::Error> {
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.execute_batch("PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0;")?;
    row_sums::register(connection)
}

/// Returns whether there are no tables.
pub(crate) fn is_empty(connection: &Connection) -> Result<bool, Refusal> {
    let objects: i64 = connection.query_row("SELECT count(*) FROM sqlite_master", [], |row| row.get(0))?;
    Ok(objects == 0)
}

/// Returns the version of a ledger; refuses anything else. Only the list of tables is read, so no foreign view or trigger
/// runs.
pub(crate) fn recognize(connection: &Connection) -> Result<i64, Refusal> {
    let read = |name: &str| connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0));
    let version = match (read("application_id")?, read("user_version")?) {
        (APPLICATION, version @ (FIRST | SECOND | THIRD | VERSION)) => version,
        (APPLICATION, other) => {
            return Err(Refusal::Schema(format!(
                "has version {other}; supported versions: {FIRST} to {VERSION}"
            )));
        }
        _ => return Err(Refusal::Schema("is a database, but not a ledger of this tool".into())),
    };
    let mut objects = connection.prepare("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name")?;
    let found = objects.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
    let mut found = found.collect::<Result<Vec<_>, _>>()?;
    found.iter_mut().for_each(|(_, sql)| *sql = normal(sql));
    let expected = statements(version);
    if let Some((name, _)) = found.iter().find(|object| !expected.contains(object)) {
        return Err(Refusal::Schema(format!("has '{name}', which is not part of a ledger")));
    }
    if found.len() < expected.len() {
        return Err(Refusal::Schema("lacks tables of a ledger".into()));
    }
    Ok(version)
}

/// Returns the statements that create the tables and indexes of a version, as one text.
fn tables(version: i64) -> String {
    match version {
        FIRST => format!("{SECOND_ORDERS}{COMMON}")
            .replace(" sum INTEGER NOT NULL,", "")
            .replace(", sum INTEGER NOT NULL", "")
            .replace(",\n    sum INTEGER NOT NULL", "")
            .replace("\n    sum INTEGER NOT NULL,", "")
            .replace("folder BLOB", "folder TEXT"),
        SECOND => format!("{SECOND_ORDERS}{COMMON}"),
        THIRD => format!("{THIRD_ORDERS}{COMMON}{THIRD_OTHERS}"),
        _ => format!("{THIRD_ORDERS}{COMMON}{THIRD_OTHERS}{FOURTH}"),
    }
}

/// Returns the statements of a version, each with the name of the created object.
pub(crate) fn statements(version: i64) -> Vec<(String, String)> {
    let tables = tables(version);
    let made = tables.split(';').map(normal).filter(|statement| !statement.is_empty());
    let named = made.map(|statement| {
        let mut words = statement
            .split(' ')
            .skip_while(|word| !matches!(*word, "TABLE" | "INDEX"));
        let name = words.nth(1).unwrap_or_default().to_owned();
        (name, statement)
    });
    named.collect()
}

/// The tables of a version that have row sums.
pub(crate) const fn summed(version: i64) -> &'static [&'static Table] {
    match version {
        FIRST => &[],
        SECOND => &SECOND_TABLES,
        THIRD => &THIRD_TABLES,
        _ => &TABLES,
    }
}

/// Normalizes a statement: single spaces, and no quotes, which SQLite puts around the name of a renamed table.
fn normal(statement: &str) -> String {
    let words = statement.split_whitespace().collect::<Vec<_>>().join(" ");
    words.replace('"', "").replace("( ", "(").replace(" )", ")")
}

/// Configures writing: commits are on disk when they return. SQLite does not wait by itself for processes that open or
/// close the database at the same time.
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

/// Creates the tables, or migrates those of an earlier version.
///
/// The tables are created before the write-ahead log, so that the file identifies itself as a ledger from the start.
pub(crate) fn prepare(connection: &mut Connection) -> Result<(), Refusal> {
    connection.execute_batch("PRAGMA synchronous = FULL; PRAGMA foreign_keys = OFF;")?;
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Exclusive)?;
    if is_empty(&transaction)? {
        transaction.execute_batch(&tables(VERSION))?;
        mark(&transaction)?;
    } else {
        let version = recognize(&transaction)?;
        if version < VERSION {
            // Afterwards, new sums would cover damaged values.
            row_sums::check(&transaction, summed(version))?;
            migrate(&transaction, version)?;
            mark(&transaction)?;
        }
    }
    transaction.commit()?;
    Ok(configure(connection)?)
}

fn mark(transaction: &Transaction<'_>) -> Result<(), rusqlite::Error> {
    transaction.execute_batch(&format!(
        "PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION};"
    ))
}

/// Creates the new tables, and recreates those with other columns or without sums.
fn migrate(transaction: &Transaction<'_>, version: i64) -> Result<(), rusqlite::Error> {
    let former = statements(version);
    for (name, statement) in statements(VERSION) {
        if former.contains(&(name.clone(), statement.clone())) {
            continue;
        }
        let is_known = former.iter().any(|(former, _)| *former == name);
        let Some(table) = TABLES.iter().find(|table| table.name == name && is_known) else {
            transaction.execute_batch(&statement)?;
            continue;
        };
        let anew = format!("new_{name}");
        let make = statement.replacen(&format!("TABLE {name}"), &format!("TABLE {anew}"), 1);
        let key = if table.has_rowid { "id, " } else { "" };
        let columns = table.columns;
        let old = |text: &str| match table.name {
            // Folders were texts, and are now the bytes of paths.
            "run" if version == FIRST => text.replace("folder", "CAST(folder AS BLOB)"),
            "orders" => text.replace(
                ORDERS.columns,
                &format!("{}, NULL, NULL, 'open', NULL, NULL", FORMER_ORDERS.columns),
            ),
            _ => text.to_owned(),
        };
        let (values, sum) = (old(columns), old(&table.sum()));
        transaction.execute_batch(&format!(
            "{make};
             INSERT INTO {anew} ({key}{columns}, sum) SELECT {key}{values}, {sum} FROM {name};
             DROP TABLE {name};
             ALTER TABLE {anew} RENAME TO {name};"
        ))?;
        // Dropping the table has dropped its indexes.
        let of_table = format!(" INDEX {name}_");
        for (_, index) in former.iter().filter(|(_, made)| made.contains(&of_table)) {
            transaction.execute_batch(index)?;
        }
    }
    Ok(())
}

/// Substitutes empty tables for those missing in an earlier version, as long as the connection lives.
pub(crate) fn stand_in(connection: &Connection, version: i64) -> Result<(), rusqlite::Error> {
    if version == VERSION {
        return Ok(());
    }
    let missing = match version {
        THIRD => FOURTH.to_owned(),
        _ => format!("{THIRD_OTHERS}{FOURTH}"),
    };
    let tables = missing.replace("CREATE TABLE", "CREATE TEMP TABLE");
    for statement in tables.split(';').filter(|statement| statement.contains("TABLE")) {
        connection.execute_batch(statement)?;
    }
    if version == THIRD {
        return Ok(());
    }
    connection.execute_batch(
        "CREATE TEMP VIEW orders AS SELECT id, size, NULL AS vendor_id, NULL AS product_id, 'open' AS state,
         NULL AS opened_by, NULL AS approved_by FROM main.orders",
    )
}
