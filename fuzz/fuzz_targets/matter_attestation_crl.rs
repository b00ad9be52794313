//! Any bytes as a certificate revocation list: an accepted list is unchanged by encoding and decoding.
#![no_main]

#[path = "../../crates/matter-attestation/tests/properties/crl.rs"]
mod crl;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| crl::property(bytes));
