use der::Encode;
use p256::ecdsa::DerSignature;
use x509_cert::builder::profile::BuilderProfile;
use x509_cert::builder::{Builder, CertificateBuilder, Error as BuilderError};

use super::signer::CertificateSigner;
use crate::{Certificate, Error, PublicKey, SerialNumber, Validity};

/// Builds, signs and reads back a certificate.
pub(super) fn build<P, S>(
    profile: P,
    signer: &S,
    public_key: &PublicKey,
    validity: Validity,
    serial: SerialNumber,
) -> Result<Certificate, Error>
where
    P: BuilderProfile,
    S: CertificateSigner,
{
    let der = CertificateBuilder::new(profile, serial.to_x509()?, validity.to_x509(), public_key.to_spki()?)
        .and_then(|builder| builder.build::<_, DerSignature>(signer))
        .map_err(|error| match error {
            BuilderError::Signature(_) => Error::SigningFailed,
            _ => Error::EncodingFailed,
        })?
        .to_der()
        .map_err(|_| Error::EncodingFailed)?;
    if der.len() > Certificate::MAX_LEN {
        return Err(Error::CertificateTooLong { len: der.len() });
    }
    Certificate::from_der(&der)
}
