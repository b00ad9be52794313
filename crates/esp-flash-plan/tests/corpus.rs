//! Replays the fuzz corpus with the property of the fuzz target.

#![allow(clippy::unwrap_used, reason = "tests")]

#[cfg(feature = "serde")]
#[path = "properties/document.rs"]
mod document;
#[path = "properties/plan.rs"]
mod plan;
#[path = "properties/replay.rs"]
mod replay;

use replay::replay;

#[test]
fn plans_are_refused_or_safe() {
    let mut made = 0;
    let seeds = replay("esp_flash_plan_plan", |bytes| {
        made += usize::from(plan::property(bytes))
    });
    // Seeds that never lead to a plan would prove nothing.
    assert!(seeds == 0 || made > 0);
    println!("{made} plans made");
}

#[cfg(feature = "serde")]
#[test]
fn documents_are_refused_or_safe() {
    let mut read = 0;
    let seeds = replay("esp_flash_plan_document", |bytes| {
        read += usize::from(document::property(bytes))
    });
    assert!(seeds == 0 || read > 0);
    println!("{read} plans read");
}
