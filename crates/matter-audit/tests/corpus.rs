//! Replays the seeds of the fuzz target that audits changed folders, with its properties.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    unreachable_pub,
    reason = "tests"
)]

#[path = "support/mutated.rs"]
mod mutated;

use std::fs;
use std::path::Path;

use mutated::{GoodFolder, Role};

#[test]
fn every_role_is_audited_as_it_is_and_with_whatever_bytes() {
    let good = GoodFolder::new();
    for role in Role::ALL {
        let own = good.bytes(role);
        good.check(role, &own);
        good.check(role, &[]);
        good.check(role, &own[..own.len() / 2]);
        for at in (0..own.len()).step_by(own.len() / 20 + 1) {
            let mut changed = own.clone();
            changed[at] ^= 0x10;
            good.check(role, &changed);
        }
        for other in Role::ALL {
            good.check(role, &good.bytes(other));
        }
    }
}

#[test]
fn seeds_of_the_fuzz_target_are_audited() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/matter_audit_folder");
    let mut files: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    assert!(files.len() >= Role::ALL.len());
    let good = GoodFolder::new();
    for file in &files {
        let input = fs::read(file).unwrap();
        let (role, bytes) = input.split_first().unwrap();
        good.check(Role::ALL[usize::from(*role) % Role::ALL.len()], bytes);
    }
    println!("{} seeds", files.len());
}
