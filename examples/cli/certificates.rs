//! Files with certificates: one in PEM or DER, several in PEM or PKCS#7, or PKCS#12 with its password.

use std::fmt::Display;
use std::path::Path;

use factory_fs::utf16;
use matter_attestation::{Certificate, Error, InputKind, Object, Part, Pkcs12};

use crate::inputs::{told, told_unless, wrong};
use crate::{Failure, read_file};

/// Reads a declaration, or all certificates of a file.
///
/// # Errors
///
/// The fault of the file.
pub fn parts(bytes: &[u8], password: Option<&str>) -> Result<Vec<Part>, String> {
    if InputKind::of(bytes) != InputKind::Pkcs12 {
        return Part::read_all(bytes).map_err(|error| told_unless(InputKind::Pkcs7, bytes, error));
    }
    parts_of_pkcs12(&open_pkcs12(bytes, password)?)
}

fn parts_of_pkcs12(open: &Pkcs12) -> Result<Vec<Part>, String> {
    let parts = open.certificates().iter().map(|der| Part::read(der));
    let parts: Vec<_> = parts.collect::<Result<_, _>>().map_err(|error| error.to_string())?;
    if parts.is_empty() {
        return Err("is PKCS#12 without certificates".into());
    }
    Ok(parts)
}

/// Reads a certificate or a declaration, which may be malformed; of several certificates, the one of the requested
/// kind.
///
/// # Errors
///
/// [`Failure::Input`] with the option and the file.
pub fn read_part(option: &str, object: Object, path: &Path, password: Option<&str>) -> Result<Part, Failure> {
    let bytes = read_file(option, path)?;
    part(object, &bytes, password).map_err(|reason| option_file(option, path, reason))
}

/// Reads a certificate: of several, the one of the requested kind, or in PKCS#12 the one of its key.
///
/// # Errors
///
/// As [`read_part`].
pub fn read_certificate(
    option: &str,
    object: Option<Object>,
    path: &Path,
    password: Option<&str>,
) -> Result<Certificate, Failure> {
    let bytes = read_file(option, path)?;
    let not_one = |reason: String| {
        wrong(
            option,
            path,
            format_args!("is not a single certificate in PEM or DER: {reason}"),
        )
    };
    if !is_bundle(&bytes) {
        let certificate = Certificate::decode(&bytes);
        return certificate.map_err(|error| not_one(told_unless(InputKind::Certificate, &bytes, error)));
    }
    let parts = if object.is_none() && InputKind::of(&bytes) == InputKind::Pkcs12 {
        open_pkcs12(&bytes, password).and_then(|open| parts_of_key(&open))
    } else {
        parts(&bytes, password)
    };
    let part = parts.and_then(|parts| only(parts, object));
    let part = part.map_err(|reason| wrong(option, path, reason))?;
    Certificate::from_der(part.as_der()).map_err(|error| not_one(error.to_string()))
}

/// Reads the PAA in a file, which may be malformed, or all PAAs among several certificates.
///
/// # Errors
///
/// As [`read_part`], and if there is no PAA among several certificates.
pub fn read_paas(option: &str, path: &Path, password: Option<&str>) -> Result<Vec<Part>, Failure> {
    let bytes = read_file(option, path)?;
    let wrong = |reason| option_file(option, path, reason);
    if !is_bundle(&bytes) {
        return Ok(vec![part(Object::Paa, &bytes, password).map_err(wrong)?]);
    }
    let mut paas = parts(&bytes, password).map_err(wrong)?;
    paas.retain(|part| part.object() == Object::Paa);
    if paas.is_empty() {
        return Err(wrong("contains certificates, but no PAA".into()));
    }
    Ok(paas)
}

/// Opens a PKCS#12 file.
pub(crate) fn open_pkcs12(bytes: &[u8], password: Option<&str>) -> Result<Pkcs12, String> {
    Pkcs12::decode_with(bytes, password.unwrap_or_default()).map_err(|error| match (error, password) {
        (Error::Pkcs12Password, None) => {
            "is PKCS#12 with a password; give it with --password-file or MATTER_PASSWORD".to_owned()
        }
        (Error::Pkcs12Password, Some(_)) => "is PKCS#12, which the given password does not decrypt".to_owned(),
        (error, _) => error.to_string(),
    })
}

fn option_file(option: &str, path: &Path, reason: impl Display) -> Failure {
    Failure::option(option, format_args!("{}: {reason}", path.display()))
}

fn is_bundle(bytes: &[u8]) -> bool {
    matches!(
        InputKind::of(bytes),
        InputKind::Certificates { .. } | InputKind::IndefiniteLength | InputKind::Pkcs12 | InputKind::Pkcs7
    )
}

fn part(object: Object, bytes: &[u8], password: Option<&str>) -> Result<Part, String> {
    // A malformed certificate is a finding, other text is not.
    if let Some(reason) = utf16(bytes) {
        return Err(reason.to_string());
    }
    // A bundle in place of a declaration is a finding.
    if is_bundle(bytes) && object != Object::Cd {
        only(parts(bytes, password)?, Some(object))
    } else {
        Part::read_as(object, bytes).map_err(|error| told(bytes, error))
    }
}

/// Returns the only part, or the only one of a kind; a certificate may be duplicated.
fn only(mut parts: Vec<Part>, object: Option<Object>) -> Result<Part, String> {
    let count = parts.len();
    if let Some(object) = object.filter(|_| count > 1) {
        parts.retain(|part| part.object() == object);
    }
    parts.dedup();
    let found = parts.len();
    let kind = object.map(|object| format!(" of a {object}")).unwrap_or_default();
    match parts.pop() {
        Some(part) if found == 1 => Ok(part),
        Some(_) => Err(format!("contains {found} certificates{kind}; exactly one is required")),
        None => Err(format!("contains {count} certificates, but none{kind}")),
    }
}

/// Returns the certificates of the private keys, or all if no key has one.
fn parts_of_key(open: &Pkcs12) -> Result<Vec<Part>, String> {
    let mut parts = parts_of_pkcs12(open)?;
    let keys = open.private_keys().unwrap_or_default();
    let is_of_key = |part: &Part| {
        let certificate = Certificate::from_der(part.as_der());
        certificate.is_ok_and(|certificate| keys.iter().any(|key| key.public_key() == certificate.public_key()))
    };
    if parts.iter().any(is_of_key) {
        parts.retain(is_of_key);
    }
    Ok(parts)
}
