//! Replays the fuzz corpus of the reader against the property of the fuzz target.
#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "properties/read.rs"]
mod read;
#[path = "properties/replay.rs"]
mod replay;

use replay::replay;

#[test]
fn reader_stays_within_its_input() {
    replay("matter_tlv_read", read::property);
}
