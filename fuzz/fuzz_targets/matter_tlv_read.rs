//! Any bytes: the reader never panics, stays within its input, and an error is permanent.
#![no_main]

#[path = "../../crates/matter-tlv/tests/properties/read.rs"]
mod read;

use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    matter_factory_fuzz::mutate_tlv(0, data, size, max_size, seed)
});

fuzz_target!(|bytes: &[u8]| read::property(bytes));
