//! Decoding arbitrary bytes as verifier, share or confirmation never panics; accepted bytes encode to the same bytes.

use matter_spake2p::{Confirmation, Salt, Share, Verifier};

pub(crate) fn property(bytes: &[u8]) {
    if let Ok(verifier) = Verifier::from_bytes(bytes) {
        assert_eq!(verifier.expose_bytes()[..], *bytes);
        let text = verifier.to_base64();
        assert_eq!(text.as_str().parse::<Verifier>().unwrap().expose_bytes()[..], *bytes);
    }
    if let Ok(share) = Share::from_bytes(bytes) {
        assert_eq!(share.as_bytes()[..], *bytes);
        assert_eq!(bytes.first(), Some(&4));
    }
    if let Ok(confirmation) = Confirmation::from_bytes(bytes) {
        assert_eq!(confirmation.as_bytes()[..], *bytes);
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        if let Ok(verifier) = text.parse::<Verifier>() {
            assert_eq!(verifier.to_base64().as_str(), text);
        }
        if let Ok(salt) = text.parse::<Salt>() {
            assert_eq!(salt.to_base64().as_str(), text);
        }
    }
}
