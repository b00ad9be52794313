//! Any bytes: auditing never panics, and an NVS image without findings can be read.
#![no_main]

#[path = "../../crates/matter-factory-data/tests/properties/audit.rs"]
mod audit;

use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    matter_factory_fuzz::mutate_nvs_image(data, size, max_size, seed)
});

fuzz_target!(|bytes: &[u8]| audit::property(bytes));
