//! Any bytes: the reader never panics, stays within its input, and an error is permanent.
#![no_main]

#[path = "../../crates/matter-tlv/tests/properties/read.rs"]
mod read;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| read::property(bytes));
