//! Replays the fuzz corpora of codes against the properties of the fuzz targets.

#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "properties/encode.rs"]
mod encode;
#[path = "properties/parse.rs"]
mod parse;
#[path = "properties/replay.rs"]
mod replay;

use arbitrary::{Arbitrary, Unstructured};
use replay::replay;

/// Creates the input of a fuzz target from a seed, as the target does.
fn input<'a, T: Arbitrary<'a>>(bytes: &'a [u8]) -> T {
    T::arbitrary_take_rest(Unstructured::new(bytes)).unwrap()
}

#[test]
fn codes_that_are_read_encode_to_themselves() {
    replay("matter_setup_payload_parse", parse::property);
}

#[test]
fn valid_payloads_encode_and_read_back() {
    replay("matter_setup_payload_encode", |bytes| encode::property(input(bytes)));
}
