//! Any bytes as a certificate revocation list: what is accepted comes back the same from its own encodings.
#![no_main]

#[path = "../../crates/matter-attestation/tests/properties/crl.rs"]
mod crl;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| crl::property(bytes));
