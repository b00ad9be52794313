use matter_attestation::{DacSubject, DacTemplate, Error as AttestationError, Issuer, PrivateKey, SerialNumber};
use matter_factory_data::AttestationCredentials;
use rand_core::CryptoRng;

use super::signer::Signer;
use crate::job::Job;
use crate::{Error, Field};

/// What the certificates of a batch have in common, encoded once.
pub(super) struct BatchSigner<'s> {
    signer: &'s Signer,
    template: DacTemplate<'s, PrivateKey>,
}

impl<'s> BatchSigner<'s> {
    /// The common name is a stand-in: a UUID, as those of the devices.
    pub(super) fn new(signer: &'s Signer, job: &Job) -> Result<Self, Error> {
        let name = "00000000-0000-0000-0000-000000000000";
        let subject = DacSubject::new(name, job.vendor_id, job.product_id).map_err(signing)?;
        let issuer = Issuer::new(signer.pai.issuer(), &signer.key).map_err(signing)?;
        let template = issuer.dac_template(&subject, signer.validity).map_err(signing)?;
        Ok(Self { signer, template })
    }

    /// Makes a key and its certificate, whose common name is the device's UUID.
    ///
    /// The credentials verify the signature, once.
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
        let dac = matter_attestation::Certificate::from_der(&der).map_err(signing)?;
        AttestationCredentials::issued(dac, key, &self.signer.pai).map_err(Error::encode)
    }
}

fn signing(error: AttestationError) -> Error {
    Error::field(Field::Certificate, error)
}
