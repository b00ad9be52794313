//! The files of what was issued.

use std::fs::DirBuilder;
use std::path::{Path, PathBuf};

use cli::{Failure, check_free, end_progress, print, progress, write_file};
use matter_attestation::{Certificate, PrivateKey};
use serde_json::{Value, json};

/// A certificate, and its key where that is new.
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

    fn check_free(&self, folder: &Path) -> Result<(), Failure> {
        let key = self.key.as_ref().map(|_| KEY);
        let endings = [CERT_PEM, CERT_DER].into_iter().chain(key);
        endings
            .into_iter()
            .try_for_each(|ending| check_free(&self.path(folder, ending), false))
    }

    /// Writes the key first: a certificate that is there has its key.
    fn write(&self, folder: &Path, force: bool) -> Result<(), Failure> {
        if let Some(key) = &self.key {
            let failed = |error| Failure::Work(format!("cannot encode a key: {error}"));
            let pem = key.to_pkcs8_pem().map_err(failed)?;
            write_file(&self.path(folder, KEY), pem.as_bytes(), force)?;
        }
        write_file(
            &self.path(folder, CERT_PEM),
            self.certificate.to_pem().as_bytes(),
            force,
        )?;
        write_file(&self.path(folder, CERT_DER), self.certificate.as_der(), force)
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

/// Writes everything, or nothing where a file is in the way.
pub(super) fn write(folder: &Path, issued: Vec<Issued>, force: bool, json: bool) -> Result<(), Failure> {
    if !force {
        issued.iter().try_for_each(|issued| issued.check_free(folder))?;
    }
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    let made = builder.recursive(true).create(folder);
    made.map_err(|error| Failure::option("--out", format_args!("{}: {error}", folder.display())))?;
    let all = issued.len();
    let count = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    for (number, one) in issued.iter().enumerate() {
        one.write(folder, force).map_err(|failure| match failure {
            Failure::Work(reason) => Failure::Work(format!("{reason}; {number} of {all} certificates are complete")),
            other => other,
        })?;
        if all > 1 {
            progress(count(number + 1), count(all));
        }
    }
    if all > 1 {
        end_progress();
    }
    if json {
        let objects = issued.iter().map(|issued| issued.to_json(folder));
        return print(format_args!("{:#}", Value::Array(objects.collect())));
    }
    for one in &issued {
        let certificate = &one.certificate;
        print(format_args!(
            "{}: {}, serial number {}, valid until {}",
            one.path(folder, CERT_PEM).display(),
            certificate.common_name().unwrap_or_default(),
            certificate.serial(),
            certificate.validity().not_after()
        ))?;
    }
    Ok(())
}
