mod display;
mod signing_failure;

use alloc::string::String;

pub(crate) use self::display::OrNone;
pub use self::signing_failure::SigningFailure;

use const_oid::ObjectIdentifier;
use der::DateTime;
use matter_types::{ProductId, VendorId};

use crate::{CrlFault, KeyId, RevocationFault};

/// Errors of decoding, issuing and verification.
///
/// No variant carries any part of a private key.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The authority key identifier differs from the issuer's subject key identifier.
    AuthorityKeyIdMismatch {
        /// The authority key identifier of the certificate.
        authority: Option<KeyId>,
        /// The subject key identifier of the issuer.
        issuer: Option<KeyId>,
    },
    /// The list of authorized PAAs is empty or too long.
    CdAuthorizedPaaCount {
        /// The number of authorized PAAs.
        count: usize,
    },
    /// The certificate id of a Certification Declaration does not have 19 bytes.
    CdCertificateIdLength {
        /// Its length in bytes.
        len: usize,
    },
    /// The certification type is not 0, 1 or 2.
    CdCertificationType {
        /// The refused value.
        value: u64,
    },
    /// A field of the CMS envelope is not allowed in a Certification Declaration.
    CdCmsField {
        /// The field and its allowed value.
        field: &'static str,
    },
    /// The CMS envelope is not DER or not of the allowed form.
    CdCmsMalformed {
        /// The position in the input, if known.
        offset: Option<usize>,
    },
    /// Only one of the two DAC origin ids is present.
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
        /// The position in the TLV where it should be or is.
        offset: usize,
    },
    /// A member has a value that can be decoded but not issued.
    CdMemberNotIssuable {
        /// The member's tag.
        tag: u8,
    },
    /// The list of product ids is empty or too long.
    CdProductIdCount {
        /// The number of product ids.
        count: usize,
    },
    /// The content is not one TLV structure.
    CdTlvMalformed {
        /// The position in the TLV.
        offset: usize,
    },
    /// The signature algorithm, inside or outside of the signed part, is not ecdsa-with-SHA256.
    CertificateAlgorithm {
        /// The algorithm, or `None` if it is malformed or only its parameters are wrong.
        oid: Option<ObjectIdentifier>,
    },
    /// The input is not exactly one certificate in DER.
    CertificateMalformed {
        /// The position in the input, if known.
        offset: Option<usize>,
    },
    /// The certificate has more than 600 bytes.
    CertificateTooLong {
        /// Its length in bytes.
        len: usize,
    },
    /// The certificate is not of X.509 version 3.
    CertificateVersion {
        /// The version, one more than the encoded number.
        version: u64,
    },
    /// The common name has a control character.
    CommonNameHasControl,
    /// The common name contains `Mvid:` or `Mpid:`, which would be read as an id.
    CommonNameHasId,
    /// The common name is empty or too long.
    CommonNameLength {
        /// Its length in bytes.
        len: usize,
    },
    /// A certificate revocation list was refused.
    Crl {
        /// The fault.
        fault: CrlFault,
        /// The position in the DER.
        offset: usize,
    },
    /// A certificate signing request was refused.
    Csr {
        /// The fault.
        fault: CsrFault,
        /// The position in the DER.
        offset: usize,
    },
    /// The attestation elements are not one TLV structure with ascending tags.
    ElementsMalformed {
        /// The position in the TLV.
        offset: usize,
    },
    /// A member of the attestation elements is missing, out of order, of the wrong type or out of range.
    ElementsMember {
        /// The member's tag.
        tag: u8,
        /// The position in the TLV where it should be or is.
        offset: usize,
    },
    /// The attestation elements have more than 900 bytes.
    ElementsTooLong {
        /// Their length in bytes.
        len: usize,
    },
    /// Encoding failed, which does not occur for valid values.
    EncodingFailed,
    /// An extension is duplicated.
    ExtensionDuplicate {
        /// Its name in RFC 5280.
        extension: &'static str,
    },
    /// An extension is malformed, or a key identifier does not have 20 bytes.
    ExtensionMalformed {
        /// Its name in RFC 5280.
        extension: &'static str,
    },
    /// The certificate's issuer name differs from the issuer's subject, byte by byte.
    IssuerNameMismatch,
    /// The issuer's path length constraint does not allow the certificate.
    IssuerPathLength {
        /// The issuer's path length constraint.
        path_len: Option<u8>,
    },
    /// The issuer is for another product.
    IssuerProductIdMismatch {
        /// The issuer's product id.
        issuer: ProductId,
        /// The product id in the subject.
        subject: Option<ProductId>,
    },
    /// The issuer is for another vendor.
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
    /// The encryption of the private key is not supported, or would take too long.
    KeyEncryption,
    /// A text is not a key identifier.
    KeyIdMalformed {
        /// Its length in bytes.
        len: usize,
    },
    /// The key is malformed, or its format is not supported.
    KeyMalformed,
    /// A public key does not match the private key.
    KeyMismatch,
    /// The key is not on P-256, or not an uncompressed point.
    KeyNotP256,
    /// The password of the private key is wrong.
    KeyPassword,
    /// The private scalar is 0 or not below the order of the curve.
    KeyScalarOutOfRange,
    /// The certificate may not sign others.
    NotACertificateAuthority,
    /// The PEM block has another type.
    PemLabel {
        /// The expected label.
        expected: &'static str,
        /// The block's label, unless it is longer than 64 bytes or has characters other than printable ASCII.
        found: Option<String>,
    },
    /// The text does not contain exactly one well-formed PEM block.
    PemMalformed,
    /// The encryption of the PKCS#12 file is not supported, or would take too long.
    Pkcs12Encryption,
    /// The input is not PKCS#12 in DER.
    Pkcs12Malformed,
    /// The password of the PKCS#12 file is wrong.
    Pkcs12Password,
    /// PKCS#7 contains no certificate.
    Pkcs7Empty,
    /// The input is not PKCS#7 in DER.
    Pkcs7Malformed {
        /// The position in the DER.
        offset: usize,
    },
    /// A certificate revocation list was not accepted.
    Revocation(RevocationFault),
    /// The serial number is 0, negative or too long.
    SerialNumberOutOfRange {
        /// Its actual or required length in bytes.
        len: usize,
    },
    /// The signature is not valid for this key and content.
    SignatureInvalid,
    /// The signer's algorithm is not ecdsa-with-SHA256 without parameters.
    SignerAlgorithm,
    /// The signer failed; its error is the [`source`](core::error::Error::source).
    SigningFailed(SigningFailure),
    /// The issuer has no subject key identifier.
    SubjectKeyIdMissing,
    /// The subject has a duplicate product id attribute.
    SubjectProductIdDuplicate,
    /// The subject's product id is not four upper-case hexadecimal digits, or 0.
    SubjectProductIdMalformed,
    /// The subject has a duplicate vendor id attribute.
    SubjectVendorIdDuplicate,
    /// The subject's vendor id is not four upper-case hexadecimal digits, or not a vendor id.
    SubjectVendorIdMalformed,
    /// The validity would end after that of the issuer.
    ValidityAfterIssuer {
        /// The requested last second.
        not_after: DateTime,
        /// The issuer's last second.
        issuer: DateTime,
    },
    /// The validity would start before that of the issuer.
    ValidityBeforeIssuer {
        /// The requested first second.
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
        /// The requested length in days.
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

/// A fault of a certificate signing request.
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
    /// The signature is not valid with the request's own key.
    Possession,
    /// The signature is not an ECDSA signature in DER in a BIT STRING.
    Signature,
    /// The subject is not a distinguished name.
    Subject,
    /// There are bytes after the request.
    Trailing,
    /// The version is not 1, which is encoded as 0.
    Version {
        /// The encoded number, if there is one of a single byte.
        encoded: Option<u8>,
    },
}
