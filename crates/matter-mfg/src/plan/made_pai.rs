use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use base16ct::lower::encode_string as hex;
use factory_fs::{Dir, Output, Replace, publish, sweep};
use matter_attestation::{
    Certificate, DateTime, Error as AttestationError, Issuer, PaiSubject, PrivateKey, SerialNumber, Validity,
};
use rand_core::CryptoRng;

use super::signer;
use crate::attestation::Authority;
use crate::device_tables::{PAI, STAGING};
use crate::job::Job;
use crate::message::message;
use crate::test_pki::check_prefix;
use crate::{Error, Field, inputs};

const CERT_PEM: &str = "pai_cert.pem";
const KEY: &str = "pai_key.pem";

/// The PAI of a run with `--paa`: a fitting one of an earlier run with the same output folder, or a new one.
#[derive(Clone, Debug)]
pub(crate) struct MadePai {
    folder: PathBuf,
    pub(super) certificate: Certificate,
    pub(super) key: PrivateKey,
    /// Whether it is to be written.
    new: bool,
    /// The existing certificate in PEM, fitting or not.
    found: Option<Vec<u8>>,
    /// The serial number of an existing certificate that does not fit.
    replaced: Option<String>,
}

impl MadePai {
    pub(super) fn open_or_make(
        job: &Job,
        authority: &Authority,
        prefix: &str,
        start: DateTime,
        rng: &mut impl CryptoRng,
    ) -> Result<Self, Error> {
        check_prefix(prefix)?;
        check_authority(job, authority)?;
        let name = format!("{prefix} PAI 00");
        let folder = job.top().join(STAGING);
        for name in [CERT_PEM, KEY] {
            let path = folder.join(name);
            if path.symlink_metadata().is_ok_and(|found| !found.is_file()) {
                let reason = "is not a file, but the run stores its PAI under that name; move it away";
                return Err(Error::file(Field::Paa, &path, reason));
            }
        }
        let (found, has_key) = look(&folder);
        let mut replaced = None;
        if has_key && found.is_none() {
            let reason = "exists without its certificate, but the run stores its PAI under that name; move it away";
            return Err(Error::file(Field::Paa, &folder.join(KEY), reason));
        }
        if found.is_some() {
            let certificate = inputs::read_certificate(Field::Paa, &folder.join(CERT_PEM))?;
            // No key: a killed run was moving both aside.
            let key = has_key.then(|| inputs::read_private_key(Field::Paa, &folder.join(KEY), None));
            let key = key.transpose()?;
            let fits = |key: &PrivateKey| {
                certificate.verify_issued_by(&authority.certificate).is_ok()
                    && key.public_key() == certificate.public_key()
                    && certificate.common_name() == Some(&name)
                    && certificate.vendor_id() == Some(job.dac_ids().0)
                    && certificate.product_id() == Some(job.dac_ids().1)
                    && certificate.path_len() == Some(0)
                    && signer::validity(job, &certificate, start).is_ok()
            };
            if let Some(key) = key.filter(fits) {
                return Ok(Self {
                    folder,
                    certificate,
                    key,
                    new: false,
                    found,
                    replaced: None,
                });
            }
            let serial = certificate.serial();
            replaced = Some(hex(serial.as_bytes()));
        }
        let validity = signer::validity(job, &authority.certificate, start)?;
        let key = PrivateKey::generate(rng);
        let certificate = issue(job, authority, &name, &key, validity, rng).map_err(|error| match error {
            AttestationError::KeyMismatch => Error::field(
                Field::Key,
                message!["is not the private key of the certificate of ", Field::Certificate],
            ),
            _ => signer::signing(error),
        })?;
        Ok(Self {
            folder,
            certificate,
            key,
            new: true,
            found,
            replaced,
        })
    }

    /// Returns whether it existed before the run.
    pub(crate) const fn is_reused(&self) -> bool {
        !self.new
    }

    /// Writes a new PAI into the output folder, key and certificate together. A replaced one is kept beside it: devices
    /// may have certificates that it signed. The caller excludes concurrent runs.
    pub(crate) fn publish(&self, top: &Dir) -> Result<(), Error> {
        if !self.new {
            return Ok(());
        }
        let staging = top.create_child(STAGING).map_err(Error::write(&self.folder))?;
        // Left by a killed run.
        sweep(&staging).map_err(Error::write(staging.path()))?;
        let path = staging.path().join(CERT_PEM);
        let found = staging.open_file(CERT_PEM).and_then(|mut file| {
            let mut bytes = Vec::new();
            std::io::Read::read_to_end(&mut file, &mut bytes)?;
            Ok(bytes)
        });
        if found.ok() != self.found {
            return Err(Error::overtaken(&path));
        }
        if let Some(serial) = &self.replaced {
            for name in [KEY, CERT_PEM, PAI] {
                let kept = format!("former-{serial}-{name}");
                match staging.rename_new(name, &staging, &kept) {
                    Err(error) if error.kind() != ErrorKind::NotFound => {
                        return Err(Error::write(&staging.path().join(kept))(error));
                    }
                    _ => {}
                }
            }
        }
        let key = self.key.to_pkcs8_pem().map_err(Error::encode)?;
        let certificate = self.certificate.to_pem();
        let key_path = staging.path().join(KEY);
        let outputs = [
            Output {
                path: &key_path,
                bytes: key.as_bytes(),
            },
            Output {
                path: &path,
                bytes: certificate.as_bytes(),
            },
        ];
        publish(&outputs, Replace::Yes).map_err(|error| {
            let path = error.path().to_owned();
            Error::write(&path)(error.into_source())
        })
    }
}

/// Reads the existing certificate, and returns whether its key exists. Another run writes the key first and the
/// certificate directly after it.
fn look(folder: &Path) -> (Option<Vec<u8>>, bool) {
    const TRIES: u32 = 20;
    const PAUSE: Duration = Duration::from_millis(10);
    for _ in 1..TRIES {
        let certificate = fs::read(folder.join(CERT_PEM)).ok();
        let has_key = folder.join(KEY).exists();
        if certificate.is_some() || !has_key {
            return (certificate, has_key);
        }
        thread::sleep(PAUSE);
    }
    (None, true)
}

fn issue(
    job: &Job,
    authority: &Authority,
    name: &str,
    key: &PrivateKey,
    validity: Validity,
    rng: &mut impl CryptoRng,
) -> Result<Certificate, AttestationError> {
    let issuer = Issuer::new(&authority.certificate, &authority.key)?;
    let (vendor, product) = job.dac_ids();
    let subject = PaiSubject::new(name, vendor)?.with_product_id(product);
    issuer.issue_pai(&subject, &key.public_key(), validity, SerialNumber::generate(rng))
}

/// Checks that it is a PAA, and not one of another vendor.
fn check_authority(job: &Job, authority: &Authority) -> Result<(), Error> {
    let certificate = &authority.certificate;
    if !certificate.is_ca()
        || certificate.subject_der() != certificate.issuer_der()
        || certificate.path_len() == Some(0)
    {
        return Err(Error::field(
            Field::Certificate,
            "is not a PAA, which is self-signed and signs PAIs",
        ));
    }
    certificate
        .verify_issued_by(certificate)
        .map_err(|error| Error::field(Field::Certificate, format_args!("is not a PAA: {error}")))?;
    if certificate.public_key() != authority.key.public_key() {
        let reason = message!["is not the private key of the certificate of ", Field::Certificate];
        return Err(Error::field(Field::Key, reason));
    }
    let (vendor, _) = job.dac_ids();
    match certificate.vendor_id().filter(|found| *found != vendor) {
        Some(found) => {
            let reason = format!(
                "the PAA is of vendor {found}, but the {} of vendor {vendor}",
                signer::whose(job)
            );
            Err(Error::field(Field::Certificate, reason))
        }
        None => Ok(()),
    }
}
