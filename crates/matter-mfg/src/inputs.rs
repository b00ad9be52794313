use std::fs::File;
use std::io::Read;
use std::path::Path;

use matter_attestation::{Certificate, PrivateKey};
use matter_factory_data::Declaration;
use zeroize::Zeroizing;

use crate::Error;

/// Larger inputs than this are not what they are said to be.
const MAX_INPUT: u64 = 64 * 1024 * 1024;

/// Reads a whole input file, which may hold secrets.
pub(crate) fn read(option: &'static str, path: &Path) -> Result<Zeroizing<Vec<u8>>, Error> {
    read_limited(path).map_err(|reason| Error::file(option, path, reason))
}

/// The same without the names of option and file, for callers that have others. Pipes and devices are read as well, but
/// never more than the limit.
pub(crate) fn read_limited(path: &Path) -> Result<Zeroizing<Vec<u8>>, String> {
    let reason = |error: std::io::Error| error.to_string();
    let file = File::open(path).map_err(reason)?;
    if file.metadata().map_err(reason)?.is_dir() {
        return Err("is a folder, not a file".into());
    }
    let mut bytes = Zeroizing::new(Vec::new());
    let read = file.take(MAX_INPUT + 1).read_to_end(&mut bytes).map_err(reason)?;
    if u64::try_from(read).is_ok_and(|read| read <= MAX_INPUT) {
        Ok(bytes)
    } else {
        Err("is larger than the 64 MiB allowed".into())
    }
}

/// Reads a certificate, PEM or DER.
///
/// # Errors
///
/// [`Error::File`], naming `option`.
pub fn read_certificate(option: &'static str, path: &Path) -> Result<Certificate, Error> {
    let wrong = |error| {
        Error::file(
            option,
            path,
            format_args!("is not one certificate in PEM or DER: {error}"),
        )
    };
    Certificate::decode(&read(option, path)?).map_err(wrong)
}

/// Reads a P-256 private key, PKCS#8 or SEC1, PEM or DER.
///
/// # Errors
///
/// [`Error::File`], naming `option`.
pub fn read_private_key(option: &'static str, path: &Path) -> Result<PrivateKey, Error> {
    let wrong = |error| {
        Error::file(
            option,
            path,
            format_args!("is not one private key in PEM or DER: {error}"),
        )
    };
    PrivateKey::decode(&read(option, path)?).map_err(wrong)
}

/// Reads a signed Certification Declaration in DER.
///
/// # Errors
///
/// [`Error::File`], naming `option`.
pub fn read_declaration(option: &'static str, path: &Path) -> Result<Declaration, Error> {
    let wrong = |error| {
        Error::file(
            option,
            path,
            format_args!("is not a Certification Declaration in DER: {error}"),
        )
    };
    Declaration::decode(read(option, path)?.to_vec()).map_err(wrong)
}
