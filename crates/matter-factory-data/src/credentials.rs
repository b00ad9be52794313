use matter_attestation::{Certificate, Error as AttestationError, PrivateKey};

use crate::Error;

/// What a device proves its origin with: its certificate (DAC), the key of that, and the intermediate (PAI) that
/// signed it. The three belong together.
///
/// The key may be elsewhere, in an eFuse or derived on the chip; then it is not here.
#[derive(Clone, Debug)]
pub struct AttestationCredentials {
    dac: Certificate,
    key: Option<PrivateKey>,
    pai: Certificate,
}

impl AttestationCredentials {
    /// Accepts credentials that fit together.
    ///
    /// # Errors
    ///
    /// [`Error::Attestation`] when the key is not the DAC's, or the PAI did not sign the DAC.
    pub fn new(dac: Certificate, key: PrivateKey, pai: Certificate) -> Result<Self, Error> {
        if dac.public_key() != &key.public_key() {
            return Err(AttestationError::KeyMismatch.into());
        }
        let key = Some(key);
        Ok(Self {
            key,
            ..Self::without_key(dac, pai)?
        })
    }

    /// Accepts credentials whose private key is elsewhere.
    ///
    /// # Errors
    ///
    /// [`Error::Attestation`] when the PAI did not sign the DAC.
    pub fn without_key(dac: Certificate, pai: Certificate) -> Result<Self, Error> {
        dac.verify_issued_by(&pai)?;
        let key = None;
        Ok(Self { dac, key, pai })
    }

    /// Returns the device's certificate.
    #[must_use]
    pub const fn dac(&self) -> &Certificate {
        &self.dac
    }

    /// Returns the device's key, unless it is elsewhere.
    #[must_use]
    pub const fn key(&self) -> Option<&PrivateKey> {
        self.key.as_ref()
    }

    /// Returns the intermediate's certificate.
    #[must_use]
    pub const fn pai(&self) -> &Certificate {
        &self.pai
    }
}
