//! The public keys that secure boot trusts, PEM or DER by content.

use std::path::Path;

use esp_secure_boot::{BootPublicKey, Error};
use matter_signer::VerifyingKey;
use p256::pkcs8::Document;

use crate::inputs::wrong;
use crate::{Failure, read_file, read_public_half};

/// Reads a public key, or a private one for its public half. Of P-192 there are digests, so that its public keys are read, too.
///
/// # Errors
///
/// [`Failure::Input`] naming what the file is for.
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

/// Makes a key of secure boot of one that was read.
///
/// # Errors
///
/// What secure boot does not take of RSA keys.
pub fn to_boot_key(key: &VerifyingKey) -> Result<BootPublicKey, Error> {
    match key {
        VerifyingKey::P256(key) => Ok(key.into()),
        VerifyingKey::P384(key) => Ok(key.into()),
        VerifyingKey::Rsa(key) => key.try_into(),
    }
}
