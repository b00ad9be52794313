//! Any values: accepted values are encoded, and both readers read them back unchanged.
#![no_main]

#[path = "../../crates/matter-ota-image/tests/support/judged.rs"]
mod judged;
#[path = "../../crates/matter-ota-image/tests/support/naive.rs"]
mod naive;
#[path = "../../crates/matter-ota-image/tests/properties/write.rs"]
mod write;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| write::property(bytes));
