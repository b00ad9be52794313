//! Any list of entries: the image decodes to the content of a plain map, and a refused entry changes nothing.
#![no_main]

#[path = "../../crates/esp-nvs-image/tests/properties/content.rs"]
mod content;
#[path = "../../crates/esp-nvs-image/tests/properties/encode.rs"]
mod encode;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: encode::Input| encode::property(input));
