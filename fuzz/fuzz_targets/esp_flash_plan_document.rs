//! Any bytes as `plan.json`: refused, or read as a safe plan.
#![no_main]

#[path = "../../crates/esp-flash-plan/tests/properties/document.rs"]
mod document;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    document::property(bytes);
});
