use std::path::Path;

use matter_attestation::{Certificate, PrivateKey};
use matter_factory_data::Declaration;
use zeroize::Zeroizing;

use crate::Error;

/// Larger inputs than this are not what they are said to be.
const MAX_INPUT: u64 = 64 * 1024 * 1024;

/// Reads a whole input file, which may hold secrets.
pub(crate) fn read(option: &'static str, path: &Path) -> Result<Zeroizing<Vec<u8>>, Error> {
    let wrong = |error: std::io::Error| Error::file(option, path, error);
    let metadata = std::fs::metadata(path).map_err(wrong)?;
    if metadata.is_dir() {
        return Err(Error::file(option, path, "is a folder, not a file"));
    }
    if metadata.len() > MAX_INPUT {
        return Err(Error::file(option, path, "is larger than the 64 MiB allowed"));
    }
    std::fs::read(path).map(Zeroizing::new).map_err(wrong)
}

/// Reads a certificate, PEM or DER.
///
/// # Errors
///
/// [`Error::File`], naming `option`.
pub fn read_certificate(option: &'static str, path: &Path) -> Result<Certificate, Error> {
    Certificate::decode(&read(option, path)?).map_err(|error| Error::file(option, path, error))
}

/// Reads a P-256 private key, PKCS#8 or SEC1, PEM or DER.
///
/// # Errors
///
/// [`Error::File`], naming `option`.
pub fn read_private_key(option: &'static str, path: &Path) -> Result<PrivateKey, Error> {
    PrivateKey::decode(&read(option, path)?).map_err(|error| Error::file(option, path, error))
}

/// Reads a signed Certification Declaration in DER.
///
/// # Errors
///
/// [`Error::File`], naming `option`.
pub fn read_declaration(option: &'static str, path: &Path) -> Result<Declaration, Error> {
    Declaration::decode(read(option, path)?.to_vec()).map_err(|error| Error::file(option, path, error))
}
