use core::str::FromStr;

use matter_types::{Discriminator, Passcode, ProductId, VendorId};
use zeroize::Zeroizing;

use crate::code::{ManualCode, QrText};
use crate::packed::{self, Fields};
use crate::{CommissioningFlow, DiscoveryCapabilities, Error, base38, manual};

/// What every QR text starts with.
const PREFIX: &str = "MT:";
/// Characters of a QR text without TLV data.
const QR_LEN: usize = 22;

/// What a device's onboarding codes say (Matter Core Specification 5.1.1).
#[derive(Clone, Debug)]
pub struct SetupPayload {
    vendor_id: Option<VendorId>,
    product_id: Option<ProductId>,
    flow: CommissioningFlow,
    discovery: DiscoveryCapabilities,
    discriminator: Discriminator,
    passcode: Passcode,
}

impl SetupPayload {
    /// Makes the payload of a device that is found by BLE and commissioned the standard way.
    #[must_use]
    pub fn new(vendor: VendorId, product: ProductId, discriminator: Discriminator, passcode: Passcode) -> Self {
        Self {
            vendor_id: Some(vendor),
            product_id: Some(product),
            ..Self::without_ids(discriminator, passcode)
        }
    }

    /// Makes the payload of a device that does not tell vendor and product.
    #[must_use]
    pub fn without_ids(discriminator: Discriminator, passcode: Passcode) -> Self {
        Self {
            vendor_id: None,
            product_id: None,
            flow: CommissioningFlow::default(),
            discovery: DiscoveryCapabilities::default(),
            discriminator,
            passcode,
        }
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

    /// Returns the vendor id, if there is one.
    #[must_use]
    pub const fn vendor_id(&self) -> Option<VendorId> {
        self.vendor_id
    }

    /// Returns the product id, if there is one.
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

    /// Encodes the payload as the text of a QR code (Matter Core Specification 5.1.3).
    #[must_use]
    pub fn qr_text(&self) -> QrText {
        let fields = Fields {
            version: 0,
            vendor_id: self.vendor_id.map_or(0, VendorId::get),
            product_id: self.product_id.map_or(0, ProductId::get),
            flow: self.flow.get(),
            discovery: self.discovery.get(),
            discriminator: self.discriminator.get(),
            passcode: self.passcode.expose(),
            padding: 0,
        };
        let packed = Zeroizing::new(fields.pack());
        let mut text = Zeroizing::new([0; QR_LEN - PREFIX.len()]);
        base38::encode(&*packed, &mut *text);
        QrText::collect(PREFIX.bytes().chain(text.iter().copied()))
    }

    /// Encodes the payload as a manual pairing code (Matter Core Specification 5.1.4): 11 digits for the standard
    /// flow, else 21 with vendor and product.
    #[must_use]
    pub fn manual_code(&self) -> ManualCode {
        manual::encode(self)
    }
}

impl FromStr for SetupPayload {
    type Err = Error;

    /// Reads the text of a QR code.
    fn from_str(text: &str) -> Result<Self, Error> {
        let body = text.strip_prefix(PREFIX).ok_or(Error::Prefix)?;
        let mut packed = Zeroizing::new([0; packed::LEN]);
        let len = base38::decode(body.as_bytes(), &mut *packed, PREFIX.len())?;
        if len < packed::LEN {
            return Err(Error::Length { len: text.len() });
        }
        if len > packed::LEN {
            return Err(Error::TrailingData { len: len - packed::LEN });
        }
        let fields = Fields::unpack(&packed);
        if fields.version != 0 {
            return Err(Error::Version {
                version: fields.version,
            });
        }
        if fields.padding != 0 {
            return Err(Error::Padding);
        }
        let (vendor_id, product_id) = ids(fields.vendor_id, fields.product_id)?;
        Ok(Self {
            vendor_id,
            product_id,
            flow: CommissioningFlow::new(fields.flow.into())?,
            discovery: DiscoveryCapabilities::new(fields.discovery)?,
            discriminator: Discriminator::new(fields.discriminator)?,
            passcode: Passcode::new(fields.passcode)?,
        })
    }
}

/// Reads two ids of which 0 means "not specified", a product only beside no vendor.
pub(crate) fn ids(vendor: u16, product: u16) -> Result<(Option<VendorId>, Option<ProductId>), Error> {
    let vendor = (vendor != 0).then(|| VendorId::new(vendor)).transpose()?;
    let product = (product != 0).then(|| ProductId::new(product)).transpose()?;
    if vendor.is_some() && product.is_none() {
        return Err(Error::ProductIdMissing);
    }
    Ok((vendor, product))
}
