//! A sum for each row, to detect flipped bits.
//!
//! SQLite itself detects damage only in the structure of a page.

use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode};
use sha2::{Digest, Sha256};

use crate::schema::Refusal;
use crate::tables::Table;

/// Registers the function `row_sum` for the statements of this tool; databases cannot call it.
pub(crate) fn register(connection: &Connection) -> Result<(), rusqlite::Error> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_DIRECTONLY;
    connection.create_scalar_function("row_sum", -1, flags, row_sum)
}

/// The first 8 bytes of SHA-256 over all values, each with its type and length.
fn row_sum(context: &mut Context<'_>) -> Result<i64, rusqlite::Error> {
    let mut hash = Sha256::new();
    for index in 0..context.len() {
        let mut add = |kind: u8, bytes: &[u8]| {
            hash.update([kind]);
            hash.update(u64::try_from(bytes.len()).unwrap_or_default().to_le_bytes());
            hash.update(bytes);
        };
        match context.get_raw(index) {
            ValueRef::Null => add(0, &[]),
            ValueRef::Integer(number) => add(1, &number.to_le_bytes()),
            ValueRef::Real(number) => add(2, &number.to_le_bytes()),
            ValueRef::Text(text) => add(3, text),
            ValueRef::Blob(bytes) => add(4, bytes),
        }
    }
    let sum = hash.finalize();
    Ok(sum.first_chunk::<8>().map_or(0, |first| i64::from_le_bytes(*first)))
}

/// Refuses a damaged database: its structure, its indexes, and the sum of each row, which version 1 does not have.
pub(crate) fn check(connection: &Connection, summed: &[&Table]) -> Result<(), Refusal> {
    let damaged = |what: String| Refusal::Schema(format!("is damaged: {what}"));
    let message: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if message != "ok" {
        // "row 7 missing from index …", or a message about a page.
        let first = message.lines().next().unwrap_or_default();
        return Err(damaged(first.to_owned()));
    }
    for table in summed {
        let (name, sum) = (table.name, table.sum());
        let sql = format!("SELECT count(*) FROM {name} WHERE sum IS NOT {sum}");
        let wrong: i64 = connection.query_row(&sql, [], |row| row.get(0))?;
        if wrong > 0 {
            return Err(damaged(format!(
                "the sums of {wrong} rows of the table {name} do not match their values"
            )));
        }
    }
    Ok(())
}

/// Limits statements on a damaged or malicious database: reading and checking a whole ledger takes a few steps of SQLite's
/// virtual machine per byte.
pub(crate) fn limit(connection: &mut Connection, bytes: u64) -> Result<(), rusqlite::Error> {
    const STEPS: i32 = 10_000;
    const ALWAYS: u64 = 50_000_000;
    const PER_BYTE: u64 = 8;
    let mut left = (ALWAYS + bytes.saturating_mul(PER_BYTE)) / 10_000;
    connection.progress_handler(
        STEPS,
        Some(move || {
            left = left.saturating_sub(1);
            left == 0
        }),
    )
}

/// Removes the limit, for a run of any duration.
pub(crate) fn unlimited(connection: &mut Connection) -> Result<(), rusqlite::Error> {
    connection.progress_handler(0, None::<fn() -> bool>)
}

/// Explains an interruption by the limit.
pub(crate) fn explain(refusal: Refusal) -> Refusal {
    match refusal {
        Refusal::Sqlite(error) if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) => {
            Refusal::Schema("is damaged: reading it takes too long for its size".into())
        }
        other => other,
    }
}
