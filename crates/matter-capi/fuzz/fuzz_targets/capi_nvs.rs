//! Any bytes -> decode and recover; decoded images are read entry by entry, encoded, and decoded to
//! the same entries.
#![no_main]

#[path = "../../tests/properties/nvs.rs"]
mod property;
#[path = "../../tests/properties/support.rs"]
mod support;

libfuzzer_sys::fuzz_target!(|data: &[u8]| property::check_bytes(data));
