//! Replays the fuzz corpus of the decoders, with the property of the fuzz target.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use matter_spake2p::{Confirmation, Salt, Share, Verifier};

#[test]
fn what_is_read_encodes_to_the_same_bytes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/matter_spake2p_decode");
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|f| f.unwrap().path()).collect();
    files.sort();
    let (mut verifiers, mut shares, mut texts) = (0, 0, 0);
    for file in &files {
        println!("{}", file.display());
        let bytes = std::fs::read(file).unwrap();
        if let Ok(verifier) = Verifier::from_bytes(&bytes) {
            assert_eq!(verifier.expose_bytes()[..], bytes);
            verifiers += 1;
        }
        if let Ok(share) = Share::from_bytes(&bytes) {
            assert_eq!(share.as_bytes()[..], bytes);
            shares += 1;
        }
        if let Ok(confirmation) = Confirmation::from_bytes(&bytes) {
            assert_eq!(confirmation.as_bytes()[..], bytes);
        }
        let Ok(text) = std::str::from_utf8(&bytes) else {
            continue;
        };
        if let Ok(verifier) = text.parse::<Verifier>() {
            assert_eq!(verifier.to_base64().as_str(), text);
            texts += 1;
        }
        if let Ok(salt) = text.parse::<Salt>() {
            assert_eq!(salt.to_base64().as_str(), text);
            texts += 1;
        }
    }
    assert!(verifiers >= 1 && shares >= 1 && texts >= 2 && files.len() >= 10);
}
