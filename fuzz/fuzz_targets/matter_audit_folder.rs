//! The folder of a good device of which one file has any bytes: its audit always ends with a report, and an image of
//! another device, or of none, is seen.
#![no_main]

#[path = "../../crates/matter-audit/tests/support/mutated.rs"]
mod mutated;

use std::cell::LazyCell;

use libfuzzer_sys::{fuzz_mutator, fuzz_target};
use mutated::{GoodFolder, Role};

thread_local! {
    static GOOD: LazyCell<GoodFolder> = const { LazyCell::new(GoodFolder::new) };
}

/// What the first byte says that the others are put in the place of.
fn role(input: &[u8]) -> Option<(Role, &[u8])> {
    let (role, bytes) = input.split_first()?;
    Some((Role::ALL[usize::from(*role) % Role::ALL.len()], bytes))
}

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    match role(&data[..size]) {
        Some((Role::Nvs, _)) => 1 + matter_factory_fuzz::mutate_nvs_image(&mut data[1..], size - 1, max_size - 1, seed),
        Some((Role::SecureCert, _)) => {
            1 + matter_factory_fuzz::mutate_secure_cert_image(&mut data[1..], size - 1, max_size - 1, seed)
        }
        _ => libfuzzer_sys::fuzzer_mutate(data, size, max_size),
    }
});

fuzz_target!(|input: &[u8]| {
    if let Some((role, bytes)) = role(input) {
        GOOD.with(|good| good.check(role, bytes));
    }
});
