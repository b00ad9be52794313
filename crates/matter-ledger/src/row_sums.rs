//! A sum of each row, so that a flipped bit is found.
//!
//! SQLite itself notices damage only where it breaks the structure of a page.

use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode};
use sha2::{Digest, Sha256};

use crate::schema::Refusal;

/// A table whose rows have sums.
pub(crate) struct Summed {
    pub(crate) name: &'static str,
    /// The columns of a sum. An `id` that SQLite gives is not among them: the indexes hold it as well, and differ from the
    /// table when it is damaged.
    pub(crate) columns: &'static str,
    pub(crate) has_rowid: bool,
}

pub(crate) const META: Summed = table("meta", "name, value", false);
pub(crate) const ORDERS: Summed = table("orders", "id, size", false);
pub(crate) const RUN: Summed = table(
    "run",
    "ident, state, folder, vendor_id, product_id, count, order_id, tool, test, started, ended, done, tables",
    true,
);
pub(crate) const PARAMETER: Summed = table("parameter", "run, name, mac", false);
pub(crate) const DEVICE: Summed = table(
    "device",
    "run, row, uuid, state, serial, discriminator, passcode_mac, pair_mac, dac_serial, key_sha256, published, retired, \
     reason",
    true,
);
pub(crate) const IMAGE: Summed = table("image", "device, name, size, sha256", false);

pub(crate) const SUMMED: [Summed; 6] = [META, ORDERS, RUN, PARAMETER, DEVICE, IMAGE];

const fn table(name: &'static str, columns: &'static str, has_rowid: bool) -> Summed {
    Summed {
        name,
        columns,
        has_rowid,
    }
}

impl Summed {
    /// The expression for a row's sum.
    pub(crate) fn sum(&self) -> String {
        format!("row_sum('{}', {})", self.name, self.columns)
    }

    /// The statement that adds a row: one parameter for each column.
    pub(crate) fn insert(&self) -> String {
        let count = self.columns.split(',').count();
        let parameters = (1..=count).map(|number| format!("?{number}")).collect::<Vec<_>>();
        let parameters = parameters.join(", ");
        let (name, columns) = (self.name, self.columns);
        format!("INSERT INTO {name} ({columns}, sum) VALUES ({parameters}, row_sum('{name}', {parameters}))")
    }

    /// The statement that sums the rows of `condition` again, after they were changed.
    pub(crate) fn sum_again(&self, condition: &str) -> String {
        format!("UPDATE {} SET sum = {} WHERE {condition}", self.name, self.sum())
    }
}

/// Makes the function `row_sum`, which statements of this tool use and no database can.
pub(crate) fn register(connection: &Connection) -> Result<(), rusqlite::Error> {
    let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_DIRECTONLY;
    connection.create_scalar_function("row_sum", -1, flags, row_sum)
}

/// The first 8 bytes of SHA-256 over all values, each with its type and its length.
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

/// Refuses a damaged database: its structure, its indexes, and in the present version the sum of each row.
pub(crate) fn check(connection: &Connection, with_sums: bool) -> Result<(), Refusal> {
    let damaged = |what: String| Refusal::Schema(format!("is damaged: {what}"));
    let said: String = connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0))?;
    if said != "ok" {
        // "row 7 missing from index …", or what SQLite says of a page.
        let first = said.lines().next().unwrap_or_default();
        return Err(damaged(first.to_owned()));
    }
    for table in SUMMED.iter().filter(|_| with_sums) {
        let (name, sum) = (table.name, table.sum());
        let sql = format!("SELECT count(*) FROM {name} WHERE sum IS NOT {sum}");
        let wrong: i64 = connection.query_row(&sql, [], |row| row.get(0))?;
        if wrong > 0 {
            return Err(damaged(format!(
                "the sum of {wrong} rows of the table {name} is not that of their values"
            )));
        }
    }
    Ok(())
}

/// Lets no statement of a damaged or malicious database run for ever: a whole ledger is read and checked in some steps of
/// SQLite's machine for each of its bytes.
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

/// Takes the limit away, for a run that goes on for as long as it likes.
pub(crate) fn unlimited(connection: &mut Connection) -> Result<(), rusqlite::Error> {
    connection.progress_handler(0, None::<fn() -> bool>)
}

/// Says what an end at the limit means.
pub(crate) fn explain(refusal: Refusal) -> Refusal {
    match refusal {
        Refusal::Sqlite(error) if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) => {
            Refusal::Schema("is damaged: reading it takes longer than a ledger of its size may take".into())
        }
        other => other,
    }
}
