use p256::pkcs8::{DecodePublicKey, EncodePublicKey, LineEnding};
use rsa::PublicKey as RsaPublicKey;
use rsa::traits::PublicKeyParts;
use sha2::{Digest, Sha256};

use crate::Error;

/// A public key of any supported type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum VerifyingKey {
    /// ECDSA on P-256.
    P256(p256::ecdsa::VerifyingKey),
    /// ECDSA on P-384.
    P384(p384::ecdsa::VerifyingKey),
    /// RSASSA-PSS with SHA-256.
    Rsa(RsaPublicKey),
}

impl VerifyingKey {
    /// Reads a SubjectPublicKeyInfo (RFC 5280, 4.1.2.7) in PEM or DER.
    #[must_use]
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let pem = std::str::from_utf8(bytes).ok().map(str::trim);
        let p256 = pem.and_then(|pem| p256::ecdsa::VerifyingKey::from_public_key_pem(pem).ok());
        let p256 = p256.or_else(|| p256::ecdsa::VerifyingKey::from_public_key_der(bytes).ok());
        let p384 = || {
            let pem = pem.and_then(|pem| p384::ecdsa::VerifyingKey::from_public_key_pem(pem).ok());
            pem.or_else(|| p384::ecdsa::VerifyingKey::from_public_key_der(bytes).ok())
        };
        let rsa = || {
            let pem = pem.and_then(|pem| RsaPublicKey::from_public_key_pem(pem).ok());
            pem.or_else(|| RsaPublicKey::from_public_key_der(bytes).ok())
        };
        let curve = p256.map(Self::P256).or_else(|| p384().map(Self::P384));
        curve.or_else(|| rsa().map(Self::Rsa))
    }

    /// Encodes the key as a SubjectPublicKeyInfo in a PEM block `PUBLIC KEY`, with line feeds.
    ///
    /// # Errors
    ///
    /// [`Error::PublicKey`], which does not occur for a valid key.
    pub fn to_pem(&self) -> Result<String, Error> {
        let pem = match self {
            Self::P256(key) => key.to_public_key_pem(LineEnding::LF),
            Self::P384(key) => key.to_public_key_pem(LineEnding::LF),
            Self::Rsa(key) => key.to_public_key_pem(LineEnding::LF),
        };
        pem.map_err(|_| Error::PublicKey)
    }

    /// Describes the key type for messages.
    #[must_use]
    pub fn kind(&self) -> String {
        match self {
            Self::P256(_) => "P-256".into(),
            Self::P384(_) => "P-384".into(),
            Self::Rsa(key) => format!("RSA with {} bits", key.n().bit_width()),
        }
    }

    /// Returns the SHA-256 of the SubjectPublicKeyInfo in DER, the usual fingerprint of a key.
    ///
    /// # Errors
    ///
    /// See [`to_pem`](Self::to_pem).
    pub fn fingerprint(&self) -> Result<[u8; 32], Error> {
        let der = match self {
            Self::P256(key) => key.to_public_key_der(),
            Self::P384(key) => key.to_public_key_der(),
            Self::Rsa(key) => key.to_public_key_der(),
        };
        let der = der.map_err(|_| Error::PublicKey)?;
        Ok(Sha256::digest(der.as_bytes()).into())
    }
}
