//! Any bytes as `plan.json`: refused, or what is read is a safe plan.
#![no_main]

#[path = "../../crates/esp-flash-plan/tests/properties/document.rs"]
mod document;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    document::property(bytes);
});
