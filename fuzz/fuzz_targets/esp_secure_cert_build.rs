//! Any sequence of calls: accepted records are read back, and a refused call changes nothing.
#![no_main]

#[path = "../../crates/esp-secure-cert/tests/properties/build.rs"]
mod build;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| build::property(bytes));
