use matter_attestation::{Certificate, Error as AttestationError, IssuerVerifier, PrivateKey};

use crate::Error;

/// The attestation credentials of a device: its certificate (DAC), the certificate's private key, and the intermediate
/// (PAI) that signed it. The three match.
///
/// The key is absent if it is elsewhere: in an eFuse or derived on the chip.
///
/// # Examples
///
/// ```
/// use matter_factory_data::AttestationCredentials;
/// use matter_factory_data::matter_attestation::{Certificate, PrivateKey};
/// # use matter_factory_data::matter_attestation::{
/// #     DacSubject, DateTime, Issuer, PaaSubject, PaiSubject, SerialNumber, Validity, issue_paa,
/// # };
/// # use matter_factory_data::matter_types::{ProductId, VendorId};
/// # let [paa_key, pai_key, key] = [[1; 32], [2; 32], [3; 32]].map(|scalar| PrivateKey::from_scalar(&scalar).expect("in range"));
/// # let validity = Validity::without_expiry(DateTime::new(2026, 1, 1, 0, 0, 0)?);
/// # let (vendor, product) = (VendorId::new(0xFFF1)?, ProductId::new(0x8000)?);
/// # let paa = issue_paa(&paa_key, &PaaSubject::new("PAA")?, validity, SerialNumber::new(&[1])?)?;
/// # let subject = PaiSubject::new("PAI", vendor)?;
/// # let pai = Issuer::new(&paa, &paa_key)?.issue_pai(&subject, &pai_key.public_key(), validity, SerialNumber::new(&[2])?)?;
/// # let subject = DacSubject::new("DAC", vendor, product)?;
/// # let dac = Issuer::new(&pai, &pai_key)?.issue_dac(&subject, &key.public_key(), validity, SerialNumber::new(&[3])?)?;
/// # let (dac_pem, pai_pem, key_pem) = (dac.to_pem(), pai.to_pem(), key.to_pkcs8_pem()?);
///
/// // The content of three files.
/// let (dac, pai) = (Certificate::from_pem(&dac_pem)?, Certificate::from_pem(&pai_pem)?);
/// let credentials = AttestationCredentials::new(dac.clone(), PrivateKey::decode(key_pem.as_bytes())?, pai.clone())?;
/// assert!(credentials.key().is_some());
/// assert!(AttestationCredentials::new(dac, PrivateKey::from_scalar(&[4; 32])?, pai).is_err(), "another device's key");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct AttestationCredentials {
    dac: Certificate,
    key: Option<PrivateKey>,
    pai: Certificate,
}

impl AttestationCredentials {
    /// Accepts credentials that match.
    ///
    /// # Errors
    ///
    /// [`Error::Attestation`] when the key is not the DAC's, or the PAI did not sign the DAC.
    pub fn new(dac: Certificate, key: PrivateKey, pai: Certificate) -> Result<Self, Error> {
        check_key(&dac, &key)?;
        let key = Some(key);
        Ok(Self {
            key,
            ..Self::without_key(dac, pai)?
        })
    }

    /// Accepts credentials with a private key that is elsewhere.
    ///
    /// # Errors
    ///
    /// [`Error::Attestation`] when the PAI did not sign the DAC.
    pub fn without_key(dac: Certificate, pai: Certificate) -> Result<Self, Error> {
        dac.verify_issued_by(&pai)?;
        let key = None;
        Ok(Self { dac, key, pai })
    }

    /// Accepts credentials issued by a PAI that signed those of many devices.
    ///
    /// # Errors
    ///
    /// The errors of [`AttestationCredentials::new`].
    pub fn issued(dac: Certificate, key: PrivateKey, pai: &IssuerVerifier) -> Result<Self, Error> {
        check_key(&dac, &key)?;
        pai.verify(&dac)?;
        Ok(Self {
            dac,
            key: Some(key),
            pai: pai.issuer().clone(),
        })
    }

    /// Accepts decoded credentials, without verifying the signature again if they equal the known ones.
    pub(crate) fn read(
        dac: Certificate,
        key: Option<PrivateKey>,
        pai: Certificate,
        known: Option<&Self>,
    ) -> Result<Self, Error> {
        if let Some(key) = &key {
            check_key(&dac, key)?;
        }
        if known.is_none_or(|known| known.dac != dac || known.pai != pai) {
            dac.verify_issued_by(&pai)?;
        }
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

fn check_key(dac: &Certificate, key: &PrivateKey) -> Result<(), Error> {
    if dac.public_key() == key.public_key() {
        Ok(())
    } else {
        Err(AttestationError::KeyMismatch.into())
    }
}
