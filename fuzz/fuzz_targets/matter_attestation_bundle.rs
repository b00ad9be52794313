//! Any bytes as certificates in PEM, DER or PKCS#7: each certificate reads the same on its own.
#![no_main]

#[path = "../../crates/matter-attestation/tests/properties/bundle.rs"]
mod bundle;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| bundle::property(bytes));
