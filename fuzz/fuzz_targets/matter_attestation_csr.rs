//! Any bytes as a certificate signing request: an accepted request is unchanged by encoding and decoding.
#![no_main]

#[path = "../../crates/matter-attestation/tests/properties/csr.rs"]
mod csr;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| csr::property(bytes));
