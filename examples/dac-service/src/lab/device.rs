//! A sold device with its old identity and a new key.

use matter_attestation::PrivateKey;
use matter_issuance::KeyHash;
use p256::ecdsa::DerSignature;
use p256::pkcs8::EncodePublicKey;
use signature::{Keypair, Signer};

use crate::api::{Bytes, DacRequest, IdentityProof, ProofRequest};
use crate::dacs::proof_message;
use crate::devices::request_message;
use crate::lab::authority::{Authority, Leaf, Result};
use crate::lab::setup::new_key;
use crate::nonces::Nonce;

/// A device with keys in memory.
#[derive(Debug)]
pub struct LabDevice {
    serial: String,
    old_key: PrivateKey,
    old_certificate: Vec<u8>,
    key: PrivateKey,
    csr: Vec<u8>,
}

impl LabDevice {
    /// Makes a device that an authority has certified before.
    ///
    /// # Errors
    ///
    /// If keys or certificate cannot be made.
    pub fn new(serial: &str, authority: &Authority) -> Result<Self> {
        let old_key = new_key()?;
        let old_certificate = authority.issue(&format!("CN={serial}"), &old_key, Leaf::Client)?;
        let key = new_key()?;
        let csr = csr(&key)?;
        Ok(Self {
            serial: serial.into(),
            old_key,
            old_certificate,
            key,
            csr,
        })
    }

    /// Replaces its new key by another one.
    ///
    /// # Errors
    ///
    /// If it cannot be made.
    pub fn with_new_key(mut self) -> Result<Self> {
        self.key = new_key()?;
        self.csr = csr(&self.key)?;
        Ok(self)
    }

    /// Returns the serial number.
    #[must_use]
    pub fn serial(&self) -> &str {
        &self.serial
    }

    /// Returns the old certificate in DER.
    #[must_use]
    pub fn old_certificate(&self) -> &[u8] {
        &self.old_certificate
    }

    /// Returns the hash of the new key.
    #[must_use]
    pub fn key_hash(&self) -> KeyHash {
        KeyHash::of(&self.key.public_key())
    }

    /// Makes a request for a certificate.
    ///
    /// # Errors
    ///
    /// If it cannot sign.
    pub fn request(&self, nonce: Nonce) -> Result<DacRequest> {
        self.request_for(&self.serial, nonce)
    }

    /// Makes a request in the name of another device.
    ///
    /// # Errors
    ///
    /// If it cannot sign.
    pub fn request_for(&self, serial: &str, nonce: Nonce) -> Result<DacRequest> {
        let signature: DerSignature = self.old_key.try_sign(&request_message(&nonce, serial, &self.csr))?;
        Ok(DacRequest {
            serial: serial.into(),
            order: None,
            csr: Bytes(self.csr.clone()),
            nonce,
            identity: IdentityProof {
                certificate: Bytes(self.old_certificate.clone()),
                intermediates: Vec::new(),
                signature: Bytes(signature.as_bytes().to_vec()),
            },
        })
    }

    /// Makes a request with another PKCS#10 request than its own.
    ///
    /// # Errors
    ///
    /// If it cannot sign.
    pub fn request_with_csr(&self, nonce: Nonce, csr: Vec<u8>) -> Result<DacRequest> {
        let signature: DerSignature = self.old_key.try_sign(&request_message(&nonce, &self.serial, &csr))?;
        let mut request = self.request(nonce)?;
        request.csr = Bytes(csr);
        request.identity.signature = Bytes(signature.as_bytes().to_vec());
        Ok(request)
    }

    /// Proves that it has the key of its certificate.
    ///
    /// # Errors
    ///
    /// If it cannot sign.
    pub fn prove(&self, nonce: Nonce, image_sha256: [u8; 32]) -> Result<ProofRequest> {
        let signature: DerSignature = self
            .key
            .try_sign(&proof_message(&nonce, &self.key_hash(), &image_sha256))?;
        Ok(ProofRequest {
            nonce,
            image_sha256: base16ct::lower::encode_string(&image_sha256),
            signature: Bytes(signature.as_bytes().to_vec()),
        })
    }

    /// Returns the new key.
    #[must_use]
    pub const fn key(&self) -> &PrivateKey {
        &self.key
    }
}

/// CertificationRequestInfo with version 0 and an empty subject: the parts before and after the key (RFC 2986).
const BEFORE_KEY: [u8; 5] = [0x02, 0x01, 0x00, 0x30, 0x00];
const AFTER_KEY: [u8; 2] = [0xA0, 0x00];
/// ecdsa-with-SHA256.
const ALGORITHM: [u8; 12] = [0x30, 0x0A, 0x06, 0x08, 0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x04, 0x03, 0x02];

/// Makes a PKCS#10 request.
fn csr(key: &PrivateKey) -> Result<Vec<u8>> {
    let spki = key.verifying_key().to_public_key_der()?;
    let info = sequence(0x30, &[&BEFORE_KEY, spki.as_bytes(), &AFTER_KEY])?;
    let signature: DerSignature = key.try_sign(&info)?;
    let bits = sequence(0x03, &[&[0], signature.as_bytes()])?;
    sequence(0x30, &[&info, &ALGORITHM, &bits])
}

fn sequence(tag: u8, parts: &[&[u8]]) -> Result<Vec<u8>> {
    let content = parts.concat();
    let len = u16::try_from(content.len())?;
    let mut der = vec![tag];
    match u8::try_from(len) {
        Ok(len) if len < 0x80 => der.push(len),
        Ok(len) => der.extend([0x81, len]),
        Err(_) => {
            der.push(0x82);
            der.extend(len.to_be_bytes());
        }
    }
    der.extend(content);
    Ok(der)
}
