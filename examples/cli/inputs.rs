use std::fmt::Display;
use std::path::Path;

use factory_fs::Table;
use matter_attestation::{Certificate, Error as AttestationError, PrivateKey};
use matter_factory_data::Declaration;

use crate::{Failure, read_file};

fn wrong(option: &str, path: &Path, reason: impl Display) -> Failure {
    Failure::Input(format!("{option} {}: {reason}", path.display()))
}

/// Reads a certificate, PEM or DER.
///
/// # Errors
///
/// [`Failure::Input`] naming the option and the file.
pub fn read_certificate(option: &str, path: &Path) -> Result<Certificate, Failure> {
    let certificate = Certificate::decode(&read_file(option, path)?);
    certificate.map_err(|error| {
        wrong(
            option,
            path,
            format_args!("is not one certificate in PEM or DER: {error}"),
        )
    })
}

/// Reads a P-256 private key: PKCS#8 or SEC 1 in PEM or DER, or the bare 32 bytes; encrypted PKCS#8 with a password.
///
/// # Errors
///
/// As [`read_certificate`].
pub fn read_private_key(option: &str, path: &Path, password: Option<&str>) -> Result<PrivateKey, Failure> {
    let key = PrivateKey::decode_with(&read_file(option, path)?, password.map(str::as_bytes));
    key.map_err(|error| match error {
        AttestationError::KeyEncrypted => wrong(option, path, "is encrypted; --password opens it"),
        AttestationError::KeyPassword => wrong(
            option,
            path,
            "is encrypted with another password than that of --password",
        ),
        _ => wrong(
            option,
            path,
            format_args!("is not one private key in PEM or DER: {error}"),
        ),
    })
}

/// Reads a signed Certification Declaration in DER.
///
/// # Errors
///
/// As [`read_certificate`].
pub fn read_declaration(option: &str, path: &Path) -> Result<Declaration, Failure> {
    let declaration = Declaration::decode(read_file(option, path)?.to_vec());
    declaration.map_err(|error| {
        wrong(
            option,
            path,
            format_args!("is not a Certification Declaration in DER: {error}"),
        )
    })
}

/// Reads a CSV table.
///
/// # Errors
///
/// As [`read_certificate`].
pub fn read_table(option: &str, path: &Path) -> Result<Table, Failure> {
    Table::parse(path, &read_file(option, path)?).map_err(|error| wrong(option, path, error))
}
