use std::fmt;

#[cfg(feature = "pkcs12")]
use matter_attestation::Pkcs12;
use matter_attestation::{Error, InputKind, PrivateKey, decrypt_pkcs8};
use p256::pkcs8::DecodePrivateKey;
use rsa::PrivateKey as RsaPrivateKey;
use rsa::pkcs1::DecodeRsaPrivateKey;

use crate::VerifyingKey;

/// Maximum length of a file with an RSA key: more than one of 16384 bits in PEM has.
const MAX_RSA_LEN: usize = 16 * 1024;

/// A private key of a supported type, read from a file.
pub enum SigningKey {
    /// ECDSA on P-256.
    P256(PrivateKey),
    /// ECDSA on P-384.
    P384(p384::ecdsa::SigningKey),
    /// RSASSA-PSS with SHA-256.
    Rsa(Box<RsaPrivateKey>),
}

impl SigningKey {
    /// Decodes a key in PKCS#8, encrypted or not, SEC 1 or PKCS#1, in PEM or DER; with the feature `pkcs12` also
    /// PKCS#12. The format is detected from the content.
    ///
    /// A bare scalar is not accepted, because it cannot be distinguished from other secrets. In PKCS#12, only P-256
    /// keys are supported.
    ///
    /// # Errors
    ///
    /// [`Error::KeyEncrypted`] without a password, [`Error::KeyPassword`], [`Error::KeyEncryption`],
    /// [`Error::KeyNotP256`] for unsupported key types, [`Error::KeyMalformed`], and the PKCS#12 errors.
    pub fn decode(bytes: &[u8], password: Option<&str>) -> Result<Self, Error> {
        match InputKind::of(bytes) {
            #[cfg(feature = "pkcs12")]
            InputKind::Pkcs12 => return from_pkcs12(bytes, password).map(Self::P256),
            InputKind::PrivateKey => {}
            _ => return Err(Error::KeyMalformed),
        }
        match PrivateKey::decode_with(bytes, password.map(str::as_bytes)) {
            Ok(key) => return Ok(Self::P256(key)),
            Err(Error::KeyNotP256 | Error::KeyMalformed | Error::PemLabel { .. }) => {}
            Err(error) => return Err(error),
        }
        let plain = match password {
            Some(password) => decrypt_pkcs8(bytes, password.as_bytes())?,
            None => None,
        };
        let bytes = plain.as_deref().map_or(bytes, Vec::as_slice);
        // A modulus of a megabyte would take hours before its length is checked.
        let is_short = bytes.len() <= MAX_RSA_LEN;
        let rsa = || {
            let pem = std::str::from_utf8(bytes).ok();
            let key = pem.and_then(|pem| RsaPrivateKey::from_pkcs1_pem(pem).ok());
            let key = key.or_else(|| pem.and_then(|pem| RsaPrivateKey::from_pkcs8_pem(pem).ok()));
            let key = key.or_else(|| RsaPrivateKey::from_pkcs1_der(bytes).ok());
            key.or_else(|| RsaPrivateKey::from_pkcs8_der(bytes).ok())
        };
        let p384 = p384_key(bytes).map(|key| Self::P384(key.into()));
        let key = p384.or_else(|| is_short.then(rsa).flatten().map(|key| Self::Rsa(Box::new(key))));
        key.ok_or(Error::KeyMalformed)
    }

    /// Returns the public key.
    #[must_use]
    pub fn verifying_key(&self) -> VerifyingKey {
        match self {
            Self::P256(key) => VerifyingKey::P256(signature::Keypair::verifying_key(key)),
            Self::P384(key) => VerifyingKey::P384(*key.verifying_key()),
            Self::Rsa(key) => VerifyingKey::Rsa(key.to_public_key()),
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey([elided])")
    }
}

fn p384_key(bytes: &[u8]) -> Option<p384::SecretKey> {
    let pem = std::str::from_utf8(bytes).ok();
    let key = pem.and_then(|pem| p384::SecretKey::from_sec1_pem(pem).ok());
    let key = key.or_else(|| pem.and_then(|pem| p384::SecretKey::from_pkcs8_pem(pem).ok()));
    let key = key.or_else(|| p384::SecretKey::from_sec1_der(bytes).ok());
    key.or_else(|| p384::SecretKey::from_pkcs8_der(bytes).ok())
}

#[cfg(feature = "pkcs12")]
fn from_pkcs12(bytes: &[u8], password: Option<&str>) -> Result<PrivateKey, Error> {
    let password = password.ok_or(Error::KeyEncrypted)?;
    let mut keys = Pkcs12::decode_with(bytes, password)?.private_keys()?;
    match (keys.pop(), keys.is_empty()) {
        (Some(key), true) => Ok(key),
        _ => Err(Error::Pkcs12Malformed),
    }
}
