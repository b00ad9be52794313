use matter_attestation::{
    Certificate, DacSubject, DacTemplate, DateTime, Error as AttestationError, Issuer, IssuerVerifier, PrivateKey,
    SerialNumber, Validity,
};
use matter_factory_data::AttestationCredentials;
use matter_signer::P256Signer;
use rand_core::CryptoRng;

use super::made_pai::MadePai;
use crate::attestation::Attestation;
use crate::job::Job;
use crate::message::message;
use crate::{Error, Field, TestPki};

/// Validity of the reference tool's certificates, in days.
const DEFAULT_LIFETIME: u32 = 36_500;

/// The signing PAI and the validity of its certificates.
#[derive(Debug)]
pub(super) struct Signer {
    pub(super) pai: IssuerVerifier,
    pub(super) key: P256Signer,
    pub(super) validity: Validity,
}

impl Signer {
    pub(super) fn new(pai: Certificate, key: impl Into<P256Signer>, validity: Validity) -> Self {
        let (pai, key) = (IssuerVerifier::new(pai), key.into());
        Self { pai, key, validity }
    }
}

/// The parts that the certificates of a batch share, encoded once.
pub(super) struct BatchSigner<'s> {
    signer: &'s Signer,
    template: DacTemplate<'s, P256Signer>,
}

impl<'s> BatchSigner<'s> {
    /// The common name is a placeholder: a UUID, as those of the devices.
    pub(super) fn new(signer: &'s Signer, job: &Job) -> Result<Self, Error> {
        let name = "00000000-0000-0000-0000-000000000000";
        let (vendor, product) = job.dac_ids();
        let subject = DacSubject::new(name, vendor, product).map_err(signing)?;
        let issuer = Issuer::new(signer.pai.issuer(), &signer.key).map_err(signing)?;
        let template = issuer.dac_template(&subject, signer.validity).map_err(signing)?;
        Ok(Self { signer, template })
    }

    /// Makes a key and its certificate with the device's UUID as the common name.
    ///
    /// The signature is verified once, by the credentials.
    pub(super) fn issue<R: CryptoRng + ?Sized>(
        &self,
        uuid: &str,
        rng: &mut R,
    ) -> Result<AttestationCredentials, Error> {
        let key = PrivateKey::generate(rng);
        let serial = SerialNumber::generate(rng);
        let der = self
            .template
            .issue_der(uuid, &key.public_key(), serial)
            .map_err(signing)?;
        let dac = Certificate::from_der(&der).map_err(signing)?;
        AttestationCredentials::issued(dac, key, &self.signer.pai).map_err(Error::encode)
    }
}

pub(super) fn signing(error: AttestationError) -> Error {
    match error {
        AttestationError::SigningFailed(_) => Error::signing(error),
        _ => Error::field(Field::Certificate, error),
    }
}

/// The signer, if any, and its origin.
#[derive(Default)]
pub(super) struct Opened {
    pub(super) test_pki: Option<TestPki>,
    pub(super) made_pai: Option<MadePai>,
    pub(super) signer: Option<Signer>,
}

/// Returns the key of the signing PAI, for the manifest.
pub(super) fn manifest_key(signer: Option<&Signer>) -> Result<P256Signer, Error> {
    let reason = "'pai' is the key of the run's PAI, which is not given; use the file of a key";
    let key = signer.map(|signer| signer.key.clone());
    key.ok_or_else(|| Error::field(Field::ManifestSigner, reason))
}

/// Opens the signer; for a test run also makes the declaration.
pub(super) fn open_signer(job: &mut Job, time: DateTime, rng: &mut impl CryptoRng) -> Result<Opened, Error> {
    let opened = find_signer(job, time, rng)?;
    if let Some(signer) = &opened.signer {
        check_end(job, signer.validity.not_after(), time)?;
    }
    Ok(opened)
}

/// Refuses certificates that have expired before they are made.
fn check_end(job: &Job, end: DateTime, now: DateTime) -> Result<(), Error> {
    if end > now {
        return Ok(());
    }
    let field = match (job.lifetime_days, job.valid_from) {
        (Some(_), _) => Field::Lifetime,
        (None, Some(_)) => Field::ValidFrom,
        // The issuer ends first, and the certificates with it.
        (None, None) => Field::Certificate,
    };
    let reason = format!("the certificates would end at {end}, which is not after {now}, the time of the run");
    Err(Error::field(field, reason))
}

fn find_signer(job: &mut Job, time: DateTime, rng: &mut impl CryptoRng) -> Result<Opened, Error> {
    let start = job.valid_from.unwrap_or(time);
    match &job.attestation {
        Attestation::None | Attestation::Supplied { .. } => {
            let given = [
                (Field::Lifetime, job.lifetime_days.is_some()),
                (Field::ValidFrom, job.valid_from.is_some()),
            ];
            match given.iter().find(|(_, given)| *given) {
                Some((field, _)) => Err(Error::field(
                    *field,
                    "applies to new certificates, but no signer is given",
                )),
                None => Ok(Opened::default()),
            }
        }
        Attestation::Paa {
            authority,
            common_name_prefix,
        } => {
            let made = MadePai::open_or_make(job, authority, common_name_prefix, start, rng)?;
            let validity = validity(job, &made.certificate, start)?;
            let signer = Signer::new(made.certificate.clone(), made.key.clone(), validity);
            check_pai(job, &signer, (Field::Paa, Field::Paa))?;
            Ok(Opened {
                made_pai: Some(made),
                signer: Some(signer),
                ..Opened::default()
            })
        }
        Attestation::Pai(given) => {
            let validity = validity(job, &given.certificate, start)?;
            let signer = Signer::new(given.certificate.clone(), given.key.clone(), validity);
            check_pai(job, &signer, (Field::Certificate, Field::Key))?;
            Ok(Opened {
                signer: Some(signer),
                ..Opened::default()
            })
        }
        Attestation::TestPki { common_name_prefix } => {
            if job.declaration.is_some() {
                return Err(Error::field(
                    Field::TestPki,
                    message![
                        "makes its own declaration; it cannot be used with ",
                        Field::Declaration,
                        ""
                    ],
                ));
            }
            let earlier = start.min(time);
            let (vendor, product) = (job.vendor_id, job.product_id);
            let pki = TestPki::open_or_make(&job.outdir, vendor, product, common_name_prefix, earlier, rng)?;
            job.declaration = Some(pki.declaration().clone());
            let (pai, key) = pki.pai();
            let signer = Signer::new(pai.clone(), key.clone(), validity(job, pai, start)?);
            check_pai(job, &signer, (Field::TestPki, Field::TestPki))?;
            Ok(Opened {
                test_pki: Some(pki),
                signer: Some(signer),
                ..Opened::default()
            })
        }
    }
}

fn check_pai(job: &Job, signer: &Signer, (cert, key): (Field, Field)) -> Result<(), Error> {
    Issuer::new(signer.pai.issuer(), &signer.key).map_err(|error| match error {
        AttestationError::KeyMismatch => {
            Error::field(key, message!["is not the private key of the certificate of ", cert])
        }
        _ => Error::field(cert, error),
    })?;
    check_pai_certificate(job, signer.pai.issuer(), cert)
}

/// Checks that it is a PAI of the vendor, and of the product or of all products.
pub(super) fn check_pai_certificate(job: &Job, pai: &Certificate, cert: Field) -> Result<(), Error> {
    let (vendor, product) = job.dac_ids();
    let found = pai.vendor_id();
    if found != Some(vendor) {
        let found = found.map_or("no vendor".to_owned(), |id| format!("vendor {id}"));
        let reason = format!("the PAI is for {found}, but the {} of vendor {vendor}", whose(job));
        return Err(Error::field(cert, reason));
    }
    if let Some(found) = pai.product_id().filter(|found| *found != product) {
        let reason = format!(
            "the PAI is for product {found}, but the {} of product {product}",
            whose(job)
        );
        return Err(Error::field(cert, reason));
    }
    if pai.path_len() != Some(0) {
        return Err(Error::field(cert, "is not a PAI: the path length of a PAI is 0"));
    }
    Ok(())
}

/// Returns the subject that determines vendor and product of a certificate.
pub(crate) fn whose(job: &Job) -> &'static str {
    if job.dac_ids() == (job.vendor_id, job.product_id) {
        "devices are"
    } else {
        "declaration names certificates"
    }
}

/// Returns the validity of the devices' certificates, within the issuer's.
pub(super) fn validity(job: &Job, issuer: &Certificate, start: DateTime) -> Result<Validity, Error> {
    let (first, last) = (issuer.not_before(), issuer.not_after());
    if start < first || start > last {
        let reason = format!("{start} is not in the validity of its issuer, {first} to {last}");
        return Err(Error::field(Field::ValidFrom, reason));
    }
    let Some(days) = job.lifetime_days else {
        let end = Validity::from_days(start, DEFAULT_LIFETIME).map_or(last, |period| period.not_after().min(last));
        return Validity::new(start, end).map_err(|error| Error::field(Field::ValidFrom, error));
    };
    if days == 0 {
        return Err(Error::field(Field::Lifetime, "0 is not a positive number of days"));
    }
    let period = Validity::from_days(start, days).map_err(|error| Error::field(Field::Lifetime, error))?;
    if period.not_after() > last {
        let reason = format!("{days} days from {start} end after its issuer, which ends at {last}");
        return Err(Error::field(Field::Lifetime, reason));
    }
    Ok(period)
}
