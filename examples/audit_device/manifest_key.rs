//! The signer of the manifest.

use std::path::Path;

use cli::{Failure, read_file, told};
use matter_attestation::{Certificate, PublicKey};
use matter_audit::ManifestKey;
use p256::ecdsa::VerifyingKey;
use p256::pkcs8::DecodePublicKey;

const OPTION: &str = "--manifest-key";
/// The value for the PAI, as in `matter-mfg --sign-manifest`.
const PAI: &str = "pai";

/// Reads the key from a certificate or a public key, in PEM or DER.
pub(crate) fn read(path: &Path) -> Result<ManifestKey, Failure> {
    if path.as_os_str() == PAI {
        return Ok(ManifestKey::Pai);
    }
    let bytes = read_file(OPTION, path)?;
    if let Ok(certificate) = Certificate::decode(&bytes) {
        return Ok(ManifestKey::Key(certificate.public_key()));
    }
    let pem = std::str::from_utf8(&bytes).ok();
    let key = pem.and_then(|pem| VerifyingKey::from_public_key_pem(pem).ok());
    let key = key.or_else(|| VerifyingKey::from_public_key_der(&bytes).ok());
    let key = key.map(|key| ManifestKey::Key(PublicKey::from(&key)));
    let reason = "is not a certificate or public key of the curve P-256 in PEM or DER; use pai for the devices' PAI";
    key.ok_or_else(|| Failure::option(OPTION, format_args!("{}: {}", path.display(), told(&bytes, reason))))
}
