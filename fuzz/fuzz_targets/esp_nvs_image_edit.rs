//! Any sequence of edits: after each, the image matches a plain map, and a refused edit changes nothing.
#![no_main]

#[path = "../../crates/esp-nvs-image/tests/properties/content.rs"]
mod content;
#[path = "../../crates/esp-nvs-image/tests/properties/edit.rs"]
mod edit;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: edit::Input| edit::property(input));
