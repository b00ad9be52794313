//! Any bytes as verifier, share or confirmation: an accepted value encodes to the same bytes.
#![no_main]

#[path = "../../crates/matter-spake2p/tests/properties/decode.rs"]
mod decode;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| decode::property(bytes));
