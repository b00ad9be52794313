use core::fmt;

use p256::ecdsa::{DerSignature, Signature};
use p256::elliptic_curve::ops::{Invert, Reduce};
use p256::elliptic_curve::point::AffineCoordinates;
use p256::{FieldBytes, ProjectivePoint, Scalar};
use sha2::{Digest, Sha256};

use crate::multiples::{Multiples, multiply_base};
use crate::{Certificate, Error, PublicKey};

/// A certificate whose key verifies many others, those of a batch of devices for instance.
///
/// It holds a table of the key's multiples (99 KiB), which takes the time of five verifications to make; after that, one
/// takes a third of the time of [`Certificate::verify_issued_by`].
///
/// # Examples
///
/// ```
/// # use matter_attestation::{
/// #     DacSubject, DateTime, Issuer, PaaSubject, PaiSubject, PrivateKey, SerialNumber, Validity, issue_paa,
/// # };
/// # use matter_types::{ProductId, VendorId};
/// use matter_attestation::IssuerVerifier;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let key = PrivateKey::from_scalar(&[1; 32])?;
/// # let validity = Validity::without_expiry(DateTime::new(2026, 1, 1, 0, 0, 0)?);
/// # let serial = SerialNumber::new(&[1])?;
/// # let (vendor, product) = (VendorId::new(0xFFF1)?, ProductId::new(0x8000)?);
/// # let paa = issue_paa(&key, &PaaSubject::new("PAA")?, validity, serial)?;
/// # let subject = PaiSubject::new("PAI", vendor)?;
/// # let pai = Issuer::new(&paa, &key)?.issue_pai(&subject, &key.public_key(), validity, serial)?;
/// # let subject = DacSubject::new("DAC", vendor, product)?;
/// # let dac = Issuer::new(&pai, &key)?.issue_dac(&subject, &key.public_key(), validity, serial)?;
/// # let dacs = [dac];
///
/// let verifier = IssuerVerifier::new(pai);
/// for dac in &dacs {
///     verifier.verify(dac)?;
/// }
/// # Ok(())
/// # }
/// ```
pub struct IssuerVerifier {
    issuer: Certificate,
    key: KeyTable,
}

impl IssuerVerifier {
    /// Makes the table of the issuer's key.
    #[must_use]
    pub fn new(issuer: Certificate) -> Self {
        let key = KeyTable::new(issuer.public_key());
        Self { issuer, key }
    }

    /// Returns the issuer.
    #[must_use]
    pub const fn issuer(&self) -> &Certificate {
        &self.issuer
    }

    /// Checks that the issuer issued a certificate, as [`Certificate::verify_issued_by`] does.
    ///
    /// # Errors
    ///
    /// The same.
    pub fn verify(&self, certificate: &Certificate) -> Result<(), Error> {
        certificate.check_names(&self.issuer)?;
        let (signed, signature) = certificate.signed();
        self.key.verify_der(signed, signature)
    }
}

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

impl fmt::Debug for IssuerVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssuerVerifier")
            .field("issuer", &self.issuer)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use matter_types::VendorId;
    use proptest::prelude::*;
    use signature::Signer;

    use super::*;
    use crate::{DateTime, Issuer, PaaSubject, PaiSubject, PrivateKey, SerialNumber, Validity, issue_paa};

    fn paa(key: &PrivateKey, name: &str) -> Certificate {
        let validity = Validity::without_expiry(DateTime::new(2026, 1, 1, 0, 0, 0).unwrap());
        let serial = SerialNumber::new(&[1]).unwrap();
        issue_paa(key, &PaaSubject::new(name).unwrap(), validity, serial).unwrap()
    }

    fn pai(paa: &Certificate, signer: &PrivateKey) -> Certificate {
        let subject = PaiSubject::new("PAI", VendorId::new(0xFFF1).unwrap()).unwrap();
        let validity = Validity::without_expiry(DateTime::new(2026, 1, 1, 0, 0, 0).unwrap());
        let serial = SerialNumber::new(&[2]).unwrap();
        let issuer = Issuer::new(paa, signer).unwrap();
        issuer
            .issue_pai(&subject, &signer.public_key(), validity, serial)
            .unwrap()
    }

    #[test]
    fn says_what_the_certificate_says() {
        let [first, second] = [[1; 32], [2; 32]].map(|scalar| PrivateKey::from_scalar(&scalar).unwrap());
        let issuers = [paa(&first, "A"), paa(&second, "A"), paa(&first, "B"), paa(&second, "B")];
        let mut accepted = 0;
        for issuer in &issuers {
            let verifier = IssuerVerifier::new(issuer.clone());
            for (signer, key) in issuers.iter().zip([&first, &second, &first, &second]) {
                let child = pai(signer, key);
                let expected = child.verify_issued_by(issuer);
                assert_eq!(verifier.verify(&child), expected);
                accepted += u32::from(expected.is_ok());
            }
        }
        assert_eq!(accepted, 4);
    }

    /// r is chosen so that the sum is the point at infinity.
    #[test]
    fn infinity_is_no_signature() {
        let key = PrivateKey::from_scalar(&[3; 32]).unwrap();
        let verifier = IssuerVerifier::new(paa(&key, "A"));
        let hash = <Scalar as Reduce<FieldBytes>>::reduce(&Sha256::digest(b"message"));
        let scalar = <Scalar as Reduce<FieldBytes>>::reduce(&FieldBytes::from([3; 32]));
        let r = -(hash * scalar.invert().unwrap());
        let signature = Signature::from_scalars(r, Scalar::from(7u64)).unwrap();
        let der = signature.to_der();
        assert_eq!(
            verifier.key.verify_der(b"message", der.as_bytes()),
            Err(Error::SignatureInvalid)
        );
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
            let verifier = IssuerVerifier::new(paa(&key, "A"));
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
            prop_assert_eq!(verifier.key.verify_der(&message, &der), expected);
            prop_assert_eq!(verifier.key.verify_der(b"another", &der).is_ok(), false);
        }
    }
}
