//! Any bytes: searching them for private keys never panics, and a known key between them is found.
#![no_main]

#[path = "../../crates/matter-factory-data/tests/properties/find_keys.rs"]
mod find_keys;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| find_keys::property(bytes));
