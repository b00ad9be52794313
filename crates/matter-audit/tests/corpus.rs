//! Replays the seeds of the fuzz target that audits modified folders, with its properties.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    unreachable_pub,
    reason = "tests"
)]

#[path = "properties/folder.rs"]
mod folder;
#[path = "properties/replay.rs"]
mod replay;

use folder::{GoodFolder, Role};
use replay::replay;

#[test]
fn every_role_is_audited_unchanged_and_with_arbitrary_bytes() {
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
    let mut seeds = 0;
    replay("matter_audit_folder", |input| {
        assert!(!input.is_empty());
        folder::property(input);
        seeds += 1;
    });
    assert!(seeds >= Role::ALL.len());
}
