//! Any bytes: searching for private keys never panics, and a known key among them is found.
#![no_main]

#[path = "../../crates/matter-factory-data/tests/properties/find_keys.rs"]
mod find_keys;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| find_keys::property(bytes));
