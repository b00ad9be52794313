use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use const_oid::ObjectIdentifier;

use crate::x509::{Malformed, Signed, SignedFault, Tlv, Walker, ecdsa_signature, tag};
use crate::{CsrFault, Error, PublicKey, pem};

const PEM_LABEL: &str = "CERTIFICATE REQUEST";
/// The label used by older programs.
const OLD_PEM_LABEL: &str = "NEW CERTIFICATE REQUEST";

/// A certificate signing request (RFC 2986) with verified proof of possession of the private key.
///
/// Only the public key is used. Subject and attributes, including requested extensions, must be well-formed and are
/// otherwise ignored: the issuer determines the content of a DAC.
///
/// # Examples
///
/// ```
/// use matter_attestation::CertificateRequest;
///
/// // openssl ecparam -name prime256v1 -genkey -noout | openssl req -new -key /dev/stdin -subj /CN=x
/// let request = CertificateRequest::decode(
///     b"-----BEGIN CERTIFICATE REQUEST-----
/// MIHHMG4CAQAwDDEKMAgGA1UEAwwBeDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IA
/// BGZp6viXEy9OFIKdI/N7YxZLvIuaXn/e+7oGozj/SUZjqE4eNYzK7e/nQYCbB3Zj
/// tv0q/3/3/F7Z64XDyW98LOqgADAKBggqhkjOPQQDAgNJADBGAiEA/BzKmZYZ5iyN
/// xa9SJflCp+nMCK3jJBTMPS2AP/b08vkCIQCxKzjTLzSNeh775AX8ZWhqYFnAE9JR
/// KZ25dN3iEW5PRg==
/// -----END CERTIFICATE REQUEST-----
/// ",
/// )?;
/// let public_key = request.public_key(); // `&public_key` goes into `Issuer::issue_dac` and `DacTemplate::issue`
/// # assert_eq!(public_key.as_bytes()[0], 4);
/// # Ok::<(), matter_attestation::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct CertificateRequest {
    der: Vec<u8>,
    subject: Range<usize>,
    public_key: PublicKey,
}

impl CertificateRequest {
    /// Decodes a request in DER and verifies its signature with its own key.
    ///
    /// Only version 1, an uncompressed P-256 key and ecdsa-with-SHA256 without parameters are accepted.
    ///
    /// # Errors
    ///
    /// [`Error::Csr`] with the fault and its position.
    pub fn from_der(der: &[u8]) -> Result<Self, Error> {
        let signed = Signed::read(der).map_err(in_frame)?;
        let (subject, key) = read_info(signed.tbs)?;
        let bits = signed.signature().map_err(in_frame)?;
        let public_key = PublicKey::from_spki_der(key.raw).map_err(|_| refuse(CsrFault::Key, key))?;
        let signature = ecdsa_signature(&bits).map_err(in_frame)?;
        public_key
            .verify_der(signed.tbs.raw, signature)
            .map_err(|_| refuse(CsrFault::Possession, bits))?;
        Ok(Self {
            der: der.into(),
            subject: subject.span(),
            public_key,
        })
    }

    /// Decodes a request in PEM, with the label `CERTIFICATE REQUEST` or `NEW CERTIFICATE REQUEST`, or in DER.
    ///
    /// # Errors
    ///
    /// [`Error::PemMalformed`] when there is not exactly one PEM block, [`Error::PemLabel`] when it is not a request,
    /// and the errors of [`CertificateRequest::from_der`].
    pub fn decode(input: &[u8]) -> Result<Self, Error> {
        Self::from_der(&pem::to_der(input, &[PEM_LABEL, OLD_PEM_LABEL])?)
    }

    /// Returns the original bytes.
    #[must_use]
    pub fn as_der(&self) -> &[u8] {
        &self.der
    }

    /// Encodes the request as a PEM block with lines of 64 characters and line feeds.
    #[must_use]
    pub fn to_pem(&self) -> String {
        // Cannot fail with this label.
        pem::encode(PEM_LABEL, &self.der).unwrap_or_default()
    }

    /// Returns the public key.
    #[must_use]
    pub const fn public_key(&self) -> PublicKey {
        self.public_key
    }

    /// Returns the distinguished name in DER, which is not used in certificates.
    #[must_use]
    pub fn subject_der(&self) -> &[u8] {
        self.der.get(self.subject.clone()).unwrap_or_default()
    }
}

impl fmt::Debug for CertificateRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CertificateRequest")
            .field("public_key", &self.public_key)
            .finish_non_exhaustive()
    }
}

/// Reads the signed part; returns the subject and the public key.
fn read_info(info: Tlv<'_>) -> Result<(Tlv<'_>, Tlv<'_>), Error> {
    let mut info = info.inside();
    let version = info
        .expect(tag::INTEGER)
        .map_err(fault(CsrFault::Version { encoded: None }))?;
    if version.value != [0] {
        let encoded = version.single_byte();
        return Err(refuse(CsrFault::Version { encoded }, version));
    }
    let subject = info.expect(tag::SEQUENCE).map_err(fault(CsrFault::Subject))?;
    check_name(subject.inside()).map_err(fault(CsrFault::Subject))?;
    let key = info.expect(tag::SEQUENCE).map_err(fault(CsrFault::Key))?;
    // The attributes may be empty but must be present.
    let mut attributes = info
        .expect(tag::EXPLICIT_0)
        .map_err(fault(CsrFault::Attributes))?
        .inside();
    while !attributes.is_empty() {
        let attribute = attributes.expect(tag::SEQUENCE).map_err(fault(CsrFault::Attributes))?;
        check_attribute(attribute.inside()).map_err(fault(CsrFault::Attributes))?;
    }
    info.finish().map_err(fault(CsrFault::Form))?;
    Ok((subject, key))
}

/// Checks that a name is a SEQUENCE of SETs, each of at least one attribute type with its value.
fn check_name(mut name: Walker<'_>) -> Result<(), Malformed> {
    while !name.is_empty() {
        let mut attributes = name.expect(tag::SET)?.inside();
        loop {
            let mut attribute = attributes.expect(tag::SEQUENCE)?.inside();
            check_oid(attribute.expect(tag::OID)?)?;
            attribute.next()?;
            attribute.finish()?;
            if attributes.is_empty() {
                break;
            }
        }
    }
    Ok(())
}

/// Checks that an attribute is a type and a SET of at least one value.
fn check_attribute(mut attribute: Walker<'_>) -> Result<(), Malformed> {
    check_oid(attribute.expect(tag::OID)?)?;
    let mut values = attribute.expect(tag::SET)?.inside();
    attribute.finish()?;
    loop {
        values.next()?;
        if values.is_empty() {
            return Ok(());
        }
    }
}

fn check_oid(oid: Tlv<'_>) -> Result<(), Malformed> {
    ObjectIdentifier::from_bytes(oid.value)
        .map(|_| ())
        .map_err(|_| oid.malformed())
}

fn in_frame((fault, Malformed(offset)): (SignedFault, Malformed)) -> Error {
    let fault = match fault {
        SignedFault::Algorithm => CsrFault::Algorithm,
        SignedFault::Form => CsrFault::Form,
        SignedFault::Signature => CsrFault::Signature,
        SignedFault::Trailing => CsrFault::Trailing,
    };
    Error::Csr { fault, offset }
}

fn refuse(fault: CsrFault, element: Tlv<'_>) -> Error {
    Error::Csr {
        fault,
        offset: element.offset,
    }
}

fn fault(fault: CsrFault) -> impl Fn(Malformed) -> Error {
    move |Malformed(offset)| Error::Csr { fault, offset }
}
