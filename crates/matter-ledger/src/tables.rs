//! The tables of a ledger: the same in both engines, except for SQLite's row sums.

use std::fmt::Write as _;

use crate::statements::{Engine, Fault, Statements, Value};

/// A table of a ledger.
pub(crate) struct Table {
    pub(crate) name: &'static str,
    /// The columns, without an `id` assigned by the engine. A sum covers them: SQLite's indexes contain the `id` as well,
    /// and differ from the table if it is damaged.
    pub(crate) columns: &'static str,
    pub(crate) has_rowid: bool,
}

pub(crate) const META: Table = table("meta", "name, value", false);
/// The orders table before issuances.
pub(crate) const FORMER_ORDERS: Table = table("orders", "id, size", false);
pub(crate) const ORDERS: Table = table(
    "orders",
    "id, size, vendor_id, product_id, state, opened_by, approved_by",
    false,
);
pub(crate) const RUN: Table = table(
    "run",
    "ident, state, folder, vendor_id, product_id, count, order_id, tool, test, started, ended, done, tables",
    true,
);
pub(crate) const PARAMETER: Table = table("parameter", "run, name, mac", false);
pub(crate) const DEVICE: Table = table(
    "device",
    "run, row, uuid, state, serial, discriminator, passcode_mac, pair_mac, dac_serial, key_sha256, published, retired, \
     reason",
    true,
);
pub(crate) const IMAGE: Table = table("image", "device, name, size, sha256", false);
pub(crate) const CLAIM: Table = table(
    "claim",
    "device, mac, state, station, slot, claimed, changed, reason",
    true,
);
pub(crate) const ISSUANCE: Table = table(
    "issuance",
    "order_id, device, key_sha256, state, public_key, dac, dac_serial, subject, station, created, changed",
    true,
);
/// Its `seq` is not assigned by the engine.
pub(crate) const LOG: Table = table("log", "seq, time, entry, previous, hash", false);
pub(crate) const LOG_HEAD: Table = table("log_head", "seq, hash, key, signature", false);

/// The events of a claim, sorted by ID.
pub(crate) const CLAIM_EVENT: Table = table("claim_event", "claim, time, state, station, slot, detail", true);
pub(crate) const CLAIM_FACT: Table = table("claim_fact", "claim, name, value", false);
pub(crate) const JOURNAL: Table = table("journal", "claim, step, what, phase, time", true);
pub(crate) const REFUSED_BOARD: Table = table(
    "refused_board",
    "order_id, mac, station, slot, reason, detail, time",
    true,
);

pub(crate) const TABLES: [&Table; 14] = [
    &META,
    &ORDERS,
    &RUN,
    &PARAMETER,
    &DEVICE,
    &IMAGE,
    &CLAIM,
    &ISSUANCE,
    &LOG,
    &LOG_HEAD,
    &CLAIM_EVENT,
    &CLAIM_FACT,
    &JOURNAL,
    &REFUSED_BOARD,
];
/// The tables of version 3.
pub(crate) const THIRD_TABLES: [&Table; 10] = [
    &META, &ORDERS, &RUN, &PARAMETER, &DEVICE, &IMAGE, &CLAIM, &ISSUANCE, &LOG, &LOG_HEAD,
];
/// The tables of version 2.
pub(crate) const SECOND_TABLES: [&Table; 6] = [&META, &FORMER_ORDERS, &RUN, &PARAMETER, &DEVICE, &IMAGE];

const fn table(name: &'static str, columns: &'static str, has_rowid: bool) -> Table {
    Table {
        name,
        columns,
        has_rowid,
    }
}

impl Table {
    /// Adds a row: a value for each column, in order.
    pub(crate) fn insert(&self, statements: &mut dyn Statements, values: &[Value]) -> Result<(), Fault> {
        statements
            .execute(&self.insert_sql(statements.engine()), values)
            .map(drop)
    }

    /// Adds a row, and returns its `id`.
    pub(crate) fn insert_id(&self, statements: &mut dyn Statements, values: &[Value]) -> Result<i64, Fault> {
        let sql = format!("{} RETURNING id", self.insert_sql(statements.engine()));
        statements.query_number(&sql, values)
    }

    /// Adds several rows, with one statement on a server, to save round trips.
    pub(crate) fn insert_all(&self, statements: &mut dyn Statements, rows: &[Vec<Value>]) -> Result<(), Fault> {
        match statements.engine() {
            #[cfg(feature = "postgres")]
            Engine::Postgres => {
                let (name, columns) = (self.name, self.columns);
                // A statement has at most 65,535 parameters.
                for rows in rows.chunks(1_000) {
                    let mut number = 0u32;
                    let mut group = |row: &Vec<Value>| {
                        let parameters = row.iter().map(|_| {
                            number += 1;
                            format!("${number}")
                        });
                        format!("({})", parameters.collect::<Vec<_>>().join(", "))
                    };
                    let groups = rows.iter().map(&mut group).collect::<Vec<_>>().join(", ");
                    let sql = format!("INSERT INTO {name} ({columns}) VALUES {groups}");
                    let values = rows.iter().flatten().cloned().collect::<Vec<_>>();
                    statements.execute(&sql, &values)?;
                }
            }
            Engine::Sqlite => {
                for row in rows {
                    self.insert(statements, row)?;
                }
            }
        }
        Ok(())
    }

    /// Updates columns of the rows whose `key` columns have these non-null values. Returns the number of rows.
    pub(crate) fn update(
        &self,
        statements: &mut dyn Statements,
        set: &[(&str, Value)],
        key: &[(&str, Value)],
    ) -> Result<u64, Fault> {
        let mut values = Vec::new();
        let set_sql = assignments(set, ", ", &mut values);
        let condition = assignments(key, " AND ", &mut values);
        let sql = format!("UPDATE {} SET {set_sql} WHERE {condition}", self.name);
        let changed = statements.execute(&sql, &values)?;
        if statements.engine() == Engine::Sqlite && changed > 0 {
            // Rows are selected by their current values.
            let now = key.iter().map(|(name, value)| {
                let set = set.iter().find(|(other, _)| other == name);
                (*name, set.map_or(value, |(_, value)| value).clone())
            });
            let mut values = Vec::new();
            let condition = assignments(&now.collect::<Vec<_>>(), " AND ", &mut values);
            let sql = format!("UPDATE {} SET sum = {} WHERE {condition}", self.name, self.sum());
            statements.execute(&sql, &values)?;
        }
        Ok(changed)
    }

    /// Returns the SQLite expression for a row's sum.
    pub(crate) fn sum(&self) -> String {
        format!("row_sum('{}', {})", self.name, self.columns)
    }

    fn insert_sql(&self, engine: Engine) -> String {
        let count = self.columns.split(',').count();
        let parameters = (1..=count).map(|number| format!("${number}")).collect::<Vec<_>>();
        let parameters = parameters.join(", ");
        let (name, columns) = (self.name, self.columns);
        match engine {
            #[cfg(feature = "postgres")]
            Engine::Postgres => format!("INSERT INTO {name} ({columns}) VALUES ({parameters})"),
            Engine::Sqlite => {
                format!("INSERT INTO {name} ({columns}, sum) VALUES ({parameters}, row_sum('{name}', {parameters}))")
            }
        }
    }
}

/// Returns `a = $1, b = $2`, with numbers that continue those of `values`.
fn assignments(columns: &[(&str, Value)], between: &str, values: &mut Vec<Value>) -> String {
    let mut sql = String::new();
    for (name, value) in columns {
        let between = if sql.is_empty() { "" } else { between };
        values.push(value.clone());
        // Writing to a String does not fail.
        let _ = write!(sql, "{between}{name} = ${}", values.len());
    }
    sql
}
