use sha2::{Digest, Sha256};

use crate::layout::INTEGRITY;

/// Computes what INTEGRITY holds: the SHA-256 of everything before it.
pub(crate) fn digest(before: &[u8]) -> [u8; INTEGRITY] {
    Sha256::digest(before).into()
}
