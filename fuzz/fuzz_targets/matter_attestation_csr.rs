//! Any bytes as a certificate signing request: what is accepted comes back the same from its own encodings.
#![no_main]

#[path = "../../crates/matter-attestation/tests/properties/csr.rs"]
mod csr;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| csr::property(bytes));
