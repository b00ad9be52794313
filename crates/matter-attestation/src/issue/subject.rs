use alloc::format;
use alloc::string::String;
use alloc::vec;

use const_oid::ObjectIdentifier;
use der::asn1::{Any, Utf8StringRef};
use der::{Decode, Encode};
use matter_types::{ProductId, VendorId};
use x509_cert::attr::AttributeTypeAndValue;
use x509_cert::name::{Name, RdnSequence, RelativeDistinguishedName};

use crate::Error;

/// The most octets of a common name.
const COMMON_NAME_MAX: usize = 64;

/// The subject of a product attestation authority: a common name, and a vendor id where it serves one vendor only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaaSubject(Subject);

impl PaaSubject {
    /// Names an authority for all vendors.
    ///
    /// # Errors
    ///
    /// [`Error::CommonNameLength`] unless the name has 1..=64 octets.
    pub fn new(common_name: &str) -> Result<Self, Error> {
        Subject::new(common_name, None, None).map(Self)
    }

    /// Restricts the authority to one vendor.
    #[must_use]
    pub const fn with_vendor_id(mut self, vendor_id: VendorId) -> Self {
        self.0.vendor_id = Some(vendor_id);
        self
    }

    pub(super) const fn subject(&self) -> &Subject {
        &self.0
    }
}

/// The subject of a product attestation intermediate: a common name, a vendor id, and a product id where it serves one
/// product only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaiSubject(Subject);

impl PaiSubject {
    /// Names an intermediate for all products of a vendor.
    ///
    /// # Errors
    ///
    /// [`Error::CommonNameLength`] unless the name has 1..=64 octets.
    pub fn new(common_name: &str, vendor_id: VendorId) -> Result<Self, Error> {
        Subject::new(common_name, Some(vendor_id), None).map(Self)
    }

    /// Restricts the intermediate to one product.
    #[must_use]
    pub const fn with_product_id(mut self, product_id: ProductId) -> Self {
        self.0.product_id = Some(product_id);
        self
    }

    pub(super) const fn subject(&self) -> &Subject {
        &self.0
    }
}

/// The subject of a device attestation certificate: a common name, the vendor id and the product id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DacSubject(Subject);

impl DacSubject {
    /// Names a device.
    ///
    /// # Errors
    ///
    /// [`Error::CommonNameLength`] unless the name has 1..=64 octets.
    pub fn new(common_name: &str, vendor_id: VendorId, product_id: ProductId) -> Result<Self, Error> {
        Subject::new(common_name, Some(vendor_id), Some(product_id)).map(Self)
    }

    pub(super) const fn subject(&self) -> &Subject {
        &self.0
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Subject {
    common_name: String,
    pub(super) vendor_id: Option<VendorId>,
    pub(super) product_id: Option<ProductId>,
}

impl Subject {
    fn new(common_name: &str, vendor_id: Option<VendorId>, product_id: Option<ProductId>) -> Result<Self, Error> {
        let len = common_name.len();
        if len == 0 || len > COMMON_NAME_MAX {
            return Err(Error::CommonNameLength { len });
        }
        Ok(Self {
            common_name: common_name.into(),
            vendor_id,
            product_id,
        })
    }

    /// Returns the distinguished name: common name, vendor id, product id, each a UTF8String in an RDN of its own.
    pub(super) fn to_name(&self) -> Result<Name, Error> {
        let mut name = RdnSequence::default();
        name.push(attribute(crate::oid::COMMON_NAME, &self.common_name)?);
        if let Some(vendor_id) = self.vendor_id {
            name.push(attribute(crate::oid::VENDOR_ID, &format!("{:04X}", vendor_id.get()))?);
        }
        if let Some(product_id) = self.product_id {
            name.push(attribute(crate::oid::PRODUCT_ID, &format!("{:04X}", product_id.get()))?);
        }
        name.to_der()
            .and_then(|der| Name::from_der(&der))
            .map_err(|_| Error::EncodingFailed)
    }
}

fn attribute(oid: ObjectIdentifier, text: &str) -> Result<RelativeDistinguishedName, Error> {
    let value = Utf8StringRef::new(text)
        .and_then(|text| Any::encode_from(&text))
        .map_err(|_| Error::EncodingFailed)?;
    RelativeDistinguishedName::try_from(vec![AttributeTypeAndValue { oid, value }]).map_err(|_| Error::EncodingFailed)
}
