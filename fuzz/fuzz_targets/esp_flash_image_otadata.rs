//! Any bytes: reading never panics, and accepted content is written to the same bytes.
#![no_main]

#[path = "../../crates/esp-flash-image/tests/properties/otadata.rs"]
mod otadata;

use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    matter_factory_fuzz::mutate_flash_otadata(data, size, max_size, seed)
});

fuzz_target!(|bytes: &[u8]| otadata::property(bytes));
