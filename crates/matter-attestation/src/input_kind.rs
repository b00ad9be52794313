use alloc::vec::Vec;
use core::fmt;

use crate::oid;
use crate::pem::{blocks, is_pem};
use crate::pkcs7::{self, only_carries_certificates};
use crate::x509::{Frame, Signed, Walker, tag};

/// The type of a file, detected from its first bytes, its PEM label or its form, for messages about a file of the wrong
/// type.
///
/// # Examples
///
/// ```
/// use matter_attestation::InputKind;
///
/// assert_eq!(InputKind::of(b""), InputKind::Empty);
/// let key = b"-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n";
/// assert_eq!(InputKind::of(key).to_string(), "a private key");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum InputKind {
    /// Text in base64 without PEM boundary lines.
    Base64Text,
    /// An X.509 certificate.
    Certificate,
    /// Several X.509 certificates in PEM.
    Certificates {
        /// Number of certificates.
        count: usize,
    },
    /// A PKCS#10 certificate signing request.
    CertificateRequest,
    /// A certificate revocation list.
    Crl,
    /// A Certification Declaration.
    Declaration,
    /// An empty input.
    Empty,
    /// Text in hexadecimal digits.
    HexText,
    /// SignedData or PKCS#12 in BER, with an indefinite length.
    IndefiniteLength,
    /// A PEM block with a label not listed here.
    OtherPem,
    /// A PKCS#12 file.
    Pkcs12,
    /// PKCS#7 (CMS SignedData) with certificates.
    Pkcs7,
    /// A private key.
    PrivateKey,
    /// A public key.
    PublicKey,
    /// DER that ends too early.
    Truncated {
        /// The actual length in bytes.
        len: usize,
        /// The length in bytes according to its header.
        expected: usize,
    },
    /// None of these.
    Unknown,
}

impl InputKind {
    /// Detects the type of PEM, DER or text.
    #[must_use]
    pub fn of(input: &[u8]) -> Self {
        if input.trim_ascii().is_empty() {
            return Self::Empty;
        }
        if is_pem(input) {
            return of_pem(input);
        }
        let kind = of_der(input);
        if kind == Self::Unknown { of_text(input) } else { kind }
    }

    /// Returns the type of an input that is clearly not a declaration; `None` for an input that resembles one.
    pub(crate) fn in_place_of_declaration(input: &[u8]) -> Option<Self> {
        match Self::of(input) {
            Self::Declaration | Self::IndefiniteLength | Self::Truncated { .. } | Self::Unknown => None,
            // An empty declaration is reported as malformed.
            Self::Empty => None,
            other => Some(other),
        }
    }
}

impl fmt::Display for InputKind {
    /// Writes a noun with its article, and where useful a remedy.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match *self {
            Self::Base64Text => "base64 text; raw bytes are required",
            Self::Certificate => "an X.509 certificate",
            Self::Certificates { count } => return write!(f, "a bundle of {count} X.509 certificates"),
            Self::CertificateRequest => "a certificate signing request (PKCS#10)",
            Self::Crl => "a certificate revocation list (CRL)",
            Self::Declaration => "a Certification Declaration",
            Self::Empty => "empty",
            Self::IndefiniteLength => {
                "in BER with indefinite lengths; DER is required; `openssl pkcs7 -inform DER -outform DER` converts PKCS#7 to DER, \
                 and `openssl pkcs12` splits PKCS#12"
            }
            Self::HexText => "hexadecimal text; raw bytes are required",
            Self::OtherPem => "a PEM block of another type",
            Self::Pkcs12 => "a PKCS#12 file; `openssl pkcs12` extracts the key and the certificates",
            Self::Pkcs7 => "a PKCS#7 bundle of certificates; `openssl pkcs7 -print_certs` extracts them",
            Self::PrivateKey => "a private key",
            Self::PublicKey => "a public key",
            Self::Truncated { len, expected } => {
                return write!(f, "truncated: it ends after {len} of {expected} bytes");
            }
            Self::Unknown => "of an unknown type",
        })
    }
}

fn of_pem(input: &[u8]) -> InputKind {
    let Ok(found) = blocks(input) else {
        return InputKind::OtherPem;
    };
    let certificates = found
        .iter()
        .filter(|block| block.label.ends_with(b"CERTIFICATE"))
        .count();
    if certificates == found.len() && certificates > 1 {
        return InputKind::Certificates { count: certificates };
    }
    let kind = |label: &[u8]| match label {
        b"CERTIFICATE" | b"X509 CERTIFICATE" | b"TRUSTED CERTIFICATE" => InputKind::Certificate,
        b"CERTIFICATE REQUEST" | b"NEW CERTIFICATE REQUEST" => InputKind::CertificateRequest,
        b"X509 CRL" => InputKind::Crl,
        label if pkcs7::PEM_LABELS.contains(&label) => InputKind::Pkcs7,
        b"PKCS12" => InputKind::Pkcs12,
        b"PUBLIC KEY" => InputKind::PublicKey,
        label if label.ends_with(b"PRIVATE KEY") => InputKind::PrivateKey,
        _ => InputKind::OtherPem,
    };
    let kinds: Vec<_> = found.iter().map(|block| kind(block.label)).collect();
    match kinds
        .iter()
        .find(|kind| **kind == InputKind::PrivateKey)
        .or(kinds.first())
    {
        Some(kind @ (InputKind::Certificate | InputKind::Pkcs7 | InputKind::Pkcs12)) => {
            let inside = found.first().and_then(|block| block.decode().ok());
            inside.map_or(*kind, |der| match of_der(&der) {
                unread @ (InputKind::IndefiniteLength | InputKind::Truncated { .. }) => unread,
                _ => *kind,
            })
        }
        Some(kind) => *kind,
        None => InputKind::OtherPem,
    }
}

fn of_der(input: &[u8]) -> InputKind {
    if let [tag::SEQUENCE, 0x80, inside @ ..] = input {
        return in_ber(inside);
    }
    if let Some(expected) = announced_len(input).filter(|expected| *expected > input.len()) {
        let len = input.len();
        return InputKind::Truncated { len, expected };
    }
    let Ok(whole) = Walker::new(input).expect(tag::SEQUENCE) else {
        return InputKind::Unknown;
    };
    if Frame::find(input).is_ok() {
        return InputKind::Certificate;
    }
    let mut inside = whole.inside();
    let (first, second) = (inside.next(), inside.next());
    let tags = [first, second].map(|element| element.map_or(0, |element| element.tag));
    match (first, tags) {
        (Ok(content_type), [tag::OID, tag::EXPLICIT_0]) if content_type.value == oid::SIGNED_DATA.as_bytes() => {
            if only_carries_certificates(input) {
                InputKind::Pkcs7
            } else {
                InputKind::Declaration
            }
        }
        (Ok(version), [tag::INTEGER, tag::SEQUENCE]) if version.value == [3] => InputKind::Pkcs12,
        // PKCS#8, SEC 1, PKCS#1.
        (Ok(version), [tag::INTEGER, tag::SEQUENCE | tag::OCTET_STRING | tag::INTEGER])
            if matches!(version.value, [0 | 1]) =>
        {
            InputKind::PrivateKey
        }
        (Ok(_), [tag::SEQUENCE, tag::OCTET_STRING]) => InputKind::PrivateKey,
        (Ok(_), [tag::SEQUENCE, tag::BIT_STRING]) => InputKind::PublicKey,
        (Ok(_), [tag::SEQUENCE, tag::SEQUENCE]) => of_signed(input),
        _ => InputKind::Unknown,
    }
}

/// Detects the type of an input with an indefinite length by its first element.
fn in_ber(inside: &[u8]) -> InputKind {
    match Walker::new(inside).next() {
        Ok(first) if first.tag == tag::OID && first.value == oid::SIGNED_DATA.as_bytes() => InputKind::IndefiniteLength,
        Ok(first) if first.tag == tag::INTEGER && first.value == [3] => InputKind::IndefiniteLength,
        _ => InputKind::Unknown,
    }
}

/// Distinguishes requests, CRLs and certificates whose content is broken.
fn of_signed(input: &[u8]) -> InputKind {
    let Ok(signed) = Signed::read(input) else {
        return InputKind::Unknown;
    };
    let mut fields = signed.tbs.inside();
    let mut tags = [0; 4];
    for tag in &mut tags {
        *tag = fields.next().map_or(0, |field| field.tag);
    }
    match tags {
        [tag::INTEGER, tag::SEQUENCE, tag::SEQUENCE, tag::EXPLICIT_0] => InputKind::CertificateRequest,
        [
            tag::INTEGER,
            tag::SEQUENCE,
            tag::SEQUENCE,
            tag::UTC_TIME | tag::GENERALIZED_TIME,
        ]
        | [tag::SEQUENCE, tag::SEQUENCE, tag::UTC_TIME | tag::GENERALIZED_TIME, _] => InputKind::Crl,
        _ => InputKind::Unknown,
    }
}

/// Returns the encoded length of a SEQUENCE with a definite length of more than 127 bytes.
fn announced_len(input: &[u8]) -> Option<usize> {
    match *input {
        [tag::SEQUENCE, 0x81, len, ..] => Some(3 + usize::from(len)),
        [tag::SEQUENCE, 0x82, high, low, ..] => Some(4 + (usize::from(high) << 8 | usize::from(low))),
        _ => None,
    }
}

fn of_text(input: &[u8]) -> InputKind {
    let text = input.trim_ascii();
    let is_digit = |byte: &u8| byte.is_ascii_hexdigit();
    let is_base64 = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'=' | b'-' | b'_');
    let between = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b':' | b',');
    let text = text.strip_prefix(b"0x").unwrap_or(text);
    let separated = |byte: &u8| is_digit(byte) || between(byte) || matches!(byte, b'x' | b'X' | b'\\');
    if text.len() < 2 || !text.iter().any(is_digit) {
        return InputKind::Unknown;
    }
    if text.iter().all(separated) {
        InputKind::HexText
    } else if text.iter().all(|byte| is_base64(byte) || byte.is_ascii_whitespace()) {
        InputKind::Base64Text
    } else {
        InputKind::Unknown
    }
}
