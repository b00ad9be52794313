//! Replays the fuzz corpus of codes, with the property of the fuzz target.

#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "properties/parse.rs"]
mod parse;
#[path = "../../../fuzz/replay.rs"]
mod replay;

use replay::replay;

#[test]
fn codes_that_are_read_encode_to_themselves() {
    replay("matter_setup_payload_parse", parse::property);
}
