//! Keys with published private halves.

use matter_attestation::PublicKey;

use crate::KeyHash;

/// One line for each key, sorted: the SHA-256 of its uncompressed point in lower-case hexadecimal digits.
///
/// All P-256 keys that connectedhomeip publishes in `credentials/test` and `credentials/development`, and those of its
/// commissioner test vectors: keys of PAAs, PAIs, DACs and signers of Certification Declarations.
const HASHES: &str = include_str!("known_keys.txt");
const LINE: usize = 65;

/// Returns whether the private half of a key is published.
pub(crate) fn is_known(key: &PublicKey) -> bool {
    let hash = KeyHash::of(key).to_string();
    let (lines, _) = HASHES.as_bytes().as_chunks::<LINE>();
    lines
        .binary_search_by(|line| line.get(..LINE - 1).unwrap_or_default().cmp(hash.as_bytes()))
        .is_ok()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use matter_attestation::{PrivateKey, test_cd_signing_key};

    use super::*;

    #[test]
    fn lines_are_hashes_in_order() {
        let lines: Vec<&str> = HASHES.lines().collect();
        assert!(lines.is_sorted() && lines.len() == 290);
        assert!(lines.iter().all(|line| line.parse::<KeyHash>().is_ok()));
        assert_eq!(HASHES.len(), lines.len() * LINE);
    }

    #[test]
    fn published_keys_are_known_and_others_are_not() {
        assert!(is_known(&test_cd_signing_key().public_key()));
        assert!(!is_known(&PrivateKey::from_scalar(&[9; 32]).unwrap().public_key()));
    }
}
