//! Public keys for secure boot, PEM or DER by content.

use std::path::Path;

use esp_secure_boot::{BootPublicKey, Error};
use matter_signer::VerifyingKey;
use p256::pkcs8::Document;

use crate::inputs::wrong;
use crate::{Failure, read_file, read_public_half};

/// Reads a public key, or the public half of a private one. Public keys of P-192 are read too, since digests of them
/// exist.
///
/// # Errors
///
/// [`Failure::Input`] with the role of the file.
pub fn read_boot_key(what: &str, path: &Path) -> Result<BootPublicKey, Failure> {
    let bytes = read_file(what, path)?;
    let pem = std::str::from_utf8(&bytes).ok();
    let der = pem.and_then(|pem| Document::from_pem(pem).ok());
    let der = der.filter(|(label, _)| *label == "PUBLIC KEY");
    let der = der
        .as_ref()
        .map_or(bytes.as_slice(), |(_, document)| document.as_bytes());
    match BootPublicKey::from_der(der) {
        Ok(key) => Ok(key),
        Err(Error::PublicKeyForm) => {
            let key = read_public_half(what, path)?;
            to_boot_key(&key).map_err(|error| wrong(what, path, error))
        }
        Err(error) => Err(wrong(what, path, error)),
    }
}

/// Converts a key to a secure boot key.
///
/// # Errors
///
/// The library's error for keys that secure boot does not support.
pub fn to_boot_key(key: &VerifyingKey) -> Result<BootPublicKey, Error> {
    match key {
        VerifyingKey::P256(key) => Ok(key.into()),
        VerifyingKey::P384(key) => Ok(key.into()),
        VerifyingKey::Rsa(key) => key.try_into(),
    }
}
