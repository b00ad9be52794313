//! Any bytes: the reader never panics, agrees with a second one, and an accepted header is read back from its own encoding.
#![no_main]

#[path = "../../crates/matter-ota-image/tests/support/judged.rs"]
mod judged;
#[path = "../../crates/matter-ota-image/tests/support/naive.rs"]
mod naive;
#[path = "../../crates/matter-ota-image/tests/properties/read.rs"]
mod read;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| read::property(bytes));
