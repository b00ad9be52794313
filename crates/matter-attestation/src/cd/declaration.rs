use alloc::string::String;
use alloc::vec::Vec;

use matter_types::{ProductId, VendorId};

use crate::{Error, KeyId};

/// What a Certification Declaration says (Matter Core Specification 6.3.1): these products of this vendor are certified.
///
/// # Examples
///
/// ```
/// use matter_attestation::{
///     CertificationDeclaration, CertificationType, SignedDeclaration, TEST_CD_SIGNING_KEY_ID, test_cd_signing_key,
/// };
/// use matter_types::{ProductId, VendorId};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let (vendor_id, product_id) = (VendorId::new(0xFFF1)?, ProductId::new(0x8000)?);
/// let declaration = CertificationDeclaration::new(
///     vendor_id,
///     &[product_id],
///     0x0100,
///     "CSA00000SWC00000-00",
///     CertificationType::DevelopmentAndTest,
/// )?;
/// let key = test_cd_signing_key();
/// let cms = declaration.sign(&key, TEST_CD_SIGNING_KEY_ID)?;
///
/// let signed = SignedDeclaration::decode(&cms)?;
/// signed.verify(&key.public_key())?;
/// assert!(signed.content().covers(vendor_id, product_id));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificationDeclaration {
    pub(super) vendor_id: VendorId,
    pub(super) product_ids: Vec<ProductId>,
    pub(super) device_type_id: u32,
    pub(super) certificate_id: String,
    pub(super) security_level: u8,
    pub(super) security_information: u16,
    pub(super) version_number: u16,
    pub(super) certification_type: CertificationType,
    pub(super) dac_origin: Option<DacOrigin>,
    pub(super) authorized_paas: Option<Vec<KeyId>>,
}

impl CertificationDeclaration {
    /// The version of the format that this crate reads and writes.
    pub const FORMAT_VERSION: u16 = 1;
    /// The most product ids in one declaration; the fewest are 1.
    pub const MAX_PRODUCT_IDS: usize = 100;
    /// The most authorized PAAs in one declaration; the fewest are 1.
    pub const MAX_AUTHORIZED_PAAS: usize = 10;
    /// The exact length of the certificate id in octets.
    pub const CERTIFICATE_ID_LEN: usize = 19;

    /// Declares some products of one vendor, with security level and information 0 and version number 1.
    ///
    /// `device_type_id` is the primary device type; `certificate_id` looks like `CSA00000SWC00000-00`.
    ///
    /// # Errors
    ///
    /// [`Error::CdProductIdCount`] outside of 1..=100 products, [`Error::CdCertificateIdLength`] unless the certificate
    /// id has 19 octets.
    pub fn new(
        vendor_id: VendorId,
        product_ids: &[ProductId],
        device_type_id: u32,
        certificate_id: &str,
        certification_type: CertificationType,
    ) -> Result<Self, Error> {
        let count = product_ids.len();
        if count == 0 || count > Self::MAX_PRODUCT_IDS {
            return Err(Error::CdProductIdCount { count });
        }
        let len = certificate_id.len();
        if len != Self::CERTIFICATE_ID_LEN {
            return Err(Error::CdCertificateIdLength { len });
        }
        Ok(Self {
            vendor_id,
            product_ids: product_ids.into(),
            device_type_id,
            certificate_id: certificate_id.into(),
            security_level: 0,
            security_information: 0,
            version_number: 1,
            certification_type,
            dac_origin: None,
            authorized_paas: None,
        })
    }

    /// Sets the version number, which the CSA assigns and no device checks; 0 cannot be signed.
    #[must_use]
    pub const fn with_version_number(mut self, version_number: u16) -> Self {
        self.version_number = version_number;
        self
    }

    /// Sets the ids in the DACs, where they are not those of the product.
    #[must_use]
    pub const fn with_dac_origin(mut self, dac_origin: DacOrigin) -> Self {
        self.dac_origin = Some(dac_origin);
        self
    }

    /// Restricts the PAAs that may stand above the devices, given by subject key identifier.
    ///
    /// # Errors
    ///
    /// [`Error::CdAuthorizedPaaCount`] outside of 1..=10.
    pub fn with_authorized_paas(mut self, authorized_paas: &[KeyId]) -> Result<Self, Error> {
        let count = authorized_paas.len();
        if count == 0 || count > Self::MAX_AUTHORIZED_PAAS {
            return Err(Error::CdAuthorizedPaaCount { count });
        }
        self.authorized_paas = Some(authorized_paas.into());
        Ok(self)
    }

    /// Returns the vendor id, the one in Basic Information.
    #[must_use]
    pub const fn vendor_id(&self) -> VendorId {
        self.vendor_id
    }

    /// Returns the product ids, 1..=100 of them.
    #[must_use]
    pub fn product_ids(&self) -> &[ProductId] {
        &self.product_ids
    }

    /// Returns the primary device type.
    #[must_use]
    pub const fn device_type_id(&self) -> u32 {
        self.device_type_id
    }

    /// Returns the certificate id, 19 octets.
    #[must_use]
    pub fn certificate_id(&self) -> &str {
        &self.certificate_id
    }

    /// Returns the security level: reserved, 0 in all that is issued.
    #[must_use]
    pub const fn security_level(&self) -> u8 {
        self.security_level
    }

    /// Returns the security information: reserved, 0 in all that is issued.
    #[must_use]
    pub const fn security_information(&self) -> u16 {
        self.security_information
    }

    /// Returns the version number.
    #[must_use]
    pub const fn version_number(&self) -> u16 {
        self.version_number
    }

    /// Returns the certification type.
    #[must_use]
    pub const fn certification_type(&self) -> CertificationType {
        self.certification_type
    }

    /// Returns the ids in the DACs, where they are not those of the product.
    #[must_use]
    pub const fn dac_origin(&self) -> Option<DacOrigin> {
        self.dac_origin
    }

    /// Returns the subject key identifiers of the PAAs that may stand above the devices, or `None` for all.
    #[must_use]
    pub fn authorized_paas(&self) -> Option<&[KeyId]> {
        self.authorized_paas.as_deref()
    }

    /// Tells whether this is about the product that calls itself by these ids in Basic Information (Matter Core
    /// Specification 6.2.3.1).
    #[must_use]
    pub fn covers(&self, vendor_id: VendorId, product_id: ProductId) -> bool {
        self.vendor_id == vendor_id && self.product_ids.contains(&product_id)
    }
}

/// What a Certification Declaration is good for (Matter Core Specification 6.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CertificationType {
    /// 0: for development and test; no product carries it.
    DevelopmentAndTest,
    /// 1: for a product whose certification is under way.
    Provisional,
    /// 2: for a certified product.
    Official,
}

impl CertificationType {
    /// Accepts the number in the encoding.
    ///
    /// # Errors
    ///
    /// [`Error::CdCertificationType`] above 2.
    pub const fn new(raw: u64) -> Result<Self, Error> {
        match raw {
            0 => Ok(Self::DevelopmentAndTest),
            1 => Ok(Self::Provisional),
            2 => Ok(Self::Official),
            value => Err(Error::CdCertificationType { value }),
        }
    }

    /// Returns the number in the encoding.
    #[must_use]
    pub const fn get(self) -> u8 {
        match self {
            Self::DevelopmentAndTest => 0,
            Self::Provisional => 1,
            Self::Official => 2,
        }
    }
}

/// The ids in the DACs of a product that is sold under other ids than its origin's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DacOrigin {
    /// The vendor id in DAC and PAI.
    pub vendor_id: VendorId,
    /// The product id in the DAC.
    pub product_id: ProductId,
}
