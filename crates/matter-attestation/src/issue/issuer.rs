use core::fmt;

use der::Encode;
use p256::ecdsa::DerSignature;
use signature::{Keypair, Signer};
use spki::{DynSignatureAlgorithmIdentifier, EncodePublicKey};
use x509_cert::builder::profile::BuilderProfile;
use x509_cert::builder::{Builder, CertificateBuilder, Error as BuilderError};

use super::profile::authority_key_id;
use crate::{
    Certificate, DacProfile, DacSubject, Error, PaaProfile, PaaSubject, PaiProfile, PaiSubject, PublicKey,
    SerialNumber, Validity, oid,
};

/// A signer of certificates: a [`PrivateKey`](crate::PrivateKey), a key in a token, a remote service.
///
/// It is implemented for every type with these traits. A [`HashSigner`](crate::HashSigner) combines a public key with a
/// function. Errors keep their cause: [`signature::Error::from_source`] becomes the
/// [`source`](core::error::Error::source) of [`Error::SigningFailed`].
///
/// # Examples
///
/// A custom type, here with a key in memory:
///
/// ```
/// use matter_attestation::p256::ecdsa::{DerSignature, SigningKey, VerifyingKey};
/// use matter_attestation::signature::{self, Keypair, Signer};
/// use matter_attestation::spki::{self, AlgorithmIdentifierOwned, DynSignatureAlgorithmIdentifier};
/// use matter_attestation::{DateTime, ECDSA_WITH_SHA256, PaaSubject, SerialNumber, Validity, issue_paa};
///
/// struct Mine(SigningKey);
///
/// impl Keypair for Mine {
///     type VerifyingKey = VerifyingKey;
///     fn verifying_key(&self) -> VerifyingKey {
///         *self.0.verifying_key()
///     }
/// }
///
/// impl Signer<DerSignature> for Mine {
///     fn try_sign(&self, message: &[u8]) -> Result<DerSignature, signature::Error> {
///         self.0.try_sign(message)
///     }
/// }
///
/// impl DynSignatureAlgorithmIdentifier for Mine {
///     fn signature_algorithm_identifier(&self) -> spki::Result<AlgorithmIdentifierOwned> {
///         Ok(AlgorithmIdentifierOwned { oid: ECDSA_WITH_SHA256, parameters: None })
///     }
/// }
///
/// let mine = Mine(SigningKey::from_slice(&[7; 32])?);
/// let validity = Validity::without_expiry(DateTime::new(2026, 1, 1, 0, 0, 0)?);
/// issue_paa(&mine, &PaaSubject::new("Example PAA")?, validity, SerialNumber::new(&[1])?)?;
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub trait CertificateSigner:
    Signer<DerSignature> + Keypair<VerifyingKey: EncodePublicKey> + DynSignatureAlgorithmIdentifier
{
}

impl<T> CertificateSigner for T where
    T: Signer<DerSignature> + Keypair<VerifyingKey: EncodePublicKey> + DynSignatureAlgorithmIdentifier + ?Sized
{
}

/// Issues the self-signed certificate of a product attestation authority (Matter Core Specification 6.2.2.5).
///
/// # Errors
///
/// [`Error::SignerAlgorithm`] unless the signer makes P-256 signatures with SHA-256, [`Error::SigningFailed`],
/// [`Error::SignatureInvalid`] when the signature does not match the signer's public key,
/// [`Error::CertificateTooLong`], and [`Error::SubjectVendorIdMalformed`] or [`Error::SubjectProductIdMalformed`] when
/// the common name has `Mvid:` or `Mpid:` without four digits.
pub fn issue_paa<S: CertificateSigner>(
    signer: &S,
    subject: &PaaSubject,
    validity: Validity,
    serial: SerialNumber,
) -> Result<Certificate, Error> {
    let public_key = signer_key(signer)?;
    let paa = build(PaaProfile::new(subject)?, signer, &public_key, validity, serial)?;
    paa.verify_issued_by(&paa)?;
    Ok(paa)
}

/// A CA certificate with the signer for its key.
///
/// # Examples
///
/// A chain of three certificates:
///
/// ```
/// use matter_attestation::{
///     DacSubject, DateTime, Error, Issuer, PaaSubject, PaiSubject, PrivateKey, SerialNumber, Validity, issue_paa,
/// };
/// use matter_attestation::matter_types::{ProductId, VendorId};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// // A production run draws keys and serial numbers with `generate`.
/// let keys = [[1; 32], [2; 32], [3; 32]].map(|scalar| PrivateKey::from_scalar(&scalar).expect("in range"));
/// let [paa_key, pai_key, dac_key] = &keys;
/// let validity = Validity::without_expiry(DateTime::new(2026, 1, 1, 0, 0, 0).expect("a date"));
/// let (vendor_id, product_id) = (VendorId::new(0xFFF1)?, ProductId::new(0x8000)?);
///
/// let paa = issue_paa(paa_key, &PaaSubject::new("Test PAA")?, validity, SerialNumber::new(&[1])?)?;
/// let pai = Issuer::new(&paa, paa_key)?.issue_pai(
///     &PaiSubject::new("Test PAI", vendor_id)?,
///     &pai_key.public_key(),
///     validity,
///     SerialNumber::new(&[2])?,
/// )?;
/// let dac = Issuer::new(&pai, pai_key)?.issue_dac(
///     &DacSubject::new("Test DAC 0001", vendor_id, product_id)?,
///     &dac_key.public_key(),
///     validity,
///     SerialNumber::new(&[3])?,
/// )?;
/// dac.verify_issued_by(&pai)?;
///
/// assert_eq!(Issuer::new(&pai, paa_key).unwrap_err(), Error::KeyMismatch);
/// # Ok(())
/// # }
/// ```
pub struct Issuer<'a, S> {
    pub(super) certificate: &'a Certificate,
    pub(super) signer: &'a S,
}

impl<'a, S: CertificateSigner> Issuer<'a, S> {
    /// Combines a certificate with its signer.
    ///
    /// # Errors
    ///
    /// [`Error::NotACertificateAuthority`] unless the certificate may sign others, [`Error::SubjectKeyIdMissing`],
    /// [`Error::SignerAlgorithm`], and [`Error::KeyMismatch`] when the signer's key is not the certificate's.
    pub fn new(certificate: &'a Certificate, signer: &'a S) -> Result<Self, Error> {
        authority_key_id(certificate)?;
        if signer_key(signer)? != certificate.public_key() {
            return Err(Error::KeyMismatch);
        }
        Ok(Self { certificate, signer })
    }

    /// Returns the certificate.
    #[must_use]
    pub const fn certificate(&self) -> &'a Certificate {
        self.certificate
    }

    /// Issues the certificate of a product attestation intermediate (Matter Core Specification 6.2.2.4).
    ///
    /// The authority key identifier is copied from this issuer's subject key identifier. The result is decoded again
    /// and its signature verified.
    ///
    /// # Errors
    ///
    /// The errors of [`PaiProfile::new`]; [`Error::ValidityBeforeIssuer`] and [`Error::ValidityAfterIssuer`];
    /// [`Error::SigningFailed`], [`Error::SignatureInvalid`], [`Error::IssuerNameMismatch`],
    /// [`Error::CertificateTooLong`], and the errors for a malformed common name as in [`issue_paa`].
    pub fn issue_pai(
        &self,
        subject: &PaiSubject,
        public_key: &PublicKey,
        validity: Validity,
        serial: SerialNumber,
    ) -> Result<Certificate, Error> {
        let profile = PaiProfile::new(self.certificate, subject)?;
        validity.check_inside(&self.certificate.validity())?;
        self.check(build(profile, self.signer, public_key, validity, serial)?)
    }

    /// Issues a device attestation certificate (Matter Core Specification 6.2.2.3).
    ///
    /// The authority key identifier is copied from this issuer's subject key identifier. The result is decoded again
    /// and its signature verified.
    ///
    /// # Errors
    ///
    /// The errors of [`DacProfile::new`], and those of [`Issuer::issue_pai`].
    pub fn issue_dac(
        &self,
        subject: &DacSubject,
        public_key: &PublicKey,
        validity: Validity,
        serial: SerialNumber,
    ) -> Result<Certificate, Error> {
        let profile = DacProfile::new(self.certificate, subject)?;
        validity.check_inside(&self.certificate.validity())?;
        self.check(build(profile, self.signer, public_key, validity, serial)?)
    }

    /// Detects a signer that returns an invalid signature, and an issuer whose name is not in DER order.
    fn check(&self, child: Certificate) -> Result<Certificate, Error> {
        child.verify_issued_by(self.certificate)?;
        Ok(child)
    }
}

impl<S> fmt::Debug for Issuer<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Issuer")
            .field("certificate", self.certificate)
            .finish_non_exhaustive()
    }
}

/// Builds, signs and decodes a certificate.
fn build<P, S>(
    profile: P,
    signer: &S,
    public_key: &PublicKey,
    validity: Validity,
    serial: SerialNumber,
) -> Result<Certificate, Error>
where
    P: BuilderProfile,
    S: CertificateSigner,
{
    let der = CertificateBuilder::new(profile, serial.to_x509()?, validity.to_x509(), public_key.to_spki()?)
        .and_then(|builder| builder.build::<_, DerSignature>(signer))
        .map_err(|error| match error {
            BuilderError::Signature(error) => error.into(),
            _ => Error::EncodingFailed,
        })?
        .to_der()
        .map_err(|_| Error::EncodingFailed)?;
    if der.len() > Certificate::MAX_LEN {
        return Err(Error::CertificateTooLong { len: der.len() });
    }
    Certificate::from_der(&der)
}

/// Returns the public key of a signer whose algorithm is ecdsa-with-SHA256 without parameters.
pub(super) fn signer_key<S: CertificateSigner>(signer: &S) -> Result<PublicKey, Error> {
    let algorithm = signer
        .signature_algorithm_identifier()
        .map_err(|_| Error::SignerAlgorithm)?;
    if algorithm.oid != oid::ECDSA_WITH_SHA256 || algorithm.parameters.is_some() {
        return Err(Error::SignerAlgorithm);
    }
    let spki = signer
        .verifying_key()
        .to_public_key_der()
        .map_err(|_| Error::KeyMalformed)?;
    PublicKey::from_spki_der(spki.as_bytes())
}
