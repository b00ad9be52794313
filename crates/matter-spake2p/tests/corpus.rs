//! Replays the fuzz corpus of the decoders, with the property of the fuzz target.

#![allow(clippy::unwrap_used, reason = "tests")]

#[path = "properties/decode.rs"]
mod decode;
#[path = "../../../fuzz/replay.rs"]
mod replay;

use matter_spake2p::{Salt, Share, Verifier};
use replay::replay;

#[test]
fn what_is_read_encodes_to_the_same_bytes() {
    let (mut files, mut verifiers, mut shares, mut texts) = (0, 0, 0, 0);
    replay("matter_spake2p_decode", |bytes| {
        decode::property(bytes);
        files += 1;
        verifiers += usize::from(Verifier::from_bytes(bytes).is_ok());
        shares += usize::from(Share::from_bytes(bytes).is_ok());
        let text = std::str::from_utf8(bytes).unwrap_or_default();
        texts += usize::from(text.parse::<Verifier>().is_ok()) + usize::from(text.parse::<Salt>().is_ok());
    });
    assert!(verifiers >= 1 && shares >= 1 && texts >= 2 && files >= 10);
}
