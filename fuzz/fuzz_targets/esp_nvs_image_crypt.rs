//! Any image and any keys: decryption undoes encryption, and vice versa.
#![no_main]

#[path = "../../crates/esp-nvs-image/tests/properties/crypt.rs"]
mod crypt;

use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    matter_factory_fuzz::mutate_nvs_image(data, size, max_size, seed)
});

fuzz_target!(|bytes: &[u8]| crypt::property(bytes));
