//! ECDSA with the nonce of RFC 6979 (SHA-256), as p256 has it, with a multiplication of its own.

use p256::ecdsa::Signature;
use p256::elliptic_curve::ops::{Invert, Reduce};
use p256::elliptic_curve::point::AffineCoordinates;
use p256::elliptic_curve::{Curve, PrimeField};
use p256::{FieldBytes, NistP256, NonZeroScalar, Scalar};
use rfc6979::KGenerator;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::multiples::multiply_base;

pub(super) fn sign(key: &NonZeroScalar, message: &[u8]) -> Result<Signature, signature::Error> {
    sign_hash(key, Sha256::digest(message).into())
}

/// Signs the SHA-256 hash of a message.
pub(super) fn sign_hash(key: &NonZeroScalar, hash: [u8; 32]) -> Result<Signature, signature::Error> {
    let hash = FieldBytes::from(hash);
    let scalar = Zeroizing::new(key.to_repr());
    let order = NistP256::ORDER.get();
    let mut nonces = KGenerator::<Sha256, _>::new(&scalar, &hash, &[], &order);
    let hash = <Scalar as Reduce<FieldBytes>>::reduce(&hash);
    loop {
        let mut nonce = Zeroizing::new(FieldBytes::default());
        nonces.fill_next_k(&mut nonce);
        let Some(nonce) = NonZeroScalar::from_repr(*nonce).into_option() else {
            continue;
        };
        let nonce = Zeroizing::new(nonce);
        let inverse = Zeroizing::new(nonce.invert());
        let point = multiply_base(&nonce).to_affine();
        let r = <Scalar as Reduce<FieldBytes>>::reduce(&point.x());
        let s = **inverse * (hash + r * key.as_ref());
        // It is an error when one of them is 0.
        if let Ok(signature) = Signature::from_scalars(r, s) {
            return Ok(signature);
        }
    }
}
