//! Any valid payload: it encodes, and both codes read back as the same fields.
#![no_main]

#[path = "../../crates/matter-setup-payload/tests/properties/encode.rs"]
mod encode;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: encode::Device| encode::property(input));
