use std::path::Path;

use factory_fs::Input;
use matter_attestation::{Certificate, Error as AttestationError, PrivateKey};
use matter_factory_data::Declaration;
use zeroize::Zeroizing;

use crate::message::message;
use crate::{Error, Field, Message};

/// Reads a whole input file, which may hold secrets.
pub(crate) fn read(field: Field, path: &Path) -> Result<Zeroizing<Vec<u8>>, Error> {
    Input::read_file(path).map_err(|error| Error::file(field, path, error))
}

/// Reads a certificate in PEM or DER.
///
/// # Errors
///
/// [`Error::File`] with `field`.
pub(crate) fn read_certificate(field: Field, path: &Path) -> Result<Certificate, Error> {
    let wrong = |error| {
        Error::file(
            field,
            path,
            format!("is not a single certificate in PEM or DER: {error}"),
        )
    };
    Certificate::decode(&read(field, path)?).map_err(wrong)
}

/// Reads a P-256 private key: PKCS#8 or SEC 1 in PEM or DER, or 32 raw bytes; encrypted PKCS#8 with a password.
///
/// # Errors
///
/// [`Error::File`] with `field`.
pub(crate) fn read_private_key(field: Field, path: &Path, password: Option<&str>) -> Result<PrivateKey, Error> {
    let wrong = |error| Error::file(field, path, key_reason(error));
    PrivateKey::decode_with(&read(field, path)?, password.map(str::as_bytes)).map_err(wrong)
}

/// Returns the reason for refusing a key.
pub(crate) fn key_reason(error: AttestationError) -> Message {
    match error {
        AttestationError::KeyEncrypted => message!["is encrypted; give its password with ", Field::Password],
        AttestationError::KeyPassword => message!["cannot be decrypted with the password of ", Field::Password],
        _ => format!("is not a single private key in PEM or DER: {error}").into(),
    }
}

/// Reads a signed Certification Declaration in DER.
///
/// # Errors
///
/// [`Error::File`] with `field`.
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
