mod display;
mod signing_failure;

pub use self::signing_failure::SigningFailure;

use der::DateTime;
use matter_types::{ProductId, VendorId};

use crate::{CrlFault, KeyId, RevocationFault};

/// Why something cannot be read, issued or verified.
///
/// No variant carries any part of a private key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The authority key identifier is not the issuer's subject key identifier.
    AuthorityKeyIdMismatch {
        /// What the certificate says.
        authority: Option<KeyId>,
        /// What the issuer's certificate says.
        issuer: Option<KeyId>,
    },
    /// The list of authorized PAAs is empty or too long.
    CdAuthorizedPaaCount {
        /// How many there are.
        count: usize,
    },
    /// The certificate id of a Certification Declaration does not have 19 octets.
    CdCertificateIdLength {
        /// How many octets it has.
        len: usize,
    },
    /// The certification type is none of the three.
    CdCertificationType {
        /// The refused value.
        value: u64,
    },
    /// A field of the CMS envelope is not the one that a Certification Declaration has.
    CdCmsField {
        /// The field and what is allowed in it.
        field: &'static str,
    },
    /// The CMS envelope is not DER or not of the one allowed form.
    CdCmsMalformed {
        /// Where in the input, if that is known.
        offset: Option<usize>,
    },
    /// Only one of the two DAC origin ids is there.
    CdDacOriginIncomplete,
    /// The format version is not 1.
    CdFormatVersion {
        /// The refused value.
        value: u64,
    },
    /// A member is missing, out of order, of the wrong type or out of range.
    CdMember {
        /// The member's tag.
        tag: u8,
        /// Where in the TLV it should be or is.
        offset: usize,
    },
    /// A member has a value that may be read but not issued.
    CdMemberNotIssuable {
        /// The member's tag.
        tag: u8,
    },
    /// The list of product ids is empty or too long.
    CdProductIdCount {
        /// How many there are.
        count: usize,
    },
    /// The content is not one TLV structure.
    CdTlvMalformed {
        /// Where in the TLV.
        offset: usize,
    },
    /// The signature algorithm, inside or outside of the signed part, is not ecdsa-with-SHA256.
    CertificateAlgorithm,
    /// The input is not exactly one certificate in DER.
    CertificateMalformed {
        /// Where in the input, if that is known.
        offset: Option<usize>,
    },
    /// The certificate has more than 600 octets.
    CertificateTooLong {
        /// How many octets it has.
        len: usize,
    },
    /// The certificate is not of X.509 version 3.
    CertificateVersion,
    /// The common name has a control character.
    CommonNameHasControl,
    /// The common name has `Mvid:` or `Mpid:` of its own, which a reader takes for an id.
    CommonNameHasId,
    /// The common name is empty or too long.
    CommonNameLength {
        /// How many octets it has.
        len: usize,
    },
    /// A certificate revocation list is refused.
    Crl {
        /// What is wrong.
        fault: CrlFault,
        /// Where in the DER.
        offset: usize,
    },
    /// A certificate signing request is refused.
    Csr {
        /// What is wrong.
        fault: CsrFault,
        /// Where in the DER.
        offset: usize,
    },
    /// The attestation elements are not one TLV structure with ascending tags.
    ElementsMalformed {
        /// Where in the TLV.
        offset: usize,
    },
    /// A member of the attestation elements is missing, out of order, of the wrong type or out of range.
    ElementsMember {
        /// The member's tag.
        tag: u8,
        /// Where in the TLV it should be or is.
        offset: usize,
    },
    /// The attestation elements have more than 900 octets.
    ElementsTooLong,
    /// Encoding failed, which no value of these types causes.
    EncodingFailed,
    /// An extension is there more than once.
    ExtensionDuplicate {
        /// Its name in RFC 5280.
        extension: &'static str,
    },
    /// An extension cannot be read, or a key identifier does not have 20 octets.
    ExtensionMalformed {
        /// Its name in RFC 5280.
        extension: &'static str,
    },
    /// The issuer's name in the certificate is not the issuer's subject, octet by octet.
    IssuerNameMismatch,
    /// The issuer's path length constraint does not allow the certificate.
    IssuerPathLength {
        /// The issuer's path length constraint.
        path_len: Option<u8>,
    },
    /// The issuer serves another product.
    IssuerProductIdMismatch {
        /// The issuer's product id.
        issuer: ProductId,
        /// The product id in the subject.
        subject: Option<ProductId>,
    },
    /// The issuer serves another vendor.
    IssuerVendorIdMismatch {
        /// The issuer's vendor id.
        issuer: VendorId,
        /// The vendor id in the subject.
        subject: Option<VendorId>,
    },
    /// The issuer of a DAC has no vendor id.
    IssuerVendorIdMissing,
    /// The private key is encrypted.
    KeyEncrypted,
    /// The private key is encrypted in a way that is not read, or that would take too long.
    KeyEncryption,
    /// A text is not a key identifier.
    KeyIdMalformed,
    /// The key is in none of the forms that are read, or not well-formed.
    KeyMalformed,
    /// A public key does not belong to the private key.
    KeyMismatch,
    /// The key is not on the curve P-256, or not given as an uncompressed point.
    KeyNotP256,
    /// The password is not that of the private key.
    KeyPassword,
    /// The private scalar is 0 or not below the order of the curve.
    KeyScalarOutOfRange,
    /// The certificate may not sign others.
    NotACertificateAuthority,
    /// The PEM block is of another kind.
    PemLabel {
        /// The label that is read here.
        expected: &'static str,
    },
    /// The text does not hold exactly one well-formed PEM block.
    PemMalformed,
    /// PKCS#12 is encrypted in a way that is not read, or that would take too long.
    Pkcs12Encryption,
    /// The input is not PKCS#12 in DER.
    Pkcs12Malformed,
    /// The password is not that of the PKCS#12 file.
    Pkcs12Password,
    /// PKCS#7 carries no certificate.
    Pkcs7Empty,
    /// The input is not PKCS#7 in DER.
    Pkcs7Malformed {
        /// Where in the DER.
        offset: usize,
    },
    /// A certificate revocation list is not believed.
    Revocation(RevocationFault),
    /// The serial number is 0, negative or too long.
    SerialNumberOutOfRange {
        /// How many octets it has or would have.
        len: usize,
    },
    /// The signature is not that of this key over this content.
    SignatureInvalid,
    /// The signer's algorithm is not ecdsa-with-SHA256 without parameters.
    SignerAlgorithm,
    /// The signer reported a failure, which is the [`source`](core::error::Error::source).
    SigningFailed(SigningFailure),
    /// The issuer has no subject key identifier to copy.
    SubjectKeyIdMissing,
    /// The subject has more than one product id attribute.
    SubjectProductIdDuplicate,
    /// The subject's product id is not four upper-case hexadecimal digits, or 0.
    SubjectProductIdMalformed,
    /// The subject has more than one vendor id attribute.
    SubjectVendorIdDuplicate,
    /// The subject's vendor id is not four upper-case hexadecimal digits, or not a vendor id.
    SubjectVendorIdMalformed,
    /// The certificate would be valid for longer than its issuer.
    ValidityAfterIssuer {
        /// The last second asked for.
        not_after: DateTime,
        /// The issuer's last second.
        issuer: DateTime,
    },
    /// The certificate would be valid before its issuer.
    ValidityBeforeIssuer {
        /// The first second asked for.
        not_before: DateTime,
        /// The issuer's first second.
        issuer: DateTime,
    },
    /// The validity ends before it starts.
    ValidityReversed {
        /// The first second.
        not_before: DateTime,
        /// The last second.
        not_after: DateTime,
    },
    /// The validity ends after the year 9999.
    ValidityTooLong {
        /// The first second.
        not_before: DateTime,
        /// The length asked for.
        days: u32,
    },
}

impl core::error::Error for Error {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::SigningFailed(failure) => failure.cause(),
            _ => None,
        }
    }
}

impl From<signature::Error> for Error {
    fn from(error: signature::Error) -> Self {
        Self::SigningFailed(error.into())
    }
}

impl From<RevocationFault> for Error {
    fn from(fault: RevocationFault) -> Self {
        Self::Revocation(fault)
    }
}

/// What is wrong with a certificate signing request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CsrFault {
    /// The signature algorithm is not ecdsa-with-SHA256 without parameters.
    Algorithm,
    /// The attributes are missing or malformed.
    Attributes,
    /// It is not DER or does not have the parts of a request.
    Form,
    /// The public key is not an uncompressed point on the curve P-256.
    Key,
    /// The signature is not that of the key inside.
    Possession,
    /// The signature is not an ECDSA signature in DER in a BIT STRING.
    Signature,
    /// The subject is not a distinguished name.
    Subject,
    /// Octets follow the request.
    Trailing,
    /// The version is not 1, which is encoded as 0.
    Version,
}
