//! Any key, address and bytes: pieces are refused unchanged, or decrypt to the input.
#![no_main]

#[path = "../../crates/esp-flash-image/tests/properties/crypt.rs"]
mod crypt;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| crypt::property(bytes));
