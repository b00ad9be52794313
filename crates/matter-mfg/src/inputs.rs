use std::path::Path;

use factory_fs::Input;
use matter_attestation::{Certificate, Error as AttestationError, PrivateKey};
use matter_factory_data::Declaration;
use zeroize::Zeroizing;

use crate::message::message;
use crate::{Error, Field, Message};

/// Larger inputs than this are not what they are said to be.
pub(crate) const MAX_INPUT: u64 = 64 * 1024 * 1024;

/// Reads a whole input file, which may hold secrets.
pub(crate) fn read(field: Field, path: &Path) -> Result<Zeroizing<Vec<u8>>, Error> {
    read_limited(path).map_err(|reason| Error::file(field, path, reason))
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

/// Reads a certificate, PEM or DER.
///
/// # Errors
///
/// [`Error::File`], naming `option`.
pub(crate) fn read_certificate(field: Field, path: &Path) -> Result<Certificate, Error> {
    let wrong = |error| Error::file(field, path, format!("is not one certificate in PEM or DER: {error}"));
    Certificate::decode(&read(field, path)?).map_err(wrong)
}

/// Reads a P-256 private key: PKCS#8 or SEC 1 in PEM or DER, or the bare 32 bytes; encrypted PKCS#8 with a password.
///
/// # Errors
///
/// [`Error::File`], naming `option`.
pub(crate) fn read_private_key(field: Field, path: &Path, password: Option<&str>) -> Result<PrivateKey, Error> {
    let wrong = |error| Error::file(field, path, key_reason(error));
    decode_private_key(&read(field, path)?, password).map_err(wrong)
}

/// The same of bytes in memory.
pub(crate) fn decode_private_key(bytes: &[u8], password: Option<&str>) -> Result<PrivateKey, AttestationError> {
    match password {
        // A key that is not encrypted is read as well, as by OpenSSL.
        Some(password) => PrivateKey::decode_encrypted(bytes, password.as_bytes()),
        None => PrivateKey::decode(bytes),
    }
}

pub(crate) fn key_reason(error: AttestationError) -> Message {
    match error {
        AttestationError::KeyEncrypted => message!["is encrypted; ", Field::Password, " opens it"],
        AttestationError::KeyPassword => message!["is encrypted with another password than that of ", Field::Password],
        _ => format!("is not one private key in PEM or DER: {error}").into(),
    }
}

/// Reads a signed Certification Declaration in DER.
///
/// # Errors
///
/// [`Error::File`], naming `option`.
pub(crate) fn read_declaration(field: Field, path: &Path) -> Result<Declaration, Error> {
    let wrong = |error| {
        Error::file(
            field,
            path,
            format!("is not a Certification Declaration in DER: {error}"),
        )
    };
    Declaration::decode(read(field, path)?.to_vec()).map_err(wrong)
}
