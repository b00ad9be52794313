//! Any text: reading never panics, and an accepted code encodes to itself.
#![no_main]

#[path = "../../crates/matter-setup-payload/tests/properties/parse.rs"]
mod parse;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| parse::property(bytes));
