//! P-256 arithmetic from AWS-LC, with the same results as this crate's own.

use core::fmt;

use aws_lc_rs::agreement::{self, ECDH_P256};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, ParsedPublicKey};
use p256::ecdsa::{DerSignature, VerifyingKey};
use p256::elliptic_curve::PrimeField;
use p256::{AffinePoint, NonZeroScalar};
use zeroize::Zeroizing;

use crate::{Error, PublicKey};

/// Multiplies the base point in constant time; `None` when AWS-LC fails, for instance for lack of memory.
///
/// The multiple is computed as the public key of an ECDH key.
pub(crate) fn base_multiple(scalar: &NonZeroScalar) -> Option<AffinePoint> {
    let bytes = Zeroizing::new(scalar.to_repr());
    let key = agreement::PrivateKey::from_private_key(&ECDH_P256, &bytes).ok()?;
    let point = key.compute_public_key().ok()?;
    let point = VerifyingKey::from_sec1_bytes(point.as_ref()).ok()?;
    Some(*point.as_affine())
}

/// A public key that verifies many signatures.
#[derive(Clone)]
pub(crate) struct KeyTable {
    key: PublicKey,
    /// `None` when AWS-LC failed.
    parsed: Option<ParsedPublicKey>,
}

impl KeyTable {
    pub(crate) fn new(key: &PublicKey) -> Self {
        let parsed = ParsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, key.as_bytes()).ok();
        Self { key: *key, parsed }
    }

    /// See [`PublicKey::verify_der`].
    pub(crate) fn verify_der(&self, message: &[u8], signature: &[u8]) -> Result<(), Error> {
        let Some(parsed) = &self.parsed else {
            return self.key.verify_der(message, signature);
        };
        // Both implementations use the same signature decoder.
        let signature = DerSignature::from_bytes(signature).map_err(|_| Error::SignatureInvalid)?;
        parsed
            .verify_sig(message, signature.as_bytes())
            .map_err(|_| Error::SignatureInvalid)
    }
}

impl fmt::Debug for KeyTable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("KeyTable").finish_non_exhaustive()
    }
}
