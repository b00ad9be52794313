//! Ledgers changed by a test without a trace: with the sums described in `docs/ledger.md`.

use std::path::Path;

use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::ValueRef;
use sha2::{Digest, Sha256};

/// Opens a ledger for [`change`].
pub fn open(path: &Path) -> Connection {
    let connection = Connection::open(path).unwrap();
    let flags = FunctionFlags::SQLITE_UTF8;
    let sum = connection.create_scalar_function("test_sum", -1, flags, |context| {
        let mut bytes = Vec::new();
        for index in 0..context.len() {
            let (kind, value) = match context.get_raw(index) {
                ValueRef::Null => (0, Vec::new()),
                ValueRef::Integer(number) => (1, number.to_le_bytes().to_vec()),
                ValueRef::Real(number) => (2, number.to_le_bytes().to_vec()),
                ValueRef::Text(text) => (3, text.to_vec()),
                ValueRef::Blob(blob) => (4, blob.to_vec()),
            };
            bytes.push(kind);
            bytes.extend(u64::try_from(value.len()).unwrap().to_le_bytes());
            bytes.extend(value);
        }
        let sum: [u8; 32] = Sha256::digest(&bytes).into();
        Ok(i64::from_le_bytes(sum[..8].try_into().unwrap()))
    });
    sum.unwrap();
    connection
}

/// Runs a statement, and updates the sums of all rows.
pub fn change(connection: &Connection, sql: &str) {
    assert!(connection.execute(sql, []).unwrap() > 0, "{sql} changes nothing");
    let tables = [
        "meta",
        "orders",
        "run",
        "parameter",
        "device",
        "image",
        "claim",
        "issuance",
        "log",
        "log_head",
        "claim_event",
        "claim_fact",
        "journal",
        "refused_board",
    ];
    for table in tables {
        let mut columns = connection.prepare(&format!("PRAGMA table_info({table})")).unwrap();
        let columns = columns.query_map([], |row| row.get::<_, String>(1)).unwrap();
        let is_given = |name: &str| name == "sum" || name == "id" && table != "orders";
        let columns = columns.map(Result::unwrap).filter(|name| !is_given(name));
        let columns = columns.collect::<Vec<_>>().join(", ");
        connection
            .execute(&format!("UPDATE {table} SET sum = test_sum('{table}', {columns})"), [])
            .unwrap();
    }
}
