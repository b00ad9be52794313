//! The tables on a server: those of SQLite with the server's types, and without row sums, because the server has page
//! checksums.

use super::ServerFault;
use crate::schema;
use crate::statements::{Fault, Statements};
use crate::tables::{META, TABLES, THIRD_TABLES, Table};

/// Waits until no other transaction writes to the ledger, identified by the connection's schema.
pub(super) const LOCK: &str = "SELECT pg_advisory_xact_lock(1296909895, hashtext(current_schema()))";
/// The name of the stored version.
const VERSION: &str = "version";
/// Lists the tables and views in a schema: those that are not part of a ledger are refused.
const RELATIONS: &str = "SELECT relname::text FROM pg_class WHERE relnamespace = current_schema()::regnamespace
    AND relkind IN ('r', 'p', 'v', 'm', 'f') ORDER BY relname";
const COLUMNS: &str = "SELECT string_agg(attname::text, ', ' ORDER BY attnum) FROM pg_attribute
    WHERE attrelid = (SELECT oid FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relname = $1)
    AND attnum > 0 AND NOT attisdropped";
/// Lists the indexes that make values unique.
const UNIQUE: &str = "SELECT indexrelid::regclass::text FROM pg_index JOIN pg_class ON pg_class.oid = indrelid
    WHERE relnamespace = current_schema()::regnamespace AND relkind = 'r' AND indisunique AND indisvalid";
/// Counts the tables with rules, row security or triggers, which could change the effect of statements.
const EXTRAS: &str = "SELECT count(*) FROM pg_class WHERE relnamespace = current_schema()::regnamespace
    AND relkind = 'r' AND (relhasrules OR relrowsecurity
    OR EXISTS (SELECT 1 FROM pg_trigger WHERE tgrelid = pg_class.oid AND NOT tgisinternal))";
/// Without these, duplicate values would be possible.
const UNIQUE_NAMES: [&str; 17] = [
    "claim_device_key",
    "claim_mac",
    "claim_pkey",
    "device_pkey",
    "device_run_row_key",
    "device_uuid_key",
    "image_pkey",
    "issuance_dac_serial_key",
    "issuance_key_sha256_key",
    "issuance_pkey",
    "log_head_pkey",
    "log_pkey",
    "meta_pkey",
    "orders_pkey",
    "parameter_pkey",
    "run_ident_key",
    "run_pkey",
];
/// The unique indexes added in version 4.
const FOURTH_NAMES: [&str; 4] = [
    "claim_event_pkey",
    "claim_fact_pkey",
    "journal_pkey",
    "refused_board_pkey",
];

/// Creates the tables in an empty schema, migrates those of version 3, and refuses anything else.
pub(super) fn prepare(statements: &mut dyn Statements) -> Result<(), Fault> {
    match recognize(statements)? {
        None => {
            create(statements, &[])?;
            let version = schema::VERSION.to_string();
            META.insert(statements, &[VERSION.into(), version.as_bytes().into()])
        }
        Some(schema::VERSION) => Ok(()),
        Some(former) => {
            create(statements, &schema::statements(former))?;
            let version = schema::VERSION.to_string();
            let set = [("value", version.as_bytes().into())];
            META.update(statements, &set, &[("name", VERSION.into())]).map(drop)
        }
    }
}

/// Creates the missing tables and indexes.
fn create(statements: &mut dyn Statements, former: &[(String, String)]) -> Result<(), Fault> {
    for made in schema::statements(schema::VERSION) {
        if !former.contains(&made) {
            statements.execute(&on_server(&made.1), &[])?;
        }
    }
    Ok(())
}

/// The tables of a version that exists on servers.
const fn tables(version: i64) -> &'static [&'static Table] {
    match version {
        schema::THIRD => &THIRD_TABLES,
        _ => &TABLES,
    }
}

/// Returns the version of a ledger; `None` for an empty schema. Refuses anything else.
pub(super) fn recognize(statements: &mut dyn Statements) -> Result<Option<i64>, Fault> {
    let foreign = |reason: String| Err(ServerFault::Foreign(reason).into());
    let relations = statements.query(RELATIONS, &[])?;
    let relations = relations
        .iter()
        .map(|row| row.get(0))
        .collect::<Result<Vec<String>, _>>()?;
    if relations.is_empty() {
        return Ok(None);
    }
    if let Some(name) = relations
        .iter()
        .find(|name| TABLES.iter().all(|table| table.name != **name))
    {
        return foreign(format!(
            "its schema has '{name}', which is not part of a ledger; use another database"
        ));
    }
    if !relations.iter().any(|name| name == META.name) {
        return foreign("its schema lacks tables of a ledger".into());
    }
    let sql = "SELECT value FROM meta WHERE name = $1";
    let version = statements.query_one(sql, &[VERSION.into()])?;
    let version = version
        .map(|row| row.get::<Vec<u8>>(0))
        .transpose()?
        .unwrap_or_default();
    let versions = [schema::THIRD, schema::VERSION];
    let Some(known) = versions
        .into_iter()
        .find(|known| known.to_string().as_bytes() == version)
    else {
        let version = String::from_utf8_lossy(&version).into_owned();
        let (first, last) = (schema::THIRD, schema::VERSION);
        return foreign(format!(
            "has version '{version}'; supported versions: {first} to {last}"
        ));
    };
    for table in tables(known) {
        let id = if table.has_rowid { "id, " } else { "" };
        let row = statements.query_one(COLUMNS, &[table.name.into()])?;
        let found = row.map(|row| row.get::<Option<String>>(0)).transpose()?.flatten();
        if found != Some(format!("{id}{}", table.columns)) {
            return foreign(format!("has wrong columns in its table {}", table.name));
        }
    }
    let unique = statements.query(UNIQUE, &[])?;
    let unique = unique
        .iter()
        .map(|row| row.get(0))
        .collect::<Result<Vec<String>, _>>()?;
    let is_there = |name: &str| unique.iter().any(|found| found.rsplit('.').next() == Some(name));
    let fourth = FOURTH_NAMES.iter().filter(|_| known != schema::THIRD);
    if let Some(name) = UNIQUE_NAMES.iter().chain(fourth).find(|name| !is_there(name)) {
        return foreign(format!("lacks the index {name}"));
    }
    if statements.query_number(EXTRAS, &[])? > 0 {
        return foreign("has rules or triggers, which are not part of a ledger".into());
    }
    Ok(Some(known))
}

/// Converts a statement that creates a table or an index from SQLite's syntax to the server's.
fn on_server(statement: &str) -> String {
    statement
        .replace(", sum INTEGER NOT NULL", "")
        .replace(" STRICT", "")
        .replace(", WITHOUT ROWID", "")
        .replace(
            "id INTEGER PRIMARY KEY",
            "id BIGINT GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY",
        )
        .replace("INTEGER", "BIGINT")
        .replace("BLOB", "BYTEA")
}
