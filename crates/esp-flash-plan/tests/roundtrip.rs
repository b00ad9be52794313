//! Random profiles, tables and parts: the planned flash decrypts to its parts, regardless of the order of the steps.

#[path = "properties/plan.rs"]
mod plan;

use std::sync::atomic::{AtomicUsize, Ordering};

use proptest::prelude::*;

static MADE: AtomicUsize = AtomicUsize::new(0);

#[test]
fn regions_decrypt_to_their_parts() {
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(600));
    runner
        .run(&proptest::collection::vec(any::<u8>(), 0..400), |bytes| {
            let made = plan::property(&bytes);
            MADE.fetch_add(usize::from(made), Ordering::Relaxed);
            Ok(())
        })
        .expect("every plan is safe");
    let made = MADE.load(Ordering::Relaxed);
    println!("{made} of 600 plans made");
    assert!(made > 20, "{made}");
}
