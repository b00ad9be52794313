use alloc::vec::Vec;

use matter_attestation::{CertificationDeclaration, SignedDeclaration};
use matter_types::{ProductId, VendorId};

use crate::Error;

/// The stored bytes of a Certification Declaration, which are known to be decodable.
///
/// # Examples
///
/// ```
/// use matter_factory_data::Declaration;
/// # use matter_factory_data::matter_attestation::{
/// #     CertificationDeclaration, CertificationType, TEST_CD_SIGNING_KEY_ID, test_cd_signing_key,
/// # };
/// # use matter_factory_data::matter_types::{ProductId, VendorId};
/// # let (vendor, product) = (VendorId::new(0xFFF1)?, ProductId::new(0x8000)?);
/// # let kind = CertificationType::DevelopmentAndTest;
/// # let declared = CertificationDeclaration::new(vendor, &[product], 0x0100, "CSA00000SWC00000-00", kind)?;
/// # let file = declared.sign(&test_cd_signing_key(), TEST_CD_SIGNING_KEY_ID)?;
///
/// let declaration = Declaration::decode(file)?;
/// assert!(declaration.content().covers(vendor, product));
/// assert!(declaration.has_test_signer());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Declaration {
    der: Vec<u8>,
    signed: SignedDeclaration,
}

impl Declaration {
    /// Accepts the DER of a signed declaration without verifying its signature.
    ///
    /// # Errors
    ///
    /// [`Error::Attestation`] when it cannot be decoded.
    pub fn decode(der: Vec<u8>) -> Result<Self, Error> {
        let signed = SignedDeclaration::decode(&der)?;
        Ok(Self { der, signed })
    }

    /// Returns the bytes.
    #[must_use]
    pub fn as_der(&self) -> &[u8] {
        &self.der
    }

    /// Returns the content.
    #[must_use]
    pub const fn content(&self) -> &CertificationDeclaration {
        self.signed.content()
    }

    /// Returns the vendor and product of the DACs of a product: its own, unless the declaration names an origin.
    #[must_use]
    pub fn dac_ids(&self, own: (VendorId, ProductId)) -> (VendorId, ProductId) {
        self.content()
            .dac_origin()
            .map_or(own, |origin| (origin.vendor_id, origin.product_id))
    }

    /// Returns whether it names the published test key as its signer, which no production commissioner accepts.
    #[must_use]
    pub fn has_test_signer(&self) -> bool {
        self.signed.has_test_signer()
    }
}
