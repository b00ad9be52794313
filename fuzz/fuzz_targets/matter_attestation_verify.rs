//! A chain with changed bytes: it is accepted exactly if nothing differs in the end.
#![no_main]

#[path = "../../crates/matter-attestation/tests/properties/verify.rs"]
mod verify;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| verify::property(bytes));
