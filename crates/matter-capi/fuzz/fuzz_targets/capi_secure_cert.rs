//! Any parts and numbers -> a partition of the size that is asked for, or an error; a key that must stay out is not in it.
#![no_main]

#[path = "../../tests/properties/secure_cert.rs"]
mod property;
#[path = "../../tests/properties/support.rs"]
mod support;

libfuzzer_sys::fuzz_target!(|data: &[u8]| property::check_bytes(data));
