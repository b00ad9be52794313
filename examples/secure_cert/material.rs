//! The conversion of a certificate or key file to the bytes that Espressif's tool stores.

use std::path::{Path, PathBuf};

use cli::{Failure, Trust, read_file, told_unless};
use esp_secure_cert::RecordType;
use matter_attestation::{InputKind, PrivateKey};
use p256::elliptic_curve::pkcs8::LineEnding;
use zeroize::Zeroizing;

/// The path of a SPEC, and the files it may name.
#[derive(Clone, Copy)]
pub(crate) struct Place<'a> {
    pub(crate) spec: &'a Path,
    pub(crate) trust: Trust,
}

impl Place<'_> {
    /// Resolves a file relative to the SPEC, or else to the current folder.
    fn find(&self, name: &str) -> PathBuf {
        let beside = self.spec.parent().unwrap_or(Path::new("")).join(name);
        if beside.exists() { beside } else { name.into() }
    }

    /// Reads the data of a record from a file.
    pub(crate) fn read(&self, name: &str, kind: RecordType) -> Result<Zeroizing<Vec<u8>>, Failure> {
        let path = self.find(name);
        if kind == RecordType::PRIV_KEY {
            self.trust.check_key("file", &path)?;
        }
        let bytes = read_file(&format!("{}: file", self.spec.display()), &path)?;
        material(kind, &bytes).map_err(|reason| Failure::Input(format!("{}: {reason}", path.display())))
    }
}

/// Converts the data of a record. Certificates and keys in PEM stay in PEM, with the final NUL that the firmware's
/// parser requires, and those in DER in DER. A P-256 key is stored as SEC 1. All other data are stored unchanged.
pub(crate) fn material(kind: RecordType, bytes: &[u8]) -> Result<Zeroizing<Vec<u8>>, String> {
    let is_certificate = matches!(kind, RecordType::CA_CERT | RecordType::DEV_CERT);
    if !is_certificate && kind != RecordType::PRIV_KEY {
        return Ok(Zeroizing::new(bytes.to_vec()));
    }
    let Some(block) = pem_block(bytes)? else {
        let (wanted, noun) = match is_certificate {
            true => (InputKind::Certificate, "certificate"),
            false => (InputKind::PrivateKey, "private key"),
        };
        let other = told_unless(wanted, bytes, "");
        if !other.is_empty() {
            return Err(format!("is not a {noun}: {other}"));
        }
        return Ok(Zeroizing::new(match sec1(bytes).filter(|_| !is_certificate) {
            Some(key) => key.to_vec(),
            None => bytes.to_vec(),
        }));
    };
    let is_certificate_block = block.starts_with("-----BEGIN CERTIFICATE-----");
    let is_key_block = block
        .lines()
        .next()
        .is_some_and(|line| line.ends_with("PRIVATE KEY-----"));
    if is_certificate && !is_certificate_block || !is_certificate && !is_key_block {
        let wanted = if is_certificate { "certificate" } else { "private key" };
        return Err(format!("contains a PEM block that is not a {wanted}"));
    }
    if block.starts_with("-----BEGIN ENCRYPTED") {
        return Err("is encrypted, but the firmware has no password; decrypt it first".into());
    }
    let mut pem = match sec1(block.as_bytes()).filter(|_| !is_certificate) {
        Some(key) => sec1_pem(&key).unwrap_or(block),
        None => block,
    };
    pem.push('\0');
    Ok(Zeroizing::new(pem.as_bytes().to_vec()))
}

/// Returns the only PEM block, with LF line ends.
fn pem_block(bytes: &[u8]) -> Result<Option<Zeroizing<String>>, String> {
    let text = std::str::from_utf8(bytes).ok();
    let Some(start) = text.and_then(|text| text.find("-----BEGIN ")) else {
        return Ok(None);
    };
    let block = text.and_then(|text| text.get(start..)).unwrap_or_default();
    let mut pem = Zeroizing::new(String::with_capacity(block.len() + 1));
    let mut lines = block.lines().map(str::trim_end);
    for line in lines.by_ref() {
        pem.push_str(line);
        pem.push('\n');
        if line.starts_with("-----END ") {
            if lines.any(|line| line.starts_with("-----BEGIN ")) {
                return Err("contains more than one PEM block".into());
            }
            return Ok(Some(pem));
        }
    }
    Err("ends within its PEM block".into())
}

fn sec1(bytes: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    Some(PrivateKey::decode(bytes).ok()?.to_sec1_der())
}

fn sec1_pem(der: &[u8]) -> Option<Zeroizing<String>> {
    let key = p256::SecretKey::from_sec1_der(der).ok()?;
    key.to_sec1_pem(LineEnding::LF).ok()
}
