use std::fmt::Display;
use std::path::Path;

use factory_fs::Table;
use matter_attestation::{Error as AttestationError, InputKind, PrivateKey};
use matter_factory_data::Declaration;

use crate::certificates::open_pkcs12;
use crate::{Failure, read_file};

pub(crate) fn wrong(option: &str, path: &Path, reason: impl Display) -> Failure {
    Failure::Input(format!("{option} {}: {reason}", path.display()))
}

/// Says what a file is, where that can be told and is more than the error of its reader says.
pub fn told(bytes: &[u8], error: impl Display) -> String {
    told_unless(InputKind::Unknown, bytes, error)
}

/// The same where a file of one kind is wanted, whose own errors say more.
#[must_use]
pub fn told_unless(wanted: InputKind, bytes: &[u8], error: impl Display) -> String {
    match InputKind::of(bytes) {
        kind if kind == wanted => error.to_string(),
        InputKind::Unknown | InputKind::OtherPem => error.to_string(),
        kind => format!("it is {kind}"),
    }
}

/// Reads a P-256 private key: PKCS#8 or SEC 1 in PEM or DER, or the bare 32 bytes; encrypted PKCS#8 and PKCS#12 with a
/// password.
///
/// # Errors
///
/// [`Failure::Input`] naming the option and the file.
pub fn read_private_key(option: &str, path: &Path, password: Option<&str>) -> Result<PrivateKey, Failure> {
    let bytes = read_file(option, path)?;
    if InputKind::of(&bytes) == InputKind::Pkcs12 {
        return key_in_pkcs12(&bytes, password).map_err(|reason| wrong(option, path, reason));
    }
    let key = PrivateKey::decode_with(&bytes, password.map(str::as_bytes));
    key.map_err(|error| match error {
        AttestationError::KeyEncrypted => wrong(
            option,
            path,
            "is encrypted; --password-file or MATTER_PASSWORD opens it",
        ),
        AttestationError::KeyPassword => wrong(option, path, "is encrypted with another password than the one given"),
        _ => wrong(
            option,
            path,
            format_args!(
                "is not one private key in PEM or DER: {}",
                told_unless(InputKind::PrivateKey, &bytes, error)
            ),
        ),
    })
}

fn key_in_pkcs12(bytes: &[u8], password: Option<&str>) -> Result<PrivateKey, String> {
    let keys = open_pkcs12(bytes, password)?.private_keys();
    let mut keys = keys.map_err(|error| format!("is PKCS#12 with a private key that is refused: {error}"))?;
    let count = keys.len();
    match keys.pop() {
        Some(key) if count == 1 => Ok(key),
        _ => Err(format!("is PKCS#12 with {count} private keys, where one is wanted")),
    }
}

/// Reads a signed Certification Declaration in DER.
///
/// # Errors
///
/// As [`read_private_key`].
pub fn read_declaration(option: &str, path: &Path) -> Result<Declaration, Failure> {
    let bytes = read_file(option, path)?;
    let declaration = Declaration::decode(bytes.to_vec());
    declaration.map_err(|error| {
        wrong(
            option,
            path,
            format_args!(
                "is not a Certification Declaration in DER: {}",
                told_unless(InputKind::Declaration, &bytes, error)
            ),
        )
    })
}

/// Reads a CSV table.
///
/// # Errors
///
/// As [`read_private_key`].
pub fn read_table(option: &str, path: &Path) -> Result<Table, Failure> {
    Table::parse(path, &read_file(option, path)?).map_err(|error| wrong(option, path, error))
}
