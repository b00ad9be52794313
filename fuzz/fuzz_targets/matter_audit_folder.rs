//! The folder of a valid device with arbitrary bytes in one file: its audit always ends with a report.
#![no_main]

#[path = "../../crates/matter-audit/tests/properties/folder.rs"]
mod folder;

use folder::Role;
use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let mutate = match Role::select(&data[..size]) {
        Some((Role::Nvs, _)) => matter_factory_fuzz::mutate_nvs_image,
        Some((Role::SecureCert, _)) => matter_factory_fuzz::mutate_secure_cert_image,
        _ => return libfuzzer_sys::fuzzer_mutate(data, size, max_size),
    };
    1 + mutate(&mut data[1..], size - 1, max_size - 1, seed)
});

fuzz_target!(|bytes: &[u8]| folder::property(bytes));
