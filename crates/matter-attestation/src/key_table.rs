use core::fmt;
#[cfg(feature = "std")]
use core::sync::atomic::{AtomicU32, Ordering};

use p256::ecdsa::{DerSignature, Signature};
use p256::elliptic_curve::ops::{Invert, Reduce};
use p256::elliptic_curve::point::AffineCoordinates;
use p256::{FieldBytes, ProjectivePoint, Scalar};
use sha2::{Digest, Sha256};

use crate::multiples::{Multiples, multiply_base};
use crate::{Error, PublicKey};

/// A public key with a table of its multiples, which makes verification three times as fast.
///
/// Building the table takes as long as five verifications; with std it is built after that many.
pub(crate) struct KeyTable {
    #[cfg(feature = "std")]
    key: PublicKey,
    #[cfg(feature = "std")]
    verified: AtomicU32,
    multiples: Table,
}

#[cfg(feature = "std")]
type Table = std::sync::OnceLock<Multiples>;
#[cfg(not(feature = "std"))]
type Table = Multiples;

/// Number of verifications without the table.
#[cfg(feature = "std")]
const WITHOUT_TABLE: u32 = 5;

fn multiples(key: &PublicKey) -> Multiples {
    Multiples::new(ProjectivePoint::from(*key.verifying_key().as_affine()))
}

impl KeyTable {
    #[cfg(feature = "std")]
    pub(crate) const fn new(key: &PublicKey) -> Self {
        Self {
            key: *key,
            verified: AtomicU32::new(0),
            multiples: Table::new(),
        }
    }

    #[cfg(not(feature = "std"))]
    pub(crate) fn new(key: &PublicKey) -> Self {
        Self {
            multiples: multiples(key),
        }
    }

    /// See [`PublicKey::verify_der`].
    #[cfg(feature = "std")]
    pub(crate) fn verify_der(&self, message: &[u8], signature: &[u8]) -> Result<(), Error> {
        if let Some(multiples) = self.multiples.get() {
            return verify(multiples, message, signature);
        }
        // The counter wraps only after the table was built.
        if self.verified.fetch_add(1, Ordering::Relaxed) < WITHOUT_TABLE {
            return self.key.verify_der(message, signature);
        }
        verify(self.multiples.get_or_init(|| multiples(&self.key)), message, signature)
    }

    /// See [`PublicKey::verify_der`].
    #[cfg(not(feature = "std"))]
    pub(crate) fn verify_der(&self, message: &[u8], signature: &[u8]) -> Result<(), Error> {
        verify(&self.multiples, message, signature)
    }
}

impl Clone for KeyTable {
    fn clone(&self) -> Self {
        Self {
            #[cfg(feature = "std")]
            key: self.key,
            #[cfg(feature = "std")]
            verified: AtomicU32::new(self.verified.load(Ordering::Relaxed)),
            multiples: self.multiples.clone(),
        }
    }
}

/// Verifies a signature with the multiples of a key (SEC 1, 4.1.4).
fn verify(multiples: &Multiples, message: &[u8], signature: &[u8]) -> Result<(), Error> {
    let signature = DerSignature::from_bytes(signature)
        .and_then(Signature::try_from)
        .map_err(|_| Error::SignatureInvalid)?;
    let hash = <Scalar as Reduce<FieldBytes>>::reduce(&Sha256::digest(message));
    let (r, s) = signature.split_scalars();
    // All values are public. A signature's s is not zero and has an inverse.
    let inverse = *s.invert_vartime();
    let point = multiply_base(&(hash * inverse)) + multiples.multiply(&(*r * inverse));
    // The point at infinity has x = 0 here, and r is never zero.
    let x = <Scalar as Reduce<FieldBytes>>::reduce(&point.to_affine().x());
    if x == *r { Ok(()) } else { Err(Error::SignatureInvalid) }
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
    use crate::PrivateKey;
    use crate::issuer_verifier::KeyTable as UsedTable;

    /// Verifies with a table, without one, and with the default, which is AWS-LC with the feature `aws-lc-rs`.
    fn verify(key: &PrivateKey, message: &[u8], signature: &[u8]) -> Result<(), Error> {
        let key = key.public_key();
        let verified = super::verify(&multiples(&key), message, signature);
        assert_eq!(KeyTable::new(&key).verify_der(message, signature), verified);
        assert_eq!(UsedTable::new(&key).verify_der(message, signature), verified);
        verified
    }

    #[cfg(feature = "std")]
    #[test]
    fn table_is_made_for_many_signatures() {
        let key = PrivateKey::from_scalar(&[3; 32]).unwrap();
        let signature: DerSignature = key.sign(b"message");
        let table = KeyTable::new(&key.public_key());
        for number in 0..2 * WITHOUT_TABLE {
            assert_eq!(table.multiples.get().is_some(), number > WITHOUT_TABLE, "{number}");
            assert_eq!(table.verify_der(b"message", signature.as_bytes()), Ok(()));
        }
        assert!(table.clone().multiples.get().is_some());
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
                && let Some(byte) = der.get_mut(at)
            {
                *byte ^= 1 << bit;
            }
            let expected = key.public_key().verify_der(&message, &der);
            prop_assert_eq!(expected.is_ok(), flip.is_none_or(|(at, _)| at >= der.len()));
            prop_assert_eq!(verify(&key, &message, &der), expected);
            prop_assert_eq!(verify(&key, b"another", &der).is_ok(), false);
        }
    }
}
