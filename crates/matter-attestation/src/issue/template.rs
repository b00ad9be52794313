//! Issuing of many DACs of the same kind: their common parts are encoded once.

use alloc::vec::Vec;
use core::fmt;
use core::ops::Range;

use der::{Reader, SliceReader};
use p256::ecdsa::DerSignature;
use x509_cert::builder::{Builder, CertificateBuilder};

use super::issuer::{CertificateSigner, Issuer};
use crate::{Certificate, DacProfile, DacSubject, Error, KeyId, PublicKey, SerialNumber, Validity};

pub(super) const SEQUENCE: u8 = 0x30;
const SET: u8 = 0x31;
const INTEGER: u8 = 0x02;
pub(super) const BIT_STRING: u8 = 0x03;
const UTF8_STRING: u8 = 0x0C;
/// The version, which is 3.
const VERSION: &[u8] = &[0xA0, 0x03, INTEGER, 0x01, 0x02];
/// ecdsa-with-SHA256 without parameters.
pub(super) const ALGORITHM: &[u8] = &[
    SEQUENCE, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02,
];
/// The attribute type id-at-commonName.
const COMMON_NAME: &[u8] = &[0x06, 0x03, 0x55, 0x04, 0x03];
/// A SubjectPublicKeyInfo up to the uncompressed point: id-ecPublicKey, prime256v1, BIT STRING without unused bits.
const PUBLIC_KEY: &[u8] = &[
    SEQUENCE, 0x59, SEQUENCE, 0x13, 0x06, 0x07, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01, 0x06, 0x08, 0x2A, 0x86, 0x48,
    0xCE, 0x3D, 0x03, 0x01, 0x07, BIT_STRING, 0x42, 0x00,
];

/// Issues device attestation certificates of one product and validity; created by
/// [`Issuer::dac_template`](crate::Issuer::dac_template).
///
/// The bytes are the same as those of [`Issuer::issue_dac`](crate::Issuer::issue_dac).
///
/// # Examples
///
/// ```
/// use matter_attestation::{
///     DacSubject, DateTime, Issuer, PaaSubject, PaiSubject, PrivateKey, SerialNumber, Validity, issue_paa,
/// };
/// use matter_attestation::matter_types::{ProductId, VendorId};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let [paa_key, pai_key] = [[1; 32], [2; 32]].map(|scalar| PrivateKey::from_scalar(&scalar).expect("in range"));
/// # let validity = Validity::without_expiry(DateTime::new(2026, 1, 1, 0, 0, 0)?);
/// # let (vendor_id, product_id) = (VendorId::new(0xFFF1)?, ProductId::new(0x8000)?);
/// # let paa = issue_paa(&paa_key, &PaaSubject::new("Test PAA")?, validity, SerialNumber::new(&[1])?)?;
/// # let subject = PaiSubject::new("Test PAI", vendor_id)?;
/// # let pai_public = pai_key.public_key();
/// # let pai = Issuer::new(&paa, &paa_key)?.issue_pai(&subject, &pai_public, validity, SerialNumber::new(&[2])?)?;
/// let issuer = Issuer::new(&pai, &pai_key)?;
/// let template = issuer.dac_template(&DacSubject::new("any", vendor_id, product_id)?, validity)?;
/// for number in 1..=3 {
///     let key = PrivateKey::from_scalar(&[number; 32])?; // a production run draws it
///     let dac = template.issue(&format!("Lamp {number}"), &key.public_key(), SerialNumber::new(&[number])?)?;
///     assert_eq!(dac.product_id(), Some(product_id));
/// }
/// # Ok(())
/// # }
/// ```
pub struct DacTemplate<'a, S> {
    issuer: &'a Certificate,
    signer: &'a S,
    subject: DacSubject,
    /// Algorithm, issuer and validity, which are between serial number and subject.
    middle: Vec<u8>,
    /// The part of the subject after the common name.
    ids: Vec<u8>,
    extensions: Vec<u8>,
    /// The range of the subject key identifier in `extensions`.
    key_id: Range<usize>,
}

impl<'a, S: CertificateSigner> Issuer<'a, S> {
    /// Prepares issuing many device attestation certificates that differ in common name, public key and serial number.
    ///
    /// The ids and their form are taken from `subject`; its common name is ignored.
    ///
    /// # Errors
    ///
    /// The errors of [`Issuer::issue_dac`] that depend on the subject and the validity.
    pub fn dac_template(&self, subject: &DacSubject, validity: Validity) -> Result<DacTemplate<'a, S>, Error> {
        let profile = DacProfile::new(self.certificate, subject)?;
        validity.check_inside(&self.certificate.validity())?;
        DacTemplate::new(self.certificate, self.signer, profile, subject, validity)
    }
}

impl<'a, S: CertificateSigner> DacTemplate<'a, S> {
    /// Takes the constant parts from the signed part of an unsigned certificate.
    fn new(
        issuer: &'a Certificate,
        signer: &'a S,
        profile: DacProfile,
        subject: &DacSubject,
        validity: Validity,
    ) -> Result<Self, Error> {
        let (public_key, serial) = (issuer.public_key(), SerialNumber::new(&[1])?);
        let tbs = CertificateBuilder::new(profile, serial.to_x509()?, validity.to_x509(), public_key.to_spki()?)
            .and_then(|mut builder| builder.finalize(signer))
            .map_err(|_| Error::EncodingFailed)?;
        let parts = Parts::find(&tbs).map_err(|_| Error::EncodingFailed)?;
        // The subject key identifier precedes the authority key identifier, which may be equal.
        let key_id = parts
            .extensions
            .windows(KeyId::LEN)
            .position(|window| window == public_key.key_id().as_bytes())
            .map(|start| start..start + KeyId::LEN)
            .ok_or(Error::EncodingFailed)?;
        let template = Self {
            issuer,
            signer,
            subject: subject.clone(),
            middle: parts.middle.into(),
            ids: parts.ids.into(),
            extensions: parts.extensions.into(),
            key_id,
        };
        if template.tbs(subject.subject().own_common_name(), &public_key, serial)? != tbs {
            return Err(Error::EncodingFailed);
        }
        Ok(template)
    }

    /// Issues a certificate, decodes it and verifies its signature.
    ///
    /// # Errors
    ///
    /// The errors of [`DacTemplate::issue_der`], and [`Error::SignatureInvalid`].
    pub fn issue(&self, common_name: &str, public_key: &PublicKey, serial: SerialNumber) -> Result<Certificate, Error> {
        let dac = Certificate::from_der(&self.issue_der(common_name, public_key, serial)?)?;
        dac.verify_issued_by(self.issuer)?;
        Ok(dac)
    }

    /// Issues a certificate as DER without verifying the signature, which takes most of the time of
    /// [`DacTemplate::issue`].
    ///
    /// For a signer in the same process; the form of the rest of the certificate was checked when the template was
    /// created.
    ///
    /// # Errors
    ///
    /// [`Error::CommonNameLength`], [`Error::CommonNameHasControl`], [`Error::CommonNameHasId`], [`Error::SigningFailed`] and
    /// [`Error::CertificateTooLong`].
    pub fn issue_der(&self, common_name: &str, public_key: &PublicKey, serial: SerialNumber) -> Result<Vec<u8>, Error> {
        let tbs = self.tbs(common_name, public_key, serial)?;
        let signature: DerSignature = self.signer.try_sign(&tbs)?;
        let bits = signature.as_bytes().len() + 1;
        let content = tbs.len() + ALGORITHM.len() + encoded_len(bits);
        let len = encoded_len(content);
        if len > Certificate::MAX_LEN {
            return Err(Error::CertificateTooLong { len });
        }
        let mut der = Vec::with_capacity(len);
        push_header(&mut der, SEQUENCE, content);
        der.extend_from_slice(&tbs);
        der.extend_from_slice(ALGORITHM);
        push_header(&mut der, BIT_STRING, bits);
        der.push(0);
        der.extend_from_slice(signature.as_bytes());
        Ok(der)
    }

    /// Encodes the signed part.
    fn tbs(&self, common_name: &str, public_key: &PublicKey, serial: SerialNumber) -> Result<Vec<u8>, Error> {
        let name = self.subject.subject().common_name(common_name)?;
        let attribute = COMMON_NAME.len() + encoded_len(name.len());
        let rdn = encoded_len(attribute);
        let subject = encoded_len(rdn) + self.ids.len();
        let content = VERSION.len()
            + encoded_len(serial.as_bytes().len())
            + self.middle.len()
            + encoded_len(subject)
            + PUBLIC_KEY.len()
            + PublicKey::LEN
            + self.extensions.len();

        let mut tbs = Vec::with_capacity(encoded_len(content));
        push_header(&mut tbs, SEQUENCE, content);
        tbs.extend_from_slice(VERSION);
        push_header(&mut tbs, INTEGER, serial.as_bytes().len());
        tbs.extend_from_slice(serial.as_bytes());
        tbs.extend_from_slice(&self.middle);
        push_header(&mut tbs, SEQUENCE, subject);
        push_header(&mut tbs, SET, rdn);
        push_header(&mut tbs, SEQUENCE, attribute);
        tbs.extend_from_slice(COMMON_NAME);
        push_header(&mut tbs, UTF8_STRING, name.len());
        tbs.extend_from_slice(name.as_bytes());
        tbs.extend_from_slice(&self.ids);
        tbs.extend_from_slice(PUBLIC_KEY);
        tbs.extend_from_slice(public_key.as_bytes());
        let extensions = tbs.len();
        tbs.extend_from_slice(&self.extensions);
        tbs.get_mut(extensions + self.key_id.start..extensions + self.key_id.end)
            .ok_or(Error::EncodingFailed)?
            .copy_from_slice(public_key.key_id().as_bytes());
        Ok(tbs)
    }
}

impl<S> fmt::Debug for DacTemplate<'_, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DacTemplate")
            .field("issuer", self.issuer)
            .field("subject", &self.subject)
            .finish_non_exhaustive()
    }
}

/// The parts of a TBSCertificate kept in a template.
struct Parts<'a> {
    middle: &'a [u8],
    ids: &'a [u8],
    extensions: &'a [u8],
}

impl<'a> Parts<'a> {
    fn find(tbs: &'a [u8]) -> der::Result<Self> {
        let mut reader = SliceReader::new(tbs)?;
        reader.sequence(|tbs: &mut SliceReader<'a>| {
            let (_version, _serial) = (tbs.tlv_bytes()?, tbs.tlv_bytes()?);
            let mut ahead = tbs.clone();
            let mut middle = 0;
            for _ in 0..3 {
                middle += ahead.tlv_bytes()?.len();
            }
            let middle = tbs.read_slice(der::Length::try_from(middle)?)?;
            let ids = tbs.sequence(|subject: &mut SliceReader<'a>| {
                subject.tlv_bytes()?;
                subject.read_slice(subject.remaining_len())
            })?;
            let _public_key = tbs.tlv_bytes()?;
            let extensions = tbs.read_slice(tbs.remaining_len())?;
            Ok::<_, der::Error>(Self {
                middle,
                ids,
                extensions,
            })
        })
    }
}

/// Returns the length in bytes of an element with this content length.
const fn encoded_len(content: usize) -> usize {
    let header = match content {
        0..=0x7F => 2,
        0x80..=0xFF => 3,
        _ => 4,
    };
    header + content
}

/// Writes a tag and a length, which is below 65536 in a certificate of at most 600 bytes.
pub(super) fn push_header(der: &mut Vec<u8>, tag: u8, content: usize) {
    let [.., high, low] = content.to_be_bytes();
    der.push(tag);
    match content {
        0..=0x7F => der.push(low),
        0x80..=0xFF => der.extend_from_slice(&[0x81, low]),
        _ => der.extend_from_slice(&[0x82, high, low]),
    }
}
