//! Any bytes: reading never panics, and an accepted table is written to the same bytes.
#![no_main]

#[path = "../../crates/esp-flash-image/tests/properties/table_binary.rs"]
mod table_binary;

use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    matter_factory_fuzz::mutate_flash_table_binary(data, size, max_size, seed)
});

fuzz_target!(|bytes: &[u8]| table_binary::property(bytes));
