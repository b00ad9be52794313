use alloc::vec::Vec;

use der::DateTime;
use matter_types::{ProductId, VendorId};

use super::{DacSubject, Issuer, PaaSubject, PaiSubject, issue_paa};
use crate::{
    Certificate, CertificationDeclaration, CertificationType, Error, PrivateKey, PublicKey, SerialNumber,
    TEST_CD_SIGNING_KEY_ID, Validity, test_cd_signing_key,
};

/// On/Off Light, and the form of certificate ids in test declarations; no commissioner checks either.
const DEVICE_TYPE: u32 = 0x0100;
const CERTIFICATE_ID: &str = "CSA00000SWC00000-00";

/// A PKI for tests of one product: PAA, PAI, their keys, and a Certification Declaration signed with the published test key.
///
/// Commissioners accept its devices only when they trust test devices.
///
/// # Examples
///
/// ```
/// use matter_attestation::rand_core::UnwrapErr;
/// use matter_attestation::{DateTime, PrivateKey, TestChain};
/// use matter_attestation::matter_types::{ProductId, VendorId};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let rng = &mut UnwrapErr(getrandom::SysRng);
/// let now = DateTime::new(2026, 1, 1, 0, 0, 0)?;
/// let chain = TestChain::generate(VendorId::new(0xFFF1)?, ProductId::new(0x8000)?, "Test PAI", now, rng)?;
/// let key = PrivateKey::generate(rng);
/// let dac = chain.issue_dac("Device 0001", &key.public_key(), rng)?;
/// dac.verify_issued_by(&chain.pai)?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct TestChain {
    /// Certificate of the PAA, with the vendor id.
    pub paa: Certificate,
    /// Private key of the PAA.
    pub paa_key: PrivateKey,
    /// Certificate of the PAI, with vendor id and product id.
    pub pai: Certificate,
    /// Private key of the PAI.
    pub pai_key: PrivateKey,
    /// Certification Declaration in its CMS envelope.
    pub declaration: Vec<u8>,
    vendor_id: VendorId,
    product_id: ProductId,
}

impl TestChain {
    /// Draws the keys and issues both certificates, which do not expire, and the declaration. `pai_name` is the common name of
    /// the PAI.
    ///
    /// # Errors
    ///
    /// Those of [`PaiSubject::new`] and [`Issuer::issue_pai`].
    pub fn generate<R: rand_core::CryptoRng + ?Sized>(
        vendor_id: VendorId,
        product_id: ProductId,
        pai_name: &str,
        not_before: DateTime,
        rng: &mut R,
    ) -> Result<Self, Error> {
        let validity = Validity::without_expiry(not_before);
        let paa_key = PrivateKey::generate(rng);
        let subject = PaaSubject::new("Throw-away Test PAA")?.with_vendor_id(vendor_id);
        let paa = issue_paa(&paa_key, &subject, validity, SerialNumber::generate(rng))?;
        let pai_key = PrivateKey::generate(rng);
        let subject = PaiSubject::new(pai_name, vendor_id)?.with_product_id(product_id);
        let issuer = Issuer::new(&paa, &paa_key)?;
        let pai = issuer.issue_pai(&subject, &pai_key.public_key(), validity, SerialNumber::generate(rng))?;
        let kind = CertificationType::DevelopmentAndTest;
        let content = CertificationDeclaration::new(vendor_id, &[product_id], DEVICE_TYPE, CERTIFICATE_ID, kind)?;
        let declaration = content.sign(&test_cd_signing_key(), TEST_CD_SIGNING_KEY_ID)?;
        Ok(Self {
            paa,
            paa_key,
            pai,
            pai_key,
            declaration,
            vendor_id,
            product_id,
        })
    }

    /// Issues the DAC of a device, valid as long as the PAI.
    ///
    /// # Errors
    ///
    /// Those of [`DacSubject::new`] and [`Issuer::issue_dac`].
    pub fn issue_dac<R: rand_core::CryptoRng + ?Sized>(
        &self,
        common_name: &str,
        public_key: &PublicKey,
        rng: &mut R,
    ) -> Result<Certificate, Error> {
        let subject = DacSubject::new(common_name, self.vendor_id, self.product_id)?;
        let serial = SerialNumber::generate(rng);
        Issuer::new(&self.pai, &self.pai_key)?.issue_dac(&subject, public_key, self.pai.validity(), serial)
    }
}
