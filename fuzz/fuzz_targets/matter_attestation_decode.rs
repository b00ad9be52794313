//! Any bytes as certificate, private key or declaration: an accepted value is unchanged by encoding and decoding.
#![no_main]

#[path = "../../crates/matter-attestation/tests/properties/decode.rs"]
mod decode;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| decode::property(bytes));
