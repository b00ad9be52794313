//! Any bytes: reading never panics, and complete records are written to the same bytes.
#![no_main]

#[path = "../../crates/esp-secure-cert/tests/properties/read.rs"]
mod read;

use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    matter_factory_fuzz::mutate_secure_cert_image(data, size, max_size, seed)
});

fuzz_target!(|bytes: &[u8]| read::property(bytes));
