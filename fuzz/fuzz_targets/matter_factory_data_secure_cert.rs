//! Any bytes as the `esp_secure_cert` partition: an accepted record encodes and reads as the same record in its layout.
#![no_main]

#[path = "../../crates/matter-factory-data/tests/properties/secure_cert.rs"]
mod secure_cert;

use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    matter_factory_fuzz::mutate_secure_cert_image(data, size, max_size, seed)
});

fuzz_target!(|bytes: &[u8]| secure_cert::property(bytes));
