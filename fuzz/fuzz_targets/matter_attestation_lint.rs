//! Any bytes as part of an attestation: nothing panics, and the SDK profile accepts everything that the strict profile accepts.
#![no_main]

#[path = "../../crates/matter-attestation/tests/properties/lint.rs"]
mod lint;

use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    // Elements are TLV, all else DER (lint.rs).
    let mutate = match data[..size].first() {
        Some(selector) if selector % 6 == 4 => matter_factory_fuzz::mutate_tlv,
        _ => matter_factory_fuzz::mutate_der,
    };
    mutate(1, data, size, max_size, seed)
});

fuzz_target!(|bytes: &[u8]| lint::property(bytes));
