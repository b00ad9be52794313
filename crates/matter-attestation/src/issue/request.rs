use alloc::vec::Vec;

use der::Encode;
use p256::ecdsa::DerSignature;

use super::PaaSubject;
use super::issuer::{CertificateSigner, signer_key};
use super::template::{ALGORITHM, BIT_STRING, SEQUENCE, push_header};
use crate::{CertificateRequest, Error};

/// The version, which is encoded as 0.
const VERSION: &[u8] = &[0x02, 0x01, 0x00];
/// No attributes.
const ATTRIBUTES: &[u8] = &[0xA0, 0x00];

impl CertificateRequest {
    /// Creates a request for the key of a signer, such as a key in a token, which signs it (RFC 2986).
    ///
    /// Its subject is only the common name, for identification: the issuer determines the content of the certificate.
    /// The result is decoded again and its signature verified.
    ///
    /// # Errors
    ///
    /// [`Error::CommonNameLength`], [`Error::CommonNameHasControl`] and [`Error::CommonNameHasId`];
    /// [`Error::SignerAlgorithm`], [`Error::SigningFailed`], and [`Error::Csr`] when the signature does not match the
    /// signer's public key.
    pub fn sign<S: CertificateSigner>(signer: &S, common_name: &str) -> Result<Self, Error> {
        let subject = PaaSubject::new(common_name)?.subject().to_name()?;
        let subject = subject.to_der().map_err(|_| Error::EncodingFailed)?;
        let key = signer_key(signer)?.to_spki()?;
        let key = key.to_der().map_err(|_| Error::EncodingFailed)?;
        let info = sequence(&[VERSION, &subject, &key, ATTRIBUTES]);
        let signature: DerSignature = signer.try_sign(&info)?;
        let mut bits = Vec::new();
        push_header(&mut bits, BIT_STRING, signature.as_bytes().len() + 1);
        bits.push(0);
        bits.extend_from_slice(signature.as_bytes());
        Self::from_der(&sequence(&[&info, ALGORITHM, &bits]))
    }
}

/// The content is shorter than 65536 bytes, because a common name has at most 64.
fn sequence(parts: &[&[u8]]) -> Vec<u8> {
    let content = parts.concat();
    let mut der = Vec::with_capacity(content.len() + 4);
    push_header(&mut der, SEQUENCE, content.len());
    der.extend_from_slice(&content);
    der
}
