use matter_attestation::{CertificateRequest, CsrFault, Error, PublicKey};

use crate::{DeviceId, KeyHash, Refusal, known_keys};

/// A device's wish for a DAC, whose PKCS#10 request has passed all checks that need no ledger.
///
/// Vendor and product id are not in it: they are the order's. What the PKCS#10 request says of them, or of any subject,
/// extension or attribute, is not looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Request {
    /// The order that the device belongs to.
    pub order: String,
    /// The device.
    pub device: DeviceId,
    /// The key that the device has made.
    pub public_key: PublicKey,
    /// The station, or the service, that talks to the device.
    pub station: String,
    /// Why a device that has a DAC is given another one for another key: the operator's words.
    pub new_key: Option<String>,
}

impl Request {
    /// The most bytes of a PKCS#10 request.
    pub const MAX_LEN: usize = 1024;

    /// Reads a PKCS#10 request (RFC 2986) in DER and checks it.
    ///
    /// It has at most 1024 bytes and nothing after its end; version 0; an uncompressed P-256 point on the curve;
    /// ecdsa-with-SHA256 and a signature with the key inside. A key whose private half is published is refused.
    ///
    /// # Errors
    ///
    /// [`Refusal::CsrTooLong`], [`Refusal::Csr`] with what is wrong, [`Refusal::KeyPublished`].
    pub fn from_csr(order: &str, device: DeviceId, station: &str, pkcs10: &[u8]) -> Result<Self, Refusal> {
        if pkcs10.len() > Self::MAX_LEN {
            return Err(Refusal::CsrTooLong { len: pkcs10.len() });
        }
        let request = CertificateRequest::from_der(pkcs10).map_err(|error| match error {
            Error::Csr { fault, .. } => Refusal::Csr(fault),
            _ => Refusal::Csr(CsrFault::Form),
        })?;
        let public_key = request.public_key();
        if known_keys::is_known(&public_key) {
            return Err(Refusal::KeyPublished);
        }
        Ok(Self {
            order: order.to_owned(),
            device,
            public_key,
            station: station.to_owned(),
            new_key: None,
        })
    }

    /// Allows another key for a device that has a DAC, which is retired; the reason goes into the log.
    ///
    /// # Errors
    ///
    /// [`Refusal::ReasonMalformed`] unless the reason has 1 to 200 characters and no control characters.
    pub fn with_new_key(mut self, reason: &str) -> Result<Self, Refusal> {
        let is_fit = (1..=200).contains(&reason.trim().chars().count()) && !reason.chars().any(char::is_control);
        if !is_fit {
            return Err(Refusal::ReasonMalformed);
        }
        self.new_key = Some(reason.trim().to_owned());
        Ok(self)
    }

    /// Returns the hash by which the key is known in ledger and log.
    #[must_use]
    pub fn key(&self) -> KeyHash {
        KeyHash::of(&self.public_key)
    }
}
