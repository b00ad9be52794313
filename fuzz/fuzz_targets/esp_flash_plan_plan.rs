//! Any profile, table and parts: a plan is refused, or its regions decrypt to its parts and its steps are in order.
#![no_main]

#[path = "../../crates/esp-flash-plan/tests/properties/plan.rs"]
mod plan;

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    plan::property(bytes);
});
