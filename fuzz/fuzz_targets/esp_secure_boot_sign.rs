//! Any sequence of calls: a signed image verifies, a changed image does not.
#![no_main]

#[path = "../../crates/esp-secure-boot/tests/properties/sign.rs"]
mod sign;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| sign::property(bytes));
