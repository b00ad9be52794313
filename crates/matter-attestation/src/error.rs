use core::fmt;

use der::DateTime;
use matter_types::{ProductId, VendorId};

use crate::{CertificationDeclaration, KeyId};

/// Why something cannot be read, issued or verified.
///
/// No variant carries any part of a private key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
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
    /// The common name is empty or too long.
    CommonNameLength {
        /// How many octets it has.
        len: usize,
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
    /// The key is neither PKCS#8 nor SEC 1, or not well-formed.
    KeyMalformed,
    /// A public key does not belong to the private key.
    KeyMismatch,
    /// The key is not on the curve P-256, or not given as an uncompressed point.
    KeyNotP256,
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
    /// The serial number is 0, negative or too long.
    SerialNumberOutOfRange {
        /// How many octets it has or would have.
        len: usize,
    },
    /// The signature is not that of this key over this content.
    SignatureInvalid,
    /// The signer's algorithm is not ecdsa-with-SHA256 without parameters.
    SignerAlgorithm,
    /// The signer reported a failure.
    SigningFailed,
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

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::AuthorityKeyIdMismatch { authority, issuer } => write!(
                f,
                "authority key identifier {} is not the issuer's subject key identifier {}",
                OrNone(authority),
                OrNone(issuer)
            ),
            Self::CertificateAlgorithm => f.write_str("signature algorithm is not ecdsa-with-SHA256"),
            Self::CertificateMalformed { offset } => write!(f, "not a certificate in DER, {}", At(offset)),
            Self::CertificateTooLong { len } => write!(f, "certificate has {len} octets, not at most 600"),
            Self::CertificateVersion => f.write_str("certificate is not of version 3"),
            Self::CommonNameLength { len } => write!(f, "common name has {len} octets, not 1..=64"),
            Self::ElementsMalformed { offset } => write!(f, "attestation elements are malformed at {offset}"),
            Self::ElementsMember { tag, offset } => write!(
                f,
                "member {tag} of the attestation elements at {offset} is missing, out of order or out of range"
            ),
            Self::ElementsTooLong => f.write_str("attestation elements have more than 900 octets"),
            Self::EncodingFailed => f.write_str("encoding failed"),
            Self::ExtensionDuplicate { extension } => write!(f, "extension {extension} is there more than once"),
            Self::ExtensionMalformed { extension } => write!(f, "extension {extension} is malformed"),
            Self::IssuerNameMismatch => f.write_str("issuer name is not the issuer's subject name"),
            Self::IssuerPathLength { path_len } => write!(
                f,
                "issuer's path length is {}: a PAA, with 1 or none, issues PAIs and a PAI, with 0, issues DACs",
                OrNone(path_len)
            ),
            Self::IssuerProductIdMismatch { issuer, subject } => {
                write!(f, "product id {} is not the issuer's {issuer}", OrNone(subject))
            }
            Self::IssuerVendorIdMismatch { issuer, subject } => {
                write!(f, "vendor id {} is not the issuer's {issuer}", OrNone(subject))
            }
            Self::IssuerVendorIdMissing => f.write_str("issuer has no vendor id, which a PAI must have"),
            Self::KeyEncrypted => f.write_str("private key is encrypted; decrypt it first"),
            Self::KeyMalformed => f.write_str("not a well-formed key in PKCS#8 or SEC 1"),
            Self::KeyMismatch => f.write_str("public key does not belong to the private key"),
            Self::KeyNotP256 => f.write_str("key is not an uncompressed key on the curve P-256"),
            Self::KeyScalarOutOfRange => f.write_str("private scalar is not in 1..order of P-256"),
            Self::NotACertificateAuthority => f.write_str("certificate may not sign others"),
            Self::PemLabel { expected } => write!(f, "PEM block is not a {expected}"),
            Self::PemMalformed => f.write_str("text does not hold exactly one well-formed PEM block"),
            Self::SerialNumberOutOfRange { len } => {
                write!(
                    f,
                    "serial number of {len} octets is not positive and of at most 20 octets"
                )
            }
            Self::SignatureInvalid => f.write_str("signature is invalid"),
            Self::SignerAlgorithm => f.write_str("signer's algorithm is not ecdsa-with-SHA256 without parameters"),
            Self::SigningFailed => f.write_str("signer reported a failure"),
            Self::SubjectKeyIdMissing => f.write_str("issuer has no subject key identifier"),
            Self::SubjectProductIdDuplicate => f.write_str("subject has more than one product id"),
            Self::SubjectProductIdMalformed => {
                f.write_str("product id in the subject is not four upper-case hexadecimal digits in 0001..=FFFF")
            }
            Self::SubjectVendorIdDuplicate => f.write_str("subject has more than one vendor id"),
            Self::SubjectVendorIdMalformed => {
                f.write_str("vendor id in the subject is not four upper-case hexadecimal digits in 0001..=FFF4")
            }
            Self::ValidityAfterIssuer { not_after, issuer } => {
                write!(f, "validity ends at {not_after}, after the issuer's at {issuer}")
            }
            Self::ValidityBeforeIssuer { not_before, issuer } => {
                write!(f, "validity starts at {not_before}, before the issuer's at {issuer}")
            }
            Self::ValidityReversed { not_before, not_after } => {
                write!(f, "validity ends at {not_after}, before it starts at {not_before}")
            }
            Self::ValidityTooLong { not_before, days } => {
                write!(f, "validity of {days} days from {not_before} ends after the year 9999")
            }
            _ => self.fmt_declaration(f),
        }
    }
}

impl Error {
    /// Writes the errors of Certification Declarations.
    fn fmt_declaration(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("certification declaration: ")?;
        match *self {
            Self::CdAuthorizedPaaCount { count } => {
                let max = CertificationDeclaration::MAX_AUTHORIZED_PAAS;
                write!(f, "{count} authorized PAAs, not 1..={max}")
            }
            Self::CdCertificateIdLength { len } => write!(f, "certificate id has {len} octets, not 19"),
            Self::CdCertificationType { value } => write!(f, "certification type {value} is not in 0..=2"),
            Self::CdCmsField { field } => write!(f, "CMS has another {field}"),
            Self::CdCmsMalformed { offset } => write!(f, "CMS is malformed, {}", At(offset)),
            Self::CdDacOriginIncomplete => f.write_str("one DAC origin id without the other"),
            Self::CdFormatVersion { value } => write!(f, "format version {value} is not 1"),
            Self::CdMember { tag, offset } => {
                write!(f, "member {tag} at {offset} is missing, out of order or out of range")
            }
            Self::CdMemberNotIssuable { tag } => write!(
                f,
                "member {tag} may not be issued so: security level and information are 0, version number is not"
            ),
            Self::CdProductIdCount { count } => {
                let max = CertificationDeclaration::MAX_PRODUCT_IDS;
                write!(f, "{count} product ids, not 1..={max}")
            }
            Self::CdTlvMalformed { offset } => write!(f, "TLV is malformed at {offset}"),
            _ => Ok(()),
        }
    }
}

impl core::error::Error for Error {}

struct OrNone<T>(Option<T>);

impl<T: fmt::Display> fmt::Display for OrNone<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Some(value) => value.fmt(f),
            None => f.write_str("(none)"),
        }
    }
}

struct At(Option<usize>);

impl fmt::Display for At {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(offset) => write!(f, "at {offset}"),
            None => f.write_str("offset unknown"),
        }
    }
}
