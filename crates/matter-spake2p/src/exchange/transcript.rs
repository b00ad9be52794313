use hkdf::Hkdf;
use hmac::{Hmac, KeyInit, Mac};
use p256::{AffinePoint, Scalar};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use super::Share;
use crate::point::encode_point;

/// M of RFC 9383 section 4 for P-256, uncompressed.
pub(super) const M: [u8; Share::LEN] = [
    0x04, // uncompressed
    0x88, 0x6e, 0x2f, 0x97, 0xac, 0xe4, 0x6e, 0x55, 0xba, 0x9d, 0xd7, 0x24, 0x25, 0x79, 0xf2, 0x99, //
    0x3b, 0x64, 0xe1, 0x6e, 0xf3, 0xdc, 0xab, 0x95, 0xaf, 0xd4, 0x97, 0x33, 0x3d, 0x8f, 0xa1, 0x2f, //
    0x5f, 0xf3, 0x55, 0x16, 0x3e, 0x43, 0xce, 0x22, 0x4e, 0x0b, 0x0e, 0x65, 0xff, 0x02, 0xac, 0x8e, //
    0x5c, 0x7b, 0xe0, 0x94, 0x19, 0xc7, 0x85, 0xe0, 0xca, 0x54, 0x7d, 0x55, 0xa1, 0x2e, 0x2d, 0x20,
];
/// N of RFC 9383 section 4 for P-256, uncompressed.
pub(super) const N: [u8; Share::LEN] = [
    0x04, // uncompressed
    0xd8, 0xbb, 0xd6, 0xc6, 0x39, 0xc6, 0x29, 0x37, 0xb0, 0x4d, 0x99, 0x7f, 0x38, 0xc3, 0x77, 0x07, //
    0x19, 0xc6, 0x29, 0xd7, 0x01, 0x4d, 0x49, 0xa2, 0x4b, 0x4f, 0x98, 0xba, 0xa1, 0x29, 0x2b, 0x49, //
    0x07, 0xd6, 0x0a, 0xa6, 0xbf, 0xad, 0xe4, 0x50, 0x08, 0xa6, 0x36, 0x33, 0x7f, 0x51, 0x68, 0xc6, //
    0x4d, 0x9b, 0xd3, 0x60, 0x34, 0x80, 0x8c, 0xd5, 0x64, 0x49, 0x0b, 0x1e, 0x65, 0x6e, 0xdb, 0xe7,
];

/// The public values that both sides must agree on.
pub(super) struct Transcript<'a> {
    pub(super) context: &'a [u8],
    /// Empty in Matter.
    pub(super) id_prover: &'a [u8],
    /// Empty in Matter.
    pub(super) id_verifier: &'a [u8],
    pub(super) prover_share: &'a Share,
    pub(super) verifier_share: &'a Share,
}

impl Transcript<'_> {
    /// Hashes TT (RFC 9383 section 3.3): each part is preceded by its length as eight bytes, little-endian.
    pub(super) fn main_key(&self, z: &AffinePoint, v: &AffinePoint, w0: &Scalar) -> Zeroizing<[u8; 32]> {
        let z = Zeroizing::new(encode_point(z));
        let v = Zeroizing::new(encode_point(v));
        let w0: Zeroizing<[u8; 32]> = Zeroizing::new(w0.to_bytes().into());
        let parts: [&[u8]; 10] = [
            self.context,
            self.id_prover,
            self.id_verifier,
            &M,
            &N,
            self.prover_share.as_bytes(),
            self.verifier_share.as_bytes(),
            &*z,
            &*v,
            &*w0,
        ];
        let mut hash = Sha256::new();
        for part in parts {
            hash.update(u64::try_from(part.len()).unwrap_or_default().to_le_bytes());
            hash.update(part);
        }
        Zeroizing::new(hash.finalize().into())
    }
}

/// HKDF-SHA256 without a salt.
pub(super) fn expand<const LEN: usize>(key: &[u8], info: &[u8]) -> Zeroizing<[u8; LEN]> {
    let mut out = Zeroizing::new([0; LEN]);
    let expanded = Hkdf::<Sha256>::new(None, key).expand(info, &mut *out);
    // RFC 5869 section 2.3 allows 255 hashes; at most three are used.
    debug_assert!(expanded.is_ok(), "{LEN} bytes are too many for HKDF");
    out
}

/// HMAC-SHA256.
pub(super) fn mac(key: &[u8], message: &[u8]) -> [u8; 32] {
    // HMAC accepts keys of any length.
    Hmac::<Sha256>::new_from_slice(key).map_or([0; 32], |mac| mac.chain_update(message).finalize().into_bytes().into())
}
