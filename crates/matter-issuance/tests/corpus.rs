//! Replays the seeds of the fuzz target, including those of past crashes.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

#[path = "properties/message.rs"]
mod message;
#[path = "properties/replay.rs"]
mod replay;

#[test]
fn messages() {
    replay::replay("matter_issuance_message", message::property);
}
