//! Any parts and numbers -> a partition of the requested size, or an error; a key stored elsewhere
//! is not in it.
#![no_main]

#[path = "../../tests/properties/secure_cert.rs"]
mod property;
#[path = "../../tests/properties/support.rs"]
mod support;

libfuzzer_sys::fuzz_target!(|data: &[u8]| property::check_bytes(data));
