//! Any bytes as a certificate signing request: an accepted request is unchanged by encoding and decoding.
#![no_main]

#[path = "../../crates/matter-attestation/tests/properties/csr.rs"]
mod csr;

use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    matter_factory_fuzz::mutate_der(0, data, size, max_size, seed)
});

fuzz_target!(|bytes: &[u8]| csr::property(bytes));
