//! Any text -> parse -> encode -> the same text; any struct -> encode -> parse -> the same struct.
#![no_main]

#[path = "../../tests/properties/codes.rs"]
mod property;
#[path = "../../tests/properties/support.rs"]
mod support;

libfuzzer_sys::fuzz_target!(|data: &[u8]| property::check_bytes(data));
