//! The files of issued certificates.

use std::path::{Path, PathBuf};

use cli::{Failure, Files, report, report_json};
use factory_fs::Dir;
use matter_attestation::{Certificate, PrivateKey};
use serde_json::{Value, json};
use zeroize::Zeroizing;

use crate::Common;
use crate::recording::Book;

/// A file to write: path and contents.
type NewFile = (PathBuf, Zeroizing<Vec<u8>>);

/// A certificate, with its key if that is new.
pub(super) struct Issued {
    name: String,
    certificate: Certificate,
    key: Option<PrivateKey>,
}

impl Issued {
    pub(super) fn new(name: &str, certificate: Certificate, key: Option<PrivateKey>) -> Self {
        Self {
            name: name.into(),
            certificate,
            key,
        }
    }

    fn path(&self, folder: &Path, ending: &str) -> PathBuf {
        folder.join(format!("{}_{ending}", self.name))
    }

    fn files(&self, folder: &Path) -> Result<Vec<NewFile>, Failure> {
        let (pem, der) = (
            self.certificate.to_pem().into_bytes(),
            self.certificate.as_der().to_vec(),
        );
        let mut files = vec![
            (self.path(folder, CERT_PEM), Zeroizing::new(pem)),
            (self.path(folder, CERT_DER), Zeroizing::new(der)),
        ];
        if let Some(key) = &self.key {
            let failed = |error| Failure::Work(format!("cannot encode a key: {error}"));
            let pem = key.to_pkcs8_pem().map_err(failed)?;
            files.push((self.path(folder, KEY), Zeroizing::new(pem.as_bytes().to_vec())));
        }
        Ok(files)
    }

    fn to_json(&self, folder: &Path) -> Value {
        let certificate = &self.certificate;
        let path = |ending: &str| self.path(folder, ending).display().to_string();
        json!({
            "cn": certificate.common_name(),
            "serial": certificate.serial().to_string(),
            "subject_key_id": certificate.subject_key_id().map(|id| id.to_string()),
            "not_before": certificate.validity().not_before().to_string(),
            "not_after": certificate.validity().not_after().to_string(),
            "certificate": path(CERT_PEM),
            "key": self.key.as_ref().map(|_| path(KEY)),
        })
    }
}

const CERT_PEM: &str = "cert.pem";
const CERT_DER: &str = "cert.der";
const KEY: &str = "key.pem";

/// Writes everything or nothing. With a ledger, certificates are recorded first, and refused ones are not written.
pub(super) fn write(
    folder: &Path,
    issued: &[Issued],
    files: Files,
    book: Option<Book>,
    common: &Common,
) -> Result<(), Failure> {
    let made = Dir::create(folder);
    made.map_err(|error| Failure::option("--out", format_args!("{}: {error}", folder.display())))?;
    common.trust.check_folder("--out", folder)?;
    let outputs = issued.iter().map(|issued| issued.files(folder));
    let outputs = outputs.collect::<Result<Vec<_>, _>>()?.concat();
    let files = outputs
        .iter()
        .fold(files, |files, (path, _)| files.output("--out", path));
    files.check()?;
    if let Some(mut book) = book {
        let certificates = issued.iter().map(|issued| issued.certificate.clone());
        book.record(&certificates.collect::<Vec<_>>())?;
    }
    let outputs = outputs.iter().map(|(path, bytes)| (path.as_path(), bytes.as_slice()));
    files.publish(&outputs.collect::<Vec<_>>())?;
    if common.json {
        let objects = issued.iter().map(|issued| issued.to_json(folder));
        report_json(format_args!("{:#}", Value::Array(objects.collect())));
        return Ok(());
    }
    for one in issued {
        let certificate = &one.certificate;
        report(format_args!(
            "{}: {}, serial number {}, valid until {}",
            one.path(folder, CERT_PEM).display(),
            certificate.common_name().unwrap_or_default(),
            certificate.serial(),
            certificate.validity().not_after()
        ));
    }
    Ok(())
}
