use std::time::{Duration, Instant};

use rusqlite::{Connection, ErrorCode, TransactionBehavior};

use super::PATIENCE;

/// How long to wait before the next try.
const PAUSE: Duration = Duration::from_millis(5);
/// Says that a database is a ledger (`PRAGMA application_id`): "MMFG".
const APPLICATION: i64 = 0x4D4D_4647;
/// The version of the tables (`PRAGMA user_version`).
const VERSION: i64 = 1;

/// `docs/ledger.md` says what the columns mean.
const TABLES: &str = "
CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE orders (id TEXT PRIMARY KEY, size INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE run (
    id INTEGER PRIMARY KEY,
    ident TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL CHECK (state IN ('open', 'complete', 'abandoned')),
    folder TEXT NOT NULL,
    vendor_id INTEGER NOT NULL,
    product_id INTEGER NOT NULL,
    count INTEGER NOT NULL,
    order_id TEXT REFERENCES orders (id),
    tool TEXT NOT NULL,
    test INTEGER NOT NULL,
    started TEXT NOT NULL,
    ended TEXT,
    done INTEGER NOT NULL DEFAULT 0,
    tables TEXT NOT NULL DEFAULT ''
) STRICT;
CREATE TABLE parameter (
    run INTEGER NOT NULL REFERENCES run (id),
    name TEXT NOT NULL,
    mac BLOB NOT NULL,
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
    PRIMARY KEY (device, name)
) STRICT, WITHOUT ROWID;
";

/// Why a database is not taken for a ledger.
pub(super) enum Unknown {
    Sqlite(rusqlite::Error),
    Schema(String),
}

/// Accepts the ledgers of this version.
pub(super) fn recognize(connection: &Connection) -> Result<(), Unknown> {
    let read = |name: &str| connection.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0));
    let read = |name: &str| read(name).map_err(Unknown::Sqlite);
    match (read("application_id")?, read("user_version")?) {
        (APPLICATION, VERSION) => Ok(()),
        (APPLICATION, other) => Err(Unknown::Schema(format!(
            "has version {other}, and this tool knows {VERSION}"
        ))),
        _ => Err(Unknown::Schema("is a database, but no ledger of this tool".into())),
    }
}

/// Says how to write. SQLite does not wait by itself for others that open or close a database at the same time.
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

/// Makes the tables where there are none, and says how to write: a commit is on disk when it returns.
pub(super) fn prepare(connection: &mut Connection) -> Result<(), String> {
    let text = |error: rusqlite::Error| error.to_string();
    configure(connection).map_err(text)?;
    let transaction = connection
        .transaction_with_behavior(TransactionBehavior::Immediate)
        .map_err(text)?;
    let number = |name: &str| transaction.query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0));
    let (application, version) = (
        number("application_id").map_err(text)?,
        number("user_version").map_err(text)?,
    );
    let objects = "SELECT count(*) FROM sqlite_master";
    let objects: i64 = transaction.query_row(objects, [], |row| row.get(0)).map_err(text)?;
    match (application, version, objects) {
        (APPLICATION, VERSION, _) => return Ok(()),
        (APPLICATION, other, _) => return Err(format!("has version {other}, and this tool knows {VERSION}")),
        (0, 0, 0) => {}
        _ => return Err("is a database, but no ledger of this tool".into()),
    }
    transaction.execute_batch(TABLES).map_err(text)?;
    transaction
        .execute_batch(&format!(
            "PRAGMA application_id = {APPLICATION}; PRAGMA user_version = {VERSION};"
        ))
        .map_err(text)?;
    transaction.commit().map_err(text)
}
