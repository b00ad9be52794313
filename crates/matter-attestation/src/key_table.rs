use core::fmt;

use p256::ecdsa::{DerSignature, Signature};
use p256::elliptic_curve::ops::{Invert, Reduce};
use p256::elliptic_curve::point::AffineCoordinates;
use p256::{FieldBytes, ProjectivePoint, Scalar};
use sha2::{Digest, Sha256};

use crate::multiples::{Multiples, multiply_base};
use crate::{Error, PublicKey};

/// A public key with the multiples that verifying takes.
#[derive(Clone)]
pub(crate) struct KeyTable(Multiples);

impl KeyTable {
    pub(crate) fn new(key: &PublicKey) -> Self {
        Self(Multiples::new(ProjectivePoint::from(*key.verifying_key().as_affine())))
    }

    /// Does what [`PublicKey::verify_der`] does (SEC 1, 4.1.4).
    pub(crate) fn verify_der(&self, message: &[u8], signature: &[u8]) -> Result<(), Error> {
        let signature = DerSignature::from_bytes(signature)
            .and_then(Signature::try_from)
            .map_err(|_| Error::SignatureInvalid)?;
        let hash = <Scalar as Reduce<FieldBytes>>::reduce(&Sha256::digest(message));
        let (r, s) = signature.split_scalars();
        // Everything here is public. A signature's s is not zero and has an inverse.
        let inverse = *s.invert_vartime();
        let point = multiply_base(&(hash * inverse)) + self.0.multiply(&(*r * inverse));
        // The point at infinity has no x, and zero is no r.
        let x = <Scalar as Reduce<FieldBytes>>::reduce(&point.to_affine().x());
        if x == *r { Ok(()) } else { Err(Error::SignatureInvalid) }
    }
}

impl fmt::Debug for KeyTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyTable").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use signature::Signer;

    use super::*;
    use crate::{PrivateKey, issuer_verifier};

    /// The table of this file, and the one that is used: another one with the feature `aws-lc-rs`.
    fn verify(key: &PrivateKey, message: &[u8], signature: &[u8]) -> Result<(), Error> {
        let key = key.public_key();
        let verified = KeyTable::new(&key).verify_der(message, signature);
        assert_eq!(
            issuer_verifier::KeyTable::new(&key).verify_der(message, signature),
            verified
        );
        verified
    }

    /// r is chosen so that the sum is the point at infinity.
    #[test]
    fn infinity_is_no_signature() {
        let key = PrivateKey::from_scalar(&[3; 32]).unwrap();
        let hash = <Scalar as Reduce<FieldBytes>>::reduce(&Sha256::digest(b"message"));
        let scalar = <Scalar as Reduce<FieldBytes>>::reduce(&FieldBytes::from([3; 32]));
        let r = -(hash * scalar.invert().unwrap());
        let signature = Signature::from_scalars(r, Scalar::from(7u64)).unwrap();
        let der = signature.to_der();
        assert_eq!(verify(&key, b"message", der.as_bytes()), Err(Error::SignatureInvalid));
    }

    proptest! {
        #[test]
        fn agrees_with_p256(
            scalar in any::<[u8; 32]>(),
            message in proptest::collection::vec(any::<u8>(), 0..100),
            negate in any::<bool>(),
            flip in proptest::option::of((0usize..80, 0u8..8)),
        ) {
            let Ok(key) = PrivateKey::from_scalar(&scalar) else { return Ok(()) };
            let signature: Signature = key.sign(&message);
            let (r, s) = signature.split_scalars();
            let signature = if negate { Signature::from_scalars(r, -s).unwrap() } else { signature };
            let mut der = signature.to_der().as_bytes().to_vec();
            if let Some((at, bit)) = flip
                && let Some(octet) = der.get_mut(at)
            {
                *octet ^= 1 << bit;
            }
            let expected = key.public_key().verify_der(&message, &der);
            prop_assert_eq!(expected.is_ok(), flip.is_none_or(|(at, _)| at >= der.len()));
            prop_assert_eq!(verify(&key, &message, &der), expected);
            prop_assert_eq!(verify(&key, b"another", &der).is_ok(), false);
        }
    }
}
