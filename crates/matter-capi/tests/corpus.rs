//! The properties of the fuzz targets, checked for the seeds and for changed seeds. scripts/capi
//! also runs this under valgrind.

#![expect(unsafe_code, reason = "calls what C calls")]
#![allow(
    clippy::as_conversions,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::undocumented_unsafe_blocks,
    clippy::unwrap_used,
    reason = "tests; the pointers refer to the properties' own buffers"
)]

#[path = "properties/audit.rs"]
mod audit;
#[path = "properties/calls.rs"]
mod calls;
#[path = "properties/codes.rs"]
mod codes;
#[path = "properties/nvs.rs"]
mod nvs;
#[path = "properties/secure_cert.rs"]
mod secure_cert;
#[path = "properties/support.rs"]
mod support;

use std::path::Path;

/// Marsaglia's xorshift generator, so that the cases are always the same.
struct Xorshift(u64);

impl Xorshift {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 as usize % limit
    }
}

/// Checks each seed, and `CAPI_ROUNDS` (20) changes of it: changed bytes, a cut, a repeated part.
fn replay(target: &str, check: fn(&[u8])) {
    let rounds = std::env::var("CAPI_ROUNDS").map_or(20, |rounds| rounds.parse().unwrap());
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut seeds: Vec<_> = folder.read_dir().unwrap().map(|entry| entry.unwrap().path()).collect();
    seeds.sort();
    let (mut random, mut cases) = (Xorshift(0x9E37_79B9_7F4A_7C15), 0);
    for seed in seeds {
        let seed = std::fs::read(seed).unwrap();
        check(&seed);
        cases += 1;
        for round in 0..rounds {
            let mut changed = seed.clone();
            for _ in 0..=random.below(4) {
                let place = random.below(changed.len().max(1));
                if let Some(byte) = changed.get_mut(place) {
                    *byte ^= 1 << random.below(8);
                }
            }
            match round % 4 {
                0 => changed.truncate(random.below(seed.len().max(1))),
                1 => changed.extend_from_within(random.below(seed.len().max(1))..),
                _ => {}
            }
            check(&changed);
            cases += 1;
        }
    }
    println!("{target}: {cases} cases");
    assert!(cases > rounds);
}

#[test]
fn audit_of_any_parts_is_json() {
    replay("capi_audit", audit::check_bytes);
}

#[test]
fn any_calls_return_errors_as_numbers_only() {
    replay("capi_calls", calls::check_bytes);
}

#[test]
fn codes_come_back() {
    replay("capi_codes", codes::check_bytes);
}

#[test]
fn images_come_back() {
    replay("capi_nvs", nvs::check_bytes);
}

#[test]
fn secure_cert_has_its_size_or_is_an_error() {
    replay("capi_secure_cert", secure_cert::check_bytes);
}
