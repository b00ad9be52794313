//! Replays the fuzz corpus of the decoders, with the property of the fuzz target.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

#[path = "properties/decode.rs"]
mod decode;
#[path = "properties/exchange.rs"]
mod exchange;
#[path = "properties/lanes.rs"]
mod lanes;
#[path = "properties/replay.rs"]
mod replay;

use arbitrary::{Arbitrary, Unstructured};
use matter_spake2p::{Salt, Share, Verifier};
use replay::replay;

/// Builds the input of a fuzz target from a seed, as the target does.
fn input<'a, T: Arbitrary<'a>>(bytes: &'a [u8]) -> T {
    T::arbitrary_take_rest(Unstructured::new(bytes)).unwrap()
}

#[test]
fn decoded_values_encode_to_the_same_bytes() {
    let (mut verifiers, mut shares, mut texts) = (0, 0, 0);
    let files = replay("matter_spake2p_decode", |bytes| {
        decode::property(bytes);
        verifiers += usize::from(Verifier::from_bytes(bytes).is_ok());
        shares += usize::from(Share::from_bytes(bytes).is_ok());
        let text = std::str::from_utf8(bytes).unwrap_or_default();
        texts += usize::from(text.parse::<Verifier>().is_ok()) + usize::from(text.parse::<Salt>().is_ok());
    });
    assert!(files == 0 || verifiers >= 1 && shares >= 1 && texts >= 2 && files >= 10);
}

#[test]
fn only_an_unchanged_exchange_succeeds() {
    replay("matter_spake2p_exchange", |bytes| exchange::property(input(bytes)));
}

#[test]
fn bulk_derivation_matches_single_derivation() {
    replay("matter_spake2p_lanes", |bytes| lanes::property(input(bytes)));
}
