//! Any bytes as part of an attestation: nothing panics, and the SDK profile accepts everything that the strict profile accepts.
#![no_main]

#[path = "../../crates/matter-attestation/tests/properties/lint.rs"]
mod lint;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| lint::property(bytes));
