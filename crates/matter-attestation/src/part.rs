use alloc::vec::Vec;
use core::fmt;

use crate::x509::{BasicConstraints, Extensions, Frame, Malformed, Walker, id, tag};
use crate::{Error, Object, oid, pem, pkcs7};

const PEM_LABEL: &str = "CERTIFICATE";

/// A file with any part of a device's attestation data, for a [`Verification`](crate::Verification).
///
/// It may break any rule: it is decoded only as far as needed to detect its type.
///
/// # Examples
///
/// ```
/// use matter_attestation::{DateTime, Object, PaaSubject, Part, SerialNumber, Validity, issue_paa, test_cd_signing_key};
///
/// let validity = Validity::without_expiry(DateTime::new(2026, 1, 1, 0, 0, 0).expect("a date"));
/// let subject = PaaSubject::new("Test PAA")?;
/// let paa = issue_paa(&test_cd_signing_key(), &subject, validity, SerialNumber::new(&[1])?)?;
/// let part = Part::read(paa.to_pem().as_bytes())?;
/// assert_eq!((part.object(), part.as_der()), (Object::Paa, paa.as_der()));
/// # Ok::<(), matter_attestation::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Part {
    object: Object,
    der: Vec<u8>,
}

impl Part {
    /// Decodes a certificate in PEM or DER, or a Certification Declaration, and detects its type.
    ///
    /// A certificate with equal issuer and subject is a PAA, another one with the CA flag is a PAI, and all others are
    /// DACs.
    ///
    /// # Errors
    ///
    /// [`Error::PemMalformed`], [`Error::PemLabel`], and [`Error::CertificateMalformed`] when it is neither.
    pub fn read(input: &[u8]) -> Result<Self, Error> {
        let der = pem::to_der(input, &[PEM_LABEL])?.into_owned();
        let object = if is_declaration(&der) {
            Object::Cd
        } else {
            certificate(&der).map_err(Malformed::in_certificate)?
        };
        Ok(Self { object, der })
    }

    /// Decodes a declaration, or all certificates of a file in PEM, DER or PKCS#7, in order.
    ///
    /// # Errors
    ///
    /// The errors of [`read`](Self::read), [`Error::PemLabel`] when a block is neither a certificate nor PKCS#7, and
    /// [`Error::Pkcs7Malformed`] and [`Error::Pkcs7Empty`].
    pub fn read_all(input: &[u8]) -> Result<Vec<Self>, Error> {
        if !pem::is_pem(input) {
            return if pkcs7::only_carries_certificates(input) {
                Self::read_pkcs7(input)
            } else {
                Ok(alloc::vec![Self::read(input)?])
            };
        }
        let mut parts = Vec::new();
        for block in pem::blocks(input)? {
            if block.label == PEM_LABEL.as_bytes() {
                parts.push(Self::read(&block.decode()?)?);
            } else if pkcs7::PEM_LABELS.contains(&block.label) {
                parts.extend(Self::read_pkcs7(&block.decode()?)?);
            } else {
                return Err(block.unexpected(PEM_LABEL));
            }
        }
        Ok(parts)
    }

    fn read_pkcs7(der: &[u8]) -> Result<Vec<Self>, Error> {
        pkcs7::certificates(der)?.into_iter().map(Self::read).collect()
    }

    /// Reads a file of a known type without examining its content.
    ///
    /// # Errors
    ///
    /// [`Error::PemMalformed`] and [`Error::PemLabel`].
    pub fn read_as(object: Object, input: &[u8]) -> Result<Self, Error> {
        let der = pem::to_der(input, &[PEM_LABEL])?.into_owned();
        Ok(Self { object, der })
    }

    /// Returns the type.
    #[must_use]
    pub const fn object(&self) -> Object {
        self.object
    }

    /// Returns the bytes without PEM.
    #[must_use]
    pub fn as_der(&self) -> &[u8] {
        &self.der
    }
}

impl fmt::Debug for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Part")
            .field("object", &self.object)
            .finish_non_exhaustive()
    }
}

fn is_declaration(der: &[u8]) -> bool {
    if pkcs7::only_carries_certificates(der) {
        return false;
    }
    let content_type = Walker::new(der)
        .expect(tag::SEQUENCE)
        .and_then(|info| info.inside().expect(tag::OID));
    content_type.is_ok_and(|content_type| content_type.value == oid::SIGNED_DATA.as_bytes())
}

fn certificate(der: &[u8]) -> Result<Object, Malformed> {
    let frame = Frame::find(der)?;
    if frame.issuer.raw == frame.subject.raw {
        return Ok(Object::Paa);
    }
    // Use the extensions up to the first unreadable one.
    let (extensions, _) = Extensions::find_all(&frame);
    Ok(match extensions.find(id::BASIC_CONSTRAINTS) {
        Some(constraints) if BasicConstraints::claims_ca(constraints) => Object::Pai,
        _ => Object::Dac,
    })
}
