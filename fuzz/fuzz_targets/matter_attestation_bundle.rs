//! Any bytes as certificates in PEM, DER or PKCS#7: each certificate reads the same on its own.
#![no_main]

#[path = "../../crates/matter-attestation/tests/properties/bundle.rs"]
mod bundle;

use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    matter_factory_fuzz::mutate_der(0, data, size, max_size, seed)
});

fuzz_target!(|bytes: &[u8]| bundle::property(bytes));
