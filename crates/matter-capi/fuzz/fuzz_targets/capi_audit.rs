//! Parts of a device, each four bytes of length and the bytes -> JSON with its NUL, and counts that are those in it.
#![no_main]

#[path = "../../tests/properties/audit.rs"]
mod property;
#[path = "../../tests/properties/support.rs"]
mod support;

libfuzzer_sys::fuzz_target!(|data: &[u8]| property::check_bytes(data));
