use alloc::string::String;
use alloc::vec::Vec;

use matter_types::{ProductId, VendorId};

use crate::{Error, KeyId};

/// The content of a Certification Declaration (Matter Core Specification 6.3.1), which certifies products of a vendor.
///
/// # Examples
///
/// ```
/// use matter_attestation::{
///     CertificationDeclaration, CertificationType, SignedDeclaration, TEST_CD_SIGNING_KEY_ID, test_cd_signing_key,
/// };
/// use matter_attestation::matter_types::{ProductId, VendorId};
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
    /// The supported version of the format.
    pub const FORMAT_VERSION: u16 = 1;
    /// The maximum number of product ids in a declaration; the minimum is 1.
    pub const MAX_PRODUCT_IDS: usize = 100;
    /// The maximum number of authorized PAAs in a declaration; the minimum is 1.
    pub const MAX_AUTHORIZED_PAAS: usize = 10;
    /// The exact length of the certificate id in bytes.
    pub const CERTIFICATE_ID_LEN: usize = 19;

    /// Declares products of one vendor, with security level and information 0 and version number 1.
    ///
    /// `device_type_id` is the primary device type; `certificate_id` looks like `CSA00000SWC00000-00`.
    ///
    /// # Errors
    ///
    /// [`Error::CdProductIdCount`] unless there are 1 to 100 products, [`Error::CdCertificateIdLength`] unless the
    /// certificate id has 19 bytes.
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

    /// Sets the version number, which the CSA assigns and devices do not check; 0 cannot be signed.
    #[must_use]
    pub const fn with_version_number(mut self, version_number: u16) -> Self {
        self.version_number = version_number;
        self
    }

    /// Sets the ids in the DACs, if they differ from those of the product.
    #[must_use]
    pub const fn with_dac_origin(mut self, dac_origin: DacOrigin) -> Self {
        self.dac_origin = Some(dac_origin);
        self
    }

    /// Restricts the PAAs of the devices to those with the given subject key identifiers.
    ///
    /// # Errors
    ///
    /// [`Error::CdAuthorizedPaaCount`] unless there are 1 to 10.
    pub fn with_authorized_paas(mut self, authorized_paas: &[KeyId]) -> Result<Self, Error> {
        let count = authorized_paas.len();
        if count == 0 || count > Self::MAX_AUTHORIZED_PAAS {
            return Err(Error::CdAuthorizedPaaCount { count });
        }
        self.authorized_paas = Some(authorized_paas.into());
        Ok(self)
    }

    /// Returns the vendor id, as in Basic Information.
    #[must_use]
    pub const fn vendor_id(&self) -> VendorId {
        self.vendor_id
    }

    /// Returns the product ids, 1 to 100 of them.
    #[must_use]
    pub fn product_ids(&self) -> &[ProductId] {
        &self.product_ids
    }

    /// Returns the primary device type.
    #[must_use]
    pub const fn device_type_id(&self) -> u32 {
        self.device_type_id
    }

    /// Returns the certificate id, 19 bytes.
    #[must_use]
    pub fn certificate_id(&self) -> &str {
        &self.certificate_id
    }

    /// Returns the security level: reserved, 0 in all issued declarations.
    #[must_use]
    pub const fn security_level(&self) -> u8 {
        self.security_level
    }

    /// Returns the security information: reserved, 0 in all issued declarations.
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

    /// Returns the ids in the DACs, if they differ from those of the product.
    #[must_use]
    pub const fn dac_origin(&self) -> Option<DacOrigin> {
        self.dac_origin
    }

    /// Returns the subject key identifiers of the allowed PAAs, or `None` if all are allowed.
    #[must_use]
    pub fn authorized_paas(&self) -> Option<&[KeyId]> {
        self.authorized_paas.as_deref()
    }

    /// Returns whether this declaration covers the product with these ids in Basic Information (Matter Core
    /// Specification 6.2.3.1).
    #[must_use]
    pub fn covers(&self, vendor_id: VendorId, product_id: ProductId) -> bool {
        self.vendor_id == vendor_id && self.product_ids.contains(&product_id)
    }
}

/// The purpose of a Certification Declaration (Matter Core Specification 6.3.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CertificationType {
    /// 0: for development and test; not for products.
    DevelopmentAndTest,
    /// 1: for a product in the process of certification.
    Provisional,
    /// 2: for a certified product.
    Official,
}

impl CertificationType {
    /// Accepts the encoded number.
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

    /// Returns the encoded number.
    #[must_use]
    pub const fn get(self) -> u8 {
        match self {
            Self::DevelopmentAndTest => 0,
            Self::Provisional => 1,
            Self::Official => 2,
        }
    }
}

/// The ids in the DACs of a product that is sold under other ids.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct DacOrigin {
    /// The vendor id in DAC and PAI.
    pub vendor_id: VendorId,
    /// The product id in the DAC.
    pub product_id: ProductId,
}
