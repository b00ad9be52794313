use std::fs::File;
use std::io::Read;
use std::path::Path;

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

fn open_file(path: &Path) -> Result<File, String> {
    let reason = |error: std::io::Error| error.to_string();
    let file = File::open(path).map_err(reason)?;
    if file.metadata().map_err(reason)?.is_dir() {
        return Err("is a folder, not a file".into());
    }
    Ok(file)
}

/// Reads a whole input file as [`read`] does, for callers that have other names of option and file. Pipes and devices are read as well, but
/// never more than the limit.
pub(crate) fn read_limited(path: &Path) -> Result<Zeroizing<Vec<u8>>, String> {
    let reason = |error: std::io::Error| error.to_string();
    let file = open_file(path)?;
    // Room for all, so that no copy of a secret is left behind in a smaller place.
    let len = file.metadata().map_err(reason)?.len().min(MAX_INPUT) + 1;
    let mut bytes = Zeroizing::new(Vec::with_capacity(usize::try_from(len).unwrap_or_default()));
    let read = file.take(MAX_INPUT + 1).read_to_end(&mut bytes).map_err(reason)?;
    if u64::try_from(read).is_ok_and(|read| read <= MAX_INPUT) {
        Ok(bytes)
    } else {
        Err("is larger than the 64 MiB allowed".into())
    }
}

/// The text of a file, without a byte order mark.
pub(crate) fn text<'b>(option: &'static str, path: &Path, bytes: &'b [u8]) -> Result<&'b str, Error> {
    let wrong = |error: std::str::Utf8Error| {
        Error::file(option, path, format_args!("byte {} is not UTF-8", error.valid_up_to()))
    };
    let text = std::str::from_utf8(bytes).map_err(wrong)?;
    Ok(text.strip_prefix('\u{feff}').unwrap_or(text))
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
