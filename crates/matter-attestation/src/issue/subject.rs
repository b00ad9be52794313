use alloc::borrow::Cow;
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

/// The maximum length of a common name in bytes.
const COMMON_NAME_MAX: usize = 64;

/// The subject of a product attestation authority: a common name, and a vendor id if it is for a single vendor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaaSubject(Subject);

impl PaaSubject {
    /// Creates the subject of an authority for all vendors.
    ///
    /// # Errors
    ///
    /// [`Error::CommonNameLength`] unless the name has 1 to 64 bytes.
    pub fn new(common_name: &str) -> Result<Self, Error> {
        Subject::new(common_name, None, None).map(Self)
    }

    /// Restricts the authority to one vendor.
    #[must_use]
    pub const fn with_vendor_id(mut self, vendor_id: VendorId) -> Self {
        self.0.vendor_id = Some(vendor_id);
        self
    }

    /// Encodes the vendor id in the common name, as `Mvid:FFF1`, instead of an attribute (Matter Core Specification
    /// 6.2.2.2).
    ///
    /// The resulting common name must have at most 64 bytes, which is checked when a certificate is issued.
    #[must_use]
    pub const fn with_vendor_id_in_common_name(mut self) -> Self {
        self.0.ids_in_common_name = true;
        self
    }

    pub(super) const fn subject(&self) -> &Subject {
        &self.0
    }
}

/// The subject of a product attestation intermediate: a common name, a vendor id, and a product id if it is for a
/// single product.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PaiSubject(Subject);

impl PaiSubject {
    /// Creates the subject of an intermediate for all products of a vendor.
    ///
    /// # Errors
    ///
    /// [`Error::CommonNameLength`] unless the name has 1 to 64 bytes.
    pub fn new(common_name: &str, vendor_id: VendorId) -> Result<Self, Error> {
        Subject::new(common_name, Some(vendor_id), None).map(Self)
    }

    /// Restricts the intermediate to one product.
    #[must_use]
    pub const fn with_product_id(mut self, product_id: ProductId) -> Self {
        self.0.product_id = Some(product_id);
        self
    }

    /// Encodes the ids in the common name, as `Mvid:FFF1 Mpid:8000`, instead of attributes (Matter Core Specification
    /// 6.2.2.2).
    ///
    /// The resulting common name must have at most 64 bytes, which is checked when a certificate is issued.
    #[must_use]
    pub const fn with_ids_in_common_name(mut self) -> Self {
        self.0.ids_in_common_name = true;
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
    /// Creates the subject of a device.
    ///
    /// # Errors
    ///
    /// [`Error::CommonNameLength`] unless the name has 1 to 64 bytes.
    pub fn new(common_name: &str, vendor_id: VendorId, product_id: ProductId) -> Result<Self, Error> {
        Subject::new(common_name, Some(vendor_id), Some(product_id)).map(Self)
    }

    /// Encodes the ids in the common name, as `Mvid:FFF1 Mpid:8000`, instead of attributes (Matter Core Specification
    /// 6.2.2.2).
    ///
    /// The resulting common name must have at most 64 bytes, which is checked when a certificate is issued.
    #[must_use]
    pub const fn with_ids_in_common_name(mut self) -> Self {
        self.0.ids_in_common_name = true;
        self
    }

    pub(super) const fn subject(&self) -> &Subject {
        &self.0
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Subject {
    common_name: String,
    ids_in_common_name: bool,
    pub(super) vendor_id: Option<VendorId>,
    pub(super) product_id: Option<ProductId>,
}

impl Subject {
    fn new(common_name: &str, vendor_id: Option<VendorId>, product_id: Option<ProductId>) -> Result<Self, Error> {
        check_len(common_name)?;
        Ok(Self {
            common_name: common_name.into(),
            ids_in_common_name: false,
            vendor_id,
            product_id,
        })
    }

    pub(super) fn own_common_name(&self) -> &str {
        &self.common_name
    }

    /// Returns the common name in the certificate of a device with this name.
    pub(super) fn common_name<'a>(&self, name: &'a str) -> Result<Cow<'a, str>, Error> {
        if name.contains("Mvid:") || name.contains("Mpid:") {
            return Err(Error::CommonNameHasId);
        }
        // Programs that display the certificate would send control characters to a terminal.
        if name.chars().any(char::is_control) {
            return Err(Error::CommonNameHasControl);
        }
        check_len(name)?;
        let mut name = Cow::Borrowed(name);
        if self.ids_in_common_name {
            if let Some(vendor_id) = self.vendor_id {
                name.to_mut().push_str(&format!(" Mvid:{:04X}", vendor_id.get()));
            }
            if let Some(product_id) = self.product_id {
                name.to_mut().push_str(&format!(" Mpid:{:04X}", product_id.get()));
            }
        }
        check_len(&name)?;
        Ok(name)
    }

    /// Encodes the distinguished name: common name, vendor id, product id, each a UTF8String in its own RDN.
    pub(super) fn to_name(&self) -> Result<Name, Error> {
        let mut name = RdnSequence::default();
        name.push(attribute(
            crate::oid::COMMON_NAME,
            &self.common_name(&self.common_name)?,
        )?);
        if let Some(vendor_id) = self.vendor_id.filter(|_| !self.ids_in_common_name) {
            name.push(attribute(crate::oid::VENDOR_ID, &format!("{:04X}", vendor_id.get()))?);
        }
        if let Some(product_id) = self.product_id.filter(|_| !self.ids_in_common_name) {
            name.push(attribute(crate::oid::PRODUCT_ID, &format!("{:04X}", product_id.get()))?);
        }
        name.to_der()
            .and_then(|der| Name::from_der(&der))
            .map_err(|_| Error::EncodingFailed)
    }
}

fn check_len(common_name: &str) -> Result<(), Error> {
    match common_name.len() {
        1..=COMMON_NAME_MAX => Ok(()),
        len => Err(Error::CommonNameLength { len }),
    }
}

fn attribute(oid: ObjectIdentifier, text: &str) -> Result<RelativeDistinguishedName, Error> {
    let value = Utf8StringRef::new(text)
        .and_then(|text| Any::encode_from(&text))
        .map_err(|_| Error::EncodingFailed)?;
    RelativeDistinguishedName::try_from(vec![AttributeTypeAndValue { oid, value }]).map_err(|_| Error::EncodingFailed)
}
