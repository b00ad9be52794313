//! Parts of a device, each with four bytes of length -> JSON with its NUL, and the counts in it.
#![no_main]

#[path = "../../tests/properties/audit.rs"]
mod property;
#[path = "../../tests/properties/support.rs"]
mod support;

libfuzzer_sys::fuzz_target!(|data: &[u8]| property::check_bytes(data));
