//! Simulates an attacker who modifies a ledger's file and recomputes its checksums.

use std::path::Path;

use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::ValueRef;
use sha2::{Digest, Sha256};

/// Runs statements and corrects the checksums of the log's tables.
pub(crate) fn change(path: &Path, sql: &str) {
    let connection = Connection::open(path).unwrap();
    let sum = connection.create_scalar_function("test_sum", -1, FunctionFlags::SQLITE_UTF8, |context| {
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
    connection.execute_batch(sql).unwrap();
    for (table, columns) in [
        ("log", "seq, time, entry, previous, hash"),
        ("log_head", "seq, hash, key, signature"),
        (
            "orders",
            "id, size, vendor_id, product_id, state, opened_by, approved_by",
        ),
        (
            "issuance",
            "order_id, device, key_sha256, state, public_key, dac, dac_serial, subject, station, created, changed",
        ),
    ] {
        let again = format!("UPDATE {table} SET sum = test_sum('{table}', {columns})");
        connection.execute_batch(&again).unwrap();
    }
}
