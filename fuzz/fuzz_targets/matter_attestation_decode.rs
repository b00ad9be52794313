//! Any bytes as certificate, private key or declaration: an accepted value is unchanged by encoding and decoding.
#![no_main]

#[path = "../../crates/matter-attestation/tests/properties/decode.rs"]
mod decode;

use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    matter_factory_fuzz::mutate_der(1, data, size, max_size, seed)
});

fuzz_target!(|bytes: &[u8]| decode::property(bytes));
