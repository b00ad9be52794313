use std::path::Path;

use factory_fs::{Exposure, Input};
use matter_attestation::{Certificate, Error as AttestationError, PrivateKey};
use matter_factory_data::Declaration;
use zeroize::Zeroizing;

use crate::Error;

/// Larger inputs than this are not what they are said to be.
pub(crate) const MAX_INPUT: u64 = 64 * 1024 * 1024;

/// Reads a whole input file, which may hold secrets.
pub(crate) fn read(option: &'static str, path: &Path) -> Result<Zeroizing<Vec<u8>>, Error> {
    read_limited(path).map_err(|reason| Error::file(option, path, reason))
}

fn open_file(path: &Path) -> Result<Input, String> {
    Input::open(path).map_err(|error| error.to_string())
}

/// Reads a whole input file as [`read`] does, for callers that have other names of option and file. Pipes and devices are
/// read as well, but never more than the limit.
pub(crate) fn read_limited(path: &Path) -> Result<Zeroizing<Vec<u8>>, String> {
    open_file(path)?
        .read_whole(MAX_INPUT)
        .map_err(|error| error.to_string())
}

/// The text of a file, without a byte order mark.
pub(crate) fn text<'b>(option: &'static str, path: &Path, bytes: &'b [u8]) -> Result<&'b str, Error> {
    let wrong = |error: std::str::Utf8Error| {
        Error::file(option, path, format_args!("byte {} is not UTF-8", error.valid_up_to()))
    };
    let text = std::str::from_utf8(bytes).map_err(wrong)?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
}

/// Refuses a key, or a folder of keys, that others than its owner may change: they would choose the keys.
pub(crate) fn check_trusted(option: &'static str, path: &Path, mode: &str) -> Result<(), Error> {
    // What cannot be looked at cannot be read either, and that says why.
    match Exposure::of(path).ok().and_then(Exposure::untrusted) {
        Some(why) => {
            let reason = format!("{why}; give it the mode {mode}, or --allow-insecure-permissions");
            Err(Error::file(option, path, reason))
        }
        None => Ok(()),
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

/// Reads a P-256 private key: PKCS#8 or SEC 1 in PEM or DER, or the bare 32 bytes; encrypted PKCS#8 with a password.
///
/// # Errors
///
/// [`Error::File`], naming `option`.
pub fn read_private_key(option: &'static str, path: &Path, password: Option<&str>) -> Result<PrivateKey, Error> {
    let wrong = |error| Error::file(option, path, key_reason(error));
    decode_private_key(&read(option, path)?, password).map_err(wrong)
}

/// The same of bytes in memory.
pub(crate) fn decode_private_key(bytes: &[u8], password: Option<&str>) -> Result<PrivateKey, AttestationError> {
    match password {
        // A key that is not encrypted is read as well, as by OpenSSL.
        Some(password) => PrivateKey::decode_encrypted(bytes, password.as_bytes()),
        None => PrivateKey::decode(bytes),
    }
}

pub(crate) fn key_reason(error: AttestationError) -> String {
    match error {
        AttestationError::KeyEncrypted => "is encrypted; --password opens it".into(),
        AttestationError::KeyPassword => "is encrypted with another password than that of --password".into(),
        _ => format!("is not one private key in PEM or DER: {error}"),
    }
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
