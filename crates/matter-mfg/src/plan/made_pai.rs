use std::fs;
use std::path::{Path, PathBuf};

use matter_attestation::{
    Certificate, DateTime, Error as AttestationError, Issuer, PaiSubject, PrivateKey, SerialNumber, Validity,
};
use rand_core::CryptoRng;

use super::signer;
use crate::folder::{DraftFile, create_private};
use crate::hex::hex;
use crate::job::{Authority, Job};
use crate::test_pki::check_prefix;
use crate::{Error, inputs};

const CERT_PEM: &str = "pai_cert.pem";
const CERT_DER: &str = "pai_cert.der";
const KEY: &str = "pai_key.pem";

/// The PAI of a run with `--paa`: that of an earlier run with the same output folder when it fits, or a new one.
#[derive(Clone, Debug)]
pub(crate) struct MadePai {
    folder: PathBuf,
    pub(super) certificate: Certificate,
    pub(super) key: PrivateKey,
    /// Whether it is to be written.
    new: bool,
    /// The certificate that was there, in PEM, whether it fits or not.
    found: Option<Vec<u8>>,
    /// The serial number of one that was there and does not fit.
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
        let folder = job.top().join("staging");
        let found = fs::read(folder.join(CERT_PEM)).ok();
        let mut replaced = None;
        if folder.join(CERT_PEM).exists() && folder.join(KEY).exists() {
            let certificate = inputs::read_certificate("--paa", &folder.join(CERT_PEM))?;
            let key = inputs::read_private_key("--paa", &folder.join(KEY), None)?;
            let fits = certificate.verify_issued_by(&authority.certificate).is_ok()
                && key.public_key() == *certificate.public_key()
                && certificate.common_name() == Some(&name)
                && certificate.vendor_id() == Some(job.vendor_id)
                && certificate.product_id() == Some(job.product_id)
                && certificate.path_len() == Some(0)
                && signer::validity(job, &certificate, start).is_ok();
            if fits {
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
            AttestationError::KeyMismatch => {
                Error::option("--key", "is not the private key of the certificate of --cert")
            }
            _ => Error::option("--cert", error),
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

    /// Tells whether it was there before the run.
    pub(crate) const fn is_reused(&self) -> bool {
        !self.new
    }

    /// Writes the PAI, unless it was read. One that is replaced stays beside it: certificates that it has signed may be
    /// in devices. The caller keeps other runs from doing the same.
    pub(crate) fn publish(&self) -> Result<(), Error> {
        if !self.new {
            return Ok(());
        }
        let path = self.folder.join(CERT_PEM);
        if fs::read(&path).ok() != self.found {
            return Err(Error::exists(&path, "another run has made it in the meantime"));
        }
        create_private(&self.folder)?;
        if let Some(serial) = &self.replaced {
            for name in [KEY, CERT_PEM, CERT_DER] {
                let old = self.folder.join(name);
                if old.exists() {
                    let kept = self.folder.join(format!("former-{serial}-{name}"));
                    fs::rename(&old, &kept).map_err(Error::write(&kept))?;
                }
            }
        }
        let key = self.key.to_pkcs8_pem().map_err(Error::encode)?;
        // The certificate last: without it, the key is nothing that a later run finds.
        write(&self.folder, KEY, key.as_bytes())?;
        write(&self.folder, CERT_PEM, self.certificate.to_pem().as_bytes())
    }
}

fn write(folder: &Path, name: &str, bytes: &[u8]) -> Result<(), Error> {
    let mut file = DraftFile::new(folder, name)?;
    file.write(bytes)?;
    file.publish().map(|_| ())
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
    let subject = PaiSubject::new(name, job.vendor_id)?.with_product_id(job.product_id);
    issuer.issue_pai(&subject, &key.public_key(), validity, SerialNumber::generate(rng))
}

/// That it is a PAA, and not one of another vendor.
fn check_authority(job: &Job, authority: &Authority) -> Result<(), Error> {
    let certificate = &authority.certificate;
    if !certificate.is_ca()
        || certificate.subject_der() != certificate.issuer_der()
        || certificate.path_len() == Some(0)
    {
        return Err(Error::option("--cert", "is not a PAA, which signs itself and PAIs"));
    }
    certificate
        .verify_issued_by(certificate)
        .map_err(|error| Error::option("--cert", format_args!("is not a PAA: {error}")))?;
    if certificate.public_key() != &authority.key.public_key() {
        let reason = "is not the private key of the certificate of --cert";
        return Err(Error::option("--key", reason));
    }
    match certificate.vendor_id().filter(|found| *found != job.vendor_id) {
        Some(found) => {
            let reason = format!(
                "the PAA is of vendor {found}, and the devices are of vendor {}",
                job.vendor_id
            );
            Err(Error::option("--cert", reason))
        }
        None => Ok(()),
    }
}
