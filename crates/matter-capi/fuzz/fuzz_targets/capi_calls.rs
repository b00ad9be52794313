//! Any sequence of calls on a list, including NULL and any lengths -> no panic, and errors only as
//! numbers.
#![no_main]

#[path = "../../tests/properties/calls.rs"]
mod property;
#[path = "../../tests/properties/support.rs"]
mod support;

libfuzzer_sys::fuzz_target!(|data: &[u8]| property::check_bytes(data));
