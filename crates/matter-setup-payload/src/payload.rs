use matter_types::{Discriminator, Passcode, ProductId, VendorId};
use subtle::{Choice, ConstantTimeEq};

use crate::{CommissioningFlow, DiscoveryCapabilities, Error, ErrorKind, OptionalData};

/// The content of a device's onboarding codes (Matter Core Specification 5.1.1).
///
/// It contains the passcode: compare two payloads with `ct_eq`.
///
/// # Examples
///
/// ```
/// use matter_setup_payload::subtle::ConstantTimeEq;
/// use matter_setup_payload::{DiscoveryCapabilities, OptionalData, SetupPayload};
/// use matter_setup_payload::matter_types::{Discriminator, Passcode, ProductId, VendorId};
///
/// let payload = SetupPayload::new(
///     VendorId::new(0xFFF1)?,
///     ProductId::new(0x8000)?,
///     Discriminator::new(3840)?,
///     Passcode::new(20202021)?,
/// )
/// .with_discovery(DiscoveryCapabilities::BLE | DiscoveryCapabilities::ON_NETWORK)
/// .with_data(OptionalData::new().with_serial_number("SN-0001")?);
///
/// let read: SetupPayload = payload.qr_text().as_str().parse()?;
/// assert!(bool::from(read.ct_eq(&payload)));
/// assert_eq!(read.data(), payload.data());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug)]
pub struct SetupPayload {
    vendor_id: Option<VendorId>,
    product_id: Option<ProductId>,
    flow: CommissioningFlow,
    discovery: DiscoveryCapabilities,
    discriminator: Discriminator,
    passcode: Passcode,
    data: OptionalData,
}

impl SetupPayload {
    /// Creates the payload of a device that is discovered by BLE and uses the standard flow.
    #[must_use]
    pub fn new(vendor: VendorId, product: ProductId, discriminator: Discriminator, passcode: Passcode) -> Self {
        Self {
            vendor_id: Some(vendor),
            product_id: Some(product),
            ..Self::without_ids(discriminator, passcode)
        }
    }

    /// Creates the payload of a device without vendor and product id.
    #[must_use]
    pub fn without_ids(discriminator: Discriminator, passcode: Passcode) -> Self {
        Self {
            vendor_id: None,
            product_id: None,
            flow: CommissioningFlow::default(),
            discovery: DiscoveryCapabilities::default(),
            discriminator,
            passcode,
            data: OptionalData::new(),
        }
    }

    /// Sets vendor and product id; both are optional.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ProductIdMissing`] for a vendor without a product.
    pub fn with_ids(mut self, vendor: Option<VendorId>, product: Option<ProductId>) -> Result<Self, Error> {
        check_ids(vendor, product)?;
        self.vendor_id = vendor;
        self.product_id = product;
        Ok(self)
    }

    /// Sets the commissioning flow.
    #[must_use]
    pub const fn with_flow(mut self, flow: CommissioningFlow) -> Self {
        self.flow = flow;
        self
    }

    /// Sets the discovery capabilities.
    #[must_use]
    pub const fn with_discovery(mut self, discovery: DiscoveryCapabilities) -> Self {
        self.discovery = discovery;
        self
    }

    /// Sets the TLV data after the fixed part.
    #[must_use]
    pub const fn with_data(mut self, data: OptionalData) -> Self {
        self.data = data;
        self
    }

    /// Returns the vendor id, if specified.
    #[must_use]
    pub const fn vendor_id(&self) -> Option<VendorId> {
        self.vendor_id
    }

    /// Returns the product id, if specified.
    #[must_use]
    pub const fn product_id(&self) -> Option<ProductId> {
        self.product_id
    }

    /// Returns the commissioning flow.
    #[must_use]
    pub const fn flow(&self) -> CommissioningFlow {
        self.flow
    }

    /// Returns the discovery capabilities.
    #[must_use]
    pub const fn discovery(&self) -> DiscoveryCapabilities {
        self.discovery
    }

    /// Returns the discriminator.
    #[must_use]
    pub const fn discriminator(&self) -> Discriminator {
        self.discriminator
    }

    /// Returns the passcode.
    #[must_use]
    pub const fn passcode(&self) -> &Passcode {
        &self.passcode
    }

    /// Returns the TLV data after the fixed part.
    #[must_use]
    pub const fn data(&self) -> &OptionalData {
        &self.data
    }
}

impl ConstantTimeEq for SetupPayload {
    /// Only the passcodes are compared in constant time; the other fields are not secret.
    fn ct_eq(&self, other: &Self) -> Choice {
        let is_same = self.vendor_id == other.vendor_id
            && self.product_id == other.product_id
            && self.flow == other.flow
            && self.discovery == other.discovery
            && self.discriminator == other.discriminator
            && self.data == other.data;
        Choice::from(u8::from(is_same)) & self.passcode.ct_eq(&other.passcode)
    }
}

/// Creates the optional ids from numbers, where 0 means "not specified". A vendor needs a product.
pub(crate) fn ids(vendor: u16, product: u16) -> Result<(Option<VendorId>, Option<ProductId>), Error> {
    let vendor = (vendor != 0).then(|| VendorId::new(vendor)).transpose()?;
    let product = (product != 0).then(|| ProductId::new(product)).transpose()?;
    check_ids(vendor, product)?;
    Ok((vendor, product))
}

fn check_ids(vendor: Option<VendorId>, product: Option<ProductId>) -> Result<(), Error> {
    if vendor.is_some() && product.is_none() {
        return Err(ErrorKind::ProductIdMissing.into());
    }
    Ok(())
}
