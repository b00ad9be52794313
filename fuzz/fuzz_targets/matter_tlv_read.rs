//! Any bytes: the reader never panics, keeps to its input, and an error stays.
#![no_main]

#[path = "../../crates/matter-tlv/tests/properties/read.rs"]
mod read;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| read::property(bytes));
