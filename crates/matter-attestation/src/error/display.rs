use core::fmt;

use super::{CsrFault, Error};
use crate::CertificationDeclaration;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::AuthorityKeyIdMismatch { authority, issuer } => write!(
                f,
                "authority key identifier {} differs from the issuer's subject key identifier {}",
                OrNone(authority),
                OrNone(issuer)
            ),
            Self::CertificateAlgorithm { oid } => {
                f.write_str("signature algorithm is not ecdsa-with-SHA256")?;
                oid.map_or(Ok(()), |oid| write!(f, " but {oid}"))
            }
            Self::CertificateMalformed { offset } => write!(f, "not a certificate in DER, {}", At(offset)),
            Self::CertificateTooLong { len } => write!(f, "certificate is too long: {len} bytes; at most 600 are allowed"),
            Self::CertificateVersion { version } => write!(f, "certificate version is not 3 but {version}"),
            Self::CommonNameHasControl => f.write_str("common name contains a control character"),
            Self::CommonNameHasId => f.write_str("common name contains Mvid: or Mpid:, which are reserved for ids"),
            Self::CommonNameLength { len } => write!(f, "common name has {len} bytes, not 1 to 64"),
            Self::Crl { fault, offset } => write!(f, "certificate revocation list: {fault}, at {offset}"),
            Self::Csr { fault, offset } => write!(f, "certificate signing request: {fault}, at {offset}"),
            Self::ElementsMalformed { offset } => write!(f, "attestation elements are malformed at {offset}"),
            Self::ElementsMember { tag, offset } => write!(
                f,
                "member {tag} of the attestation elements at {offset} is missing, out of order or out of range"
            ),
            Self::ElementsTooLong { len } => write!(f, "attestation elements have more than 900 bytes: {len}"),
            Self::EncodingFailed => f.write_str("encoding failed"),
            Self::ExtensionDuplicate { extension } => write!(f, "duplicate extension {extension}"),
            Self::ExtensionMalformed { extension } => write!(f, "extension {extension} is malformed"),
            Self::IssuerNameMismatch => f.write_str("issuer name differs from the issuer's subject name"),
            Self::IssuerPathLength { path_len } => write!(
                f,
                "issuer's path length is {}: a PAA (1 or none) issues PAIs, a PAI (0) issues DACs",
                OrNone(path_len)
            ),
            Self::IssuerProductIdMismatch { issuer, subject } => {
                write!(f, "product id {} is not the issuer's {issuer}", OrNone(subject))
            }
            Self::IssuerVendorIdMismatch { issuer, subject } => {
                write!(f, "vendor id {} is not the issuer's {issuer}", OrNone(subject))
            }
            Self::IssuerVendorIdMissing => f.write_str("issuer has no vendor id, which a PAI must have"),
            Self::KeyEncrypted => f.write_str("private key is encrypted; a password is required"),
            Self::KeyEncryption => f.write_str(
                "private key is not encrypted with PBES2: PBKDF2 of at most 10000000 iterations with SHA-2, or scrypt \
                 of at most 64 MiB, and AES",
            ),
            Self::KeyIdMalformed { len } => {
                write!(f, "key identifier is not 40 hexadecimal digits (its text has {len} bytes)")
            }
            Self::KeyMalformed => {
                f.write_str("not a well-formed key in PKCS#8 or SEC 1, or of 32 or 97 bytes, raw or in hexadecimal digits")
            }
            Self::KeyMismatch => f.write_str("public key does not match the private key"),
            Self::KeyNotP256 => f.write_str("key is not an uncompressed P-256 key"),
            Self::KeyPassword => f.write_str("password of the private key is wrong"),
            Self::KeyScalarOutOfRange => f.write_str("private scalar is 0 or not below the order of P-256"),
            Self::NotACertificateAuthority => f.write_str("certificate may not sign others"),
            Self::PemLabel { expected, ref found } => {
                write!(f, "PEM block is not a {expected}")?;
                found.as_ref().map_or(Ok(()), |found| write!(f, ": its label is {found}"))
            }
            Self::PemMalformed => f.write_str("text does not contain exactly one well-formed PEM block"),
            Self::Pkcs12Encryption => f.write_str(
                "encryption of PKCS#12 must be PBES2 with AES, triple DES or RC2, with at most 1000000 iterations and an HMAC \
                 with SHA-1 or SHA-2",
            ),
            Self::Pkcs12Malformed => f.write_str("not well-formed PKCS#12 in DER"),
            Self::Pkcs12Password => f.write_str("password of the PKCS#12 file is wrong"),
            Self::Pkcs7Empty => f.write_str("PKCS#7 contains no certificate"),
            Self::Pkcs7Malformed { offset } => write!(f, "not well-formed PKCS#7 in DER, at {offset}"),
            Self::Revocation(fault) => write!(f, "certificate revocation list: {fault}"),
            Self::SerialNumberOutOfRange { len } => {
                write!(
                    f,
                    "serial number of {len} bytes must be positive and have at most 20 bytes"
                )
            }
            Self::SignatureInvalid => f.write_str("signature is invalid"),
            Self::SignerAlgorithm => f.write_str("signer's algorithm is not ecdsa-with-SHA256 without parameters"),
            Self::SigningFailed(_) => f.write_str("signer failed"),
            Self::SubjectKeyIdMissing => f.write_str("issuer has no subject key identifier"),
            Self::SubjectProductIdDuplicate => f.write_str("subject has a duplicate product id"),
            Self::SubjectProductIdMalformed => {
                f.write_str("product id in the subject must be four upper-case hexadecimal digits, 0001 to FFFF")
            }
            Self::SubjectVendorIdDuplicate => f.write_str("subject has a duplicate vendor id"),
            Self::SubjectVendorIdMalformed => {
                f.write_str("vendor id in the subject must be four upper-case hexadecimal digits, 0001 to FFF4")
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
                write!(f, "{count} authorized PAAs, not 1 to {max}")
            }
            Self::CdCertificateIdLength { len } => write!(f, "certificate id has {len} bytes, not 19"),
            Self::CdCertificationType { value } => write!(f, "certification type {value} is not 0, 1 or 2"),
            Self::CdCmsField { field } => write!(f, "CMS has a different {field}"),
            Self::CdCmsMalformed { offset } => write!(f, "CMS is malformed, {}", At(offset)),
            Self::CdDacOriginIncomplete => f.write_str("one DAC origin id without the other"),
            Self::CdFormatVersion { value } => write!(f, "format version {value} is not 1"),
            Self::CdMember { tag, offset } => {
                write!(f, "member {tag} at {offset} is missing, out of order or out of range")
            }
            Self::CdMemberNotIssuable { tag } => write!(
                f,
                "member {tag} cannot be issued: security level and information must be 0, the version number must not"
            ),
            Self::CdProductIdCount { count } => {
                let max = CertificationDeclaration::MAX_PRODUCT_IDS;
                write!(f, "{count} product ids, not 1 to {max}")
            }
            Self::CdTlvMalformed { offset } => write!(f, "TLV is malformed at {offset}"),
            _ => Ok(()),
        }
    }
}

pub(crate) struct OrNone<T>(pub(crate) Option<T>);

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
            None => f.write_str("at an unknown offset"),
        }
    }
}

impl fmt::Display for CsrFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match *self {
            Self::Algorithm => "signature algorithm is not ecdsa-with-SHA256 without parameters",
            Self::Attributes => "attributes are missing or malformed",
            Self::Form => "not a PKCS#10 request in DER",
            Self::Key => "public key is not an uncompressed point on P-256",
            Self::Possession => "signature does not verify with the request's own key, so possession is not proved",
            Self::Signature => "signature is not a BIT STRING with an ECDSA signature in DER",
            Self::Subject => "subject is not a distinguished name",
            Self::Trailing => "trailing bytes after the request",
            Self::Version { encoded } => {
                f.write_str("version is not 1 (encoded as 0)")?;
                return encoded.map_or(Ok(()), |encoded| write!(f, ": encoded as {encoded}"));
            }
        })
    }
}
