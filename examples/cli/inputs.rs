use std::collections::BTreeSet;
use std::fmt::Display;
use std::path::Path;

use factory_fs::{Table, utf16, without_bom};
use matter_attestation::{Error as AttestationError, InputKind, PrivateKey};
use matter_factory_data::Declaration;
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use crate::certificates::open_pkcs12;
use crate::{Failure, read_file};

pub(crate) fn wrong(option: &str, path: &Path, reason: impl Display) -> Failure {
    Failure::Input(format!("{option} {}: {reason}", path.display()))
}

/// Returns the kind of a file if it can be recognized and says more than the reader's error.
pub fn told(bytes: &[u8], error: impl Display) -> String {
    told_unless(InputKind::Unknown, bytes, error)
}

/// As [`told`], for an expected kind whose own errors say more.
#[must_use]
pub fn told_unless(wanted: InputKind, bytes: &[u8], error: impl Display) -> String {
    if let Some(reason) = utf16(bytes) {
        return format!("it {reason}");
    }
    match InputKind::of(bytes) {
        kind if kind == wanted => error.to_string(),
        InputKind::Unknown | InputKind::OtherPem => error.to_string(),
        kind => format!("it is {kind}"),
    }
}

/// Reads a P-256 private key: PKCS#8 or SEC 1 in PEM or DER, or 32 raw bytes; encrypted PKCS#8 and PKCS#12 with a
/// password.
///
/// # Errors
///
/// [`Failure::Input`] with the option and the file.
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
            "is encrypted; give its password with --password-file or MATTER_PASSWORD",
        ),
        AttestationError::KeyPassword => wrong(option, path, "cannot be decrypted with the given password"),
        _ => wrong(
            option,
            path,
            format_args!(
                "is not a single private key in PEM or DER: {}",
                told_unless(InputKind::PrivateKey, &bytes, error)
            ),
        ),
    })
}

fn key_in_pkcs12(bytes: &[u8], password: Option<&str>) -> Result<PrivateKey, String> {
    let keys = open_pkcs12(bytes, password)?.private_keys();
    let mut keys = keys.map_err(|error| format!("is PKCS#12 with an unsupported private key: {error}"))?;
    let count = keys.len();
    match keys.pop() {
        Some(key) if count == 1 => Ok(key),
        _ => Err(format!("is PKCS#12 with {count} private keys; exactly one is required")),
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

/// Reads JSON.
///
/// # Errors
///
/// [`Failure::Input`] with the file and the place. It quotes nothing of a file that is not JSON.
pub fn parse_json<T: DeserializeOwned>(path: &Path, bytes: &[u8]) -> Result<T, Failure> {
    let path = path.display();
    if without_bom(bytes).trim_ascii().is_empty() {
        return Err(Failure::Input(format!("{path}: is empty")));
    }
    if let Some(reason) = utf16(bytes) {
        return Err(Failure::Input(format!("{path}: {reason}")));
    }
    serde_json::from_slice(without_bom(bytes)).map_err(|error| {
        let (line, column) = (error.line(), error.column());
        let what = match error.classify() {
            Category::Data => error
                .to_string()
                .replace(&format!(" at line {line} column {column}"), ""),
            Category::Eof | Category::Io | Category::Syntax => "not JSON".into(),
        };
        Failure::Input(format!("{path}:{line}:{column}: {what}"))
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

/// Reads a CSV table with a header.
///
/// # Errors
///
/// As [`read_private_key`], and errors of [`check_columns`].
pub fn read_table_with_header(option: &str, path: &Path) -> Result<Table, Failure> {
    let table = read_table(option, path)?;
    check_columns(&table)?;
    Ok(table)
}

/// Refuses a table that would be read only in part: with a duplicate column name, or a cell without a column.
///
/// # Errors
///
/// [`Failure::Input`] with the cell.
pub fn check_columns(table: &Table) -> Result<(), Failure> {
    let Some((header, rows)) = table.rows().split_first() else {
        return Ok(());
    };
    let wrong = |line, number: usize, reason: &str| {
        let column = format!("number {}", number + 1);
        Err(Failure::at(&table.place(line, &column), reason))
    };
    let mut names = BTreeSet::new();
    for (number, name) in header.cells().map(str::trim).enumerate() {
        if !name.is_empty() && !names.insert(name) {
            return wrong(header.line(), number, "duplicate column name");
        }
    }
    for row in rows {
        let surplus = row.cells().skip(header.len()).position(|cell| !cell.is_empty());
        if let Some(number) = surplus {
            let reason = "has a value, but the header has no such column; quote values that contain a separator";
            return wrong(row.line(), header.len() + number, reason);
        }
    }
    Ok(())
}
