use core::fmt;

#[cfg(feature = "aws-lc-rs")]
pub(crate) use crate::aws_lc::KeyTable;
#[cfg(not(feature = "aws-lc-rs"))]
pub(crate) use crate::key_table::KeyTable;
use crate::{Certificate, Error};

/// A certificate whose key verifies many others, such as those of a batch of devices.
///
/// After five verifications it builds a table of the key's multiples (99 KiB; without the feature `std` immediately),
/// which takes as long as these; from then on, a verification takes a third of the time of
/// [`Certificate::verify_issued_by`]. With the feature `aws-lc-rs`, AWS-LC verifies without a table.
///
/// # Examples
///
/// ```
/// # use matter_attestation::{
/// #     DacSubject, DateTime, Issuer, PaaSubject, PaiSubject, PrivateKey, SerialNumber, Validity, issue_paa,
/// # };
/// # use matter_attestation::matter_types::{ProductId, VendorId};
/// use matter_attestation::IssuerVerifier;
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let key = PrivateKey::from_scalar(&[1; 32])?;
/// # let validity = Validity::without_expiry(DateTime::new(2026, 1, 1, 0, 0, 0)?);
/// # let serial = SerialNumber::new(&[1])?;
/// # let (vendor, product) = (VendorId::new(0xFFF1)?, ProductId::new(0x8000)?);
/// # let paa = issue_paa(&key, &PaaSubject::new("PAA")?, validity, serial)?;
/// # let subject = PaiSubject::new("PAI", vendor)?;
/// # let pai = Issuer::new(&paa, &key)?.issue_pai(&subject, &key.public_key(), validity, serial)?;
/// # let subject = DacSubject::new("DAC", vendor, product)?;
/// # let dac = Issuer::new(&pai, &key)?.issue_dac(&subject, &key.public_key(), validity, serial)?;
/// # let dacs = [dac];
///
/// let verifier = IssuerVerifier::new(pai);
/// for dac in &dacs {
///     verifier.verify(dac)?;
/// }
/// # Ok(())
/// # }
/// ```
pub struct IssuerVerifier {
    issuer: Certificate,
    key: KeyTable,
}

impl IssuerVerifier {
    /// Creates a verifier from the issuer's certificate.
    #[must_use]
    pub fn new(issuer: Certificate) -> Self {
        let key = KeyTable::new(&issuer.public_key());
        Self { issuer, key }
    }

    /// Returns the issuer.
    #[must_use]
    pub const fn issuer(&self) -> &Certificate {
        &self.issuer
    }

    /// Verifies that the issuer issued a certificate, see [`Certificate::verify_issued_by`].
    ///
    /// # Errors
    ///
    /// Those of [`Certificate::verify_issued_by`].
    pub fn verify(&self, certificate: &Certificate) -> Result<(), Error> {
        certificate.check_names(&self.issuer)?;
        let (signed, signature) = certificate.signed();
        self.key.verify_der(signed, signature)
    }
}

impl fmt::Debug for IssuerVerifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("IssuerVerifier")
            .field("issuer", &self.issuer)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use matter_types::VendorId;

    use super::*;
    use crate::{DateTime, Issuer, PaaSubject, PaiSubject, PrivateKey, SerialNumber, Validity, issue_paa};

    fn paa(key: &PrivateKey, name: &str) -> Certificate {
        let validity = Validity::without_expiry(DateTime::new(2026, 1, 1, 0, 0, 0).unwrap());
        let serial = SerialNumber::new(&[1]).unwrap();
        issue_paa(key, &PaaSubject::new(name).unwrap(), validity, serial).unwrap()
    }

    fn pai(paa: &Certificate, signer: &PrivateKey) -> Certificate {
        let subject = PaiSubject::new("PAI", VendorId::new(0xFFF1).unwrap()).unwrap();
        let validity = Validity::without_expiry(DateTime::new(2026, 1, 1, 0, 0, 0).unwrap());
        let serial = SerialNumber::new(&[2]).unwrap();
        let issuer = Issuer::new(paa, signer).unwrap();
        issuer
            .issue_pai(&subject, &signer.public_key(), validity, serial)
            .unwrap()
    }

    #[test]
    fn matches_certificate_verification() {
        let [first, second] = [[1; 32], [2; 32]].map(|scalar| PrivateKey::from_scalar(&scalar).unwrap());
        let issuers = [paa(&first, "A"), paa(&second, "A"), paa(&first, "B"), paa(&second, "B")];
        let mut accepted = 0;
        for issuer in &issuers {
            let verifier = IssuerVerifier::new(issuer.clone());
            for (signer, key) in issuers.iter().zip([&first, &second, &first, &second]) {
                let child = pai(signer, key);
                let expected = child.verify_issued_by(issuer);
                assert_eq!(verifier.verify(&child), expected);
                accepted += u32::from(expected.is_ok());
            }
        }
        assert_eq!(accepted, 4);
    }
}
