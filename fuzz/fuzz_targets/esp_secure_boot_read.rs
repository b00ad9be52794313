//! Any bytes: reading never panics, and only keys in the blocks verify an image.
#![no_main]

#[path = "../../crates/esp-secure-boot/tests/properties/read.rs"]
mod read;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| read::property(bytes));
