//! Any bytes as lines of the issuing protocol: an accepted message is unchanged by encoding and decoding.
#![no_main]

#[path = "../../crates/matter-issuance/tests/properties/message.rs"]
mod message;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| message::property(bytes));
