use alloc::string::String;
use core::fmt;

use der::DateTime;
use matter_types::{ProductId, VendorId};

use crate::fault::Strict;
use crate::x509::{
    self, AuthorityKeyId, BasicConstraints, CertificateDer, ExtensionValue, Extensions, Frame, KeyUsage, Malformed,
    SubjectKeyId,
};
use crate::{Error, KeyId, PublicKey, SerialNumber, Validity, pem};

const PEM_LABEL: &str = "CERTIFICATE";

/// An X.509 certificate as Matter device attestation uses it (Matter Core Specification 6.2.2): version 3, a P-256 key,
/// signed with ECDSA and SHA-256.
///
/// It is parsed once, when it is created, and keeps its bytes; signatures and names are compared on those.
///
/// # Examples
///
/// ```
/// use matter_attestation::{DateTime, PaaSubject, SerialNumber, Validity, issue_paa, test_cd_signing_key};
///
/// let subject = PaaSubject::new("Test PAA")?;
/// let validity = Validity::without_expiry(DateTime::new(2026, 1, 1, 0, 0, 0).expect("a date"));
/// let paa = issue_paa(&test_cd_signing_key(), &subject, validity, SerialNumber::new(&[1])?)?;
/// assert_eq!(paa.common_name(), Some("Test PAA"));
/// assert_eq!(paa.path_len(), Some(1));
/// assert_eq!(paa.subject_key_id(), paa.authority_key_id());
/// paa.verify_issued_by(&paa)?;
/// # Ok::<(), matter_attestation::Error>(())
/// ```
#[derive(Clone)]
pub struct Certificate {
    der: CertificateDer,
    vendor_id: Option<VendorId>,
    product_id: Option<ProductId>,
    common_name: Option<String>,
    public_key: PublicKey,
    serial: SerialNumber,
    validity: Validity,
    authority_key_id: Option<KeyId>,
    subject_key_id: Option<KeyId>,
    is_ca: bool,
    path_len: Option<u8>,
    key_usage: Option<KeyUsage>,
}

impl Certificate {
    /// The maximum length of a DAC, PAI or PAA in bytes (Matter Core Specification 6.1.3).
    pub const MAX_LEN: usize = x509::MAX_LEN;

    /// Decodes a certificate in DER.
    ///
    /// NULL parameters of the signature algorithm are tolerated, because two PAAs in the DCL have them. The rules
    /// for a DAC, a PAI or a PAA are not checked here.
    ///
    /// # Errors
    ///
    /// [`Error::CertificateMalformed`] when it is not exactly one certificate in DER, [`Error::CertificateVersion`],
    /// [`Error::CertificateAlgorithm`], [`Error::KeyNotP256`], [`Error::SerialNumberOutOfRange`],
    /// [`Error::ValidityReversed`], [`Error::ExtensionDuplicate`], [`Error::ExtensionMalformed`], and
    /// [`Error::SubjectVendorIdMalformed`], [`Error::SubjectVendorIdDuplicate`] and the corresponding errors of the
    /// product id.
    pub fn from_der(der: &[u8]) -> Result<Self, Error> {
        let sink = &mut Strict;
        // The sink has already returned an error for an unreadable part.
        let refused = || Malformed(0).in_certificate();
        let frame = Frame::read(der, sink)?.ok_or_else(refused)?;
        x509::algorithms(&frame, sink)?;
        let [_, subject] = x509::names(&frame, sink)?;
        let subject = subject.ok_or_else(refused)?;

        let extensions = Extensions::read(&frame, sink)?;
        if let Some(extension) = extensions.duplicates().find_map(x509::name_of) {
            return Err(Error::ExtensionDuplicate { extension });
        }
        let constraints = extensions.read_as::<BasicConstraints, _>(sink)?;
        let path_len = constraints.and_then(|constraints| constraints.path_len);
        let path_len = path_len
            .map(u8::try_from)
            .transpose()
            .map_err(|_| Error::ExtensionMalformed {
                extension: BasicConstraints::NAME,
            })?;
        let key_usage = extensions.read_as::<KeyUsage, _>(sink)?;
        let subject_key_id = extensions.read_as::<SubjectKeyId, _>(sink)?;
        let authority_key_id = extensions.read_as::<AuthorityKeyId<'_>, _>(sink)?;

        let ids = x509::subject_ids(&subject, sink)?;
        let public_key = x509::public_key(&frame, sink)?.ok_or_else(refused)?;
        let serial = x509::serial(&frame, sink)?.ok_or_else(refused)?;
        let (Some(not_before), Some(not_after)) = x509::validity(&frame, sink)? else {
            return Err(refused());
        };
        Ok(Self {
            der: CertificateDer::new(der, &frame),
            vendor_id: ids.vendor_id.and_then(|id| VendorId::new(id).ok()),
            product_id: ids.product_id.and_then(|id| ProductId::new(id).ok()),
            common_name: x509::common_name(&subject).map(String::from),
            public_key,
            serial,
            validity: Validity::new(not_before, not_after)?,
            // An authority key identifier extension without a key identifier is tolerated.
            authority_key_id: authority_key_id.and_then(|authority| authority.key_id.ok()),
            subject_key_id: subject_key_id.map(|id| id.0),
            is_ca: constraints.is_some_and(|constraints| constraints.is_ca()),
            path_len,
            key_usage,
        })
    }

    /// Decodes a text with a single PEM block `CERTIFICATE`.
    ///
    /// # Errors
    ///
    /// [`Error::PemMalformed`] when there is not exactly one PEM block, [`Error::PemLabel`] when it is not a
    /// certificate, and the errors of [`Certificate::from_der`].
    pub fn from_pem(text: &str) -> Result<Self, Error> {
        Self::from_der(&pem::only_block(text.as_bytes(), &[PEM_LABEL])?)
    }

    /// Decodes a certificate in PEM or DER, detected from the content.
    ///
    /// # Errors
    ///
    /// The errors of [`Certificate::from_pem`] and [`Certificate::from_der`].
    pub fn decode(input: &[u8]) -> Result<Self, Error> {
        Self::from_der(&pem::to_der(input, &[PEM_LABEL])?)
    }

    /// Returns the original bytes.
    #[must_use]
    pub fn as_der(&self) -> &[u8] {
        self.der.as_der()
    }

    /// Encodes the certificate as a PEM block with lines of 64 characters and line feeds.
    #[must_use]
    pub fn to_pem(&self) -> String {
        // Cannot fail with this label and length.
        pem::encode(PEM_LABEL, self.as_der()).unwrap_or_default()
    }

    /// Returns the vendor id in the subject (Matter Core Specification 6.1.1 and 6.2.2.2).
    #[must_use]
    pub const fn vendor_id(&self) -> Option<VendorId> {
        self.vendor_id
    }

    /// Returns the product id in the subject (Matter Core Specification 6.1.1 and 6.2.2.2).
    #[must_use]
    pub const fn product_id(&self) -> Option<ProductId> {
        self.product_id
    }

    /// Returns the first common name of the subject, if its character set is a subset of UTF-8.
    #[must_use]
    pub fn common_name(&self) -> Option<&str> {
        self.common_name.as_deref()
    }

    /// Returns the subject key identifier in the certificate, which may differ from [`PublicKey::key_id`].
    #[must_use]
    pub const fn subject_key_id(&self) -> Option<KeyId> {
        self.subject_key_id
    }

    /// Returns the key identifier in the authority key identifier.
    #[must_use]
    pub const fn authority_key_id(&self) -> Option<KeyId> {
        self.authority_key_id
    }

    /// Returns the public key.
    #[must_use]
    pub const fn public_key(&self) -> PublicKey {
        self.public_key
    }

    /// Returns the serial number.
    #[must_use]
    pub const fn serial(&self) -> SerialNumber {
        self.serial
    }

    /// Returns the first second of the validity.
    #[must_use]
    pub const fn not_before(&self) -> DateTime {
        self.validity.not_before()
    }

    /// Returns the last second of the validity; the year 9999 means no end.
    #[must_use]
    pub const fn not_after(&self) -> DateTime {
        self.validity.not_after()
    }

    /// Returns the validity.
    #[must_use]
    pub const fn validity(&self) -> Validity {
        self.validity
    }

    /// Returns whether the basic constraints mark a certificate authority.
    #[must_use]
    pub const fn is_ca(&self) -> bool {
        self.is_ca
    }

    /// Returns the path length constraint: the number of CA certificates that may follow this one.
    #[must_use]
    pub const fn path_len(&self) -> Option<u8> {
        self.path_len
    }

    /// Returns the issuer's distinguished name in DER.
    #[must_use]
    pub fn issuer_der(&self) -> &[u8] {
        self.der.issuer()
    }

    /// Returns the subject's distinguished name in DER.
    #[must_use]
    pub fn subject_der(&self) -> &[u8] {
        self.der.subject()
    }

    /// Verifies that `issuer` issued this certificate: the names are equal byte by byte, the authority key identifier
    /// equals the issuer's subject key identifier, and the signature is valid with the issuer's key.
    ///
    /// A self-issued certificate needs no authority key identifier. Dates and the issuer's permission to issue are not
    /// checked.
    ///
    /// # Errors
    ///
    /// [`Error::IssuerNameMismatch`], [`Error::AuthorityKeyIdMismatch`] or [`Error::SignatureInvalid`], the first that
    /// applies.
    pub fn verify_issued_by(&self, issuer: &Self) -> Result<(), Error> {
        self.check_names(issuer)?;
        let (signed, signature) = self.signed();
        issuer.public_key.verify_der(signed, signature)
    }

    /// The checks of [`Certificate::verify_issued_by`] except the signature.
    pub(crate) fn check_names(&self, issuer: &Self) -> Result<(), Error> {
        if self.issuer_der() != issuer.subject_der() {
            return Err(Error::IssuerNameMismatch);
        }
        let self_issued = self.issuer_der() == self.subject_der();
        let key_id_matches = match self.authority_key_id {
            Some(id) => issuer.subject_key_id == Some(id),
            None => self_issued,
        };
        if key_id_matches {
            Ok(())
        } else {
            Err(Error::AuthorityKeyIdMismatch {
                authority: self.authority_key_id,
                issuer: issuer.subject_key_id,
            })
        }
    }

    /// The signed bytes, and the signature in DER.
    pub(crate) fn signed(&self) -> (&[u8], &[u8]) {
        self.der.signed()
    }

    /// Whether this is a CA whose key usage, if present, allows signing certificates.
    pub(crate) fn may_issue(&self) -> bool {
        let usage = self.key_usage;
        self.is_ca && usage.is_none_or(|usage| usage.has(KeyUsage::KEY_CERT_SIGN))
    }

    /// Whether the key usage has cRLSign; a certificate without key usage may not sign CRLs here.
    pub(crate) fn may_sign_crls(&self) -> bool {
        self.key_usage.is_some_and(|usage| usage.has(KeyUsage::CRL_SIGN))
    }
}

impl AsRef<[u8]> for Certificate {
    /// Returns the DER.
    fn as_ref(&self) -> &[u8] {
        self.as_der()
    }
}

impl PartialEq for Certificate {
    /// Compares the encoded bytes.
    fn eq(&self, other: &Self) -> bool {
        self.der == other.der
    }
}

impl Eq for Certificate {}

impl fmt::Debug for Certificate {
    /// Writes the identifying fields.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate")
            .field("common_name", &self.common_name)
            .field("vendor_id", &self.vendor_id())
            .field("product_id", &self.product_id())
            .field("serial", &self.serial)
            .field("subject_key_id", &self.subject_key_id)
            .finish_non_exhaustive()
    }
}

impl TryFrom<&[u8]> for Certificate {
    type Error = Error;

    fn try_from(der: &[u8]) -> Result<Self, Error> {
        Self::from_der(der)
    }
}
