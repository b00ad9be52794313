use core::fmt;

use matter_setup_payload::{
    CommissioningFlow, DiscoveryCapabilities, ManualCode, ManualPayload, OptionalData, QrText, SetupPayload,
};
use matter_types::{Discriminator, Passcode, ProductId, VendorId};

use crate::error::{Failure, MatterError};

/// The capacity of a QR code for TLV data in bytes.
pub const MATTER_SETUP_DATA_SIZE: usize = 142;

const _: () = assert!(MATTER_SETUP_DATA_SIZE == OptionalData::MAX_LEN);

/// The content of a QR code (Matter Core Specification 5.1.3). It contains the passcode, which is
/// secret.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct MatterSetupPayload {
    /// The passcode, 1 to 99999998 without the twelve trivial ones.
    pub passcode: u32,
    /// The vendor id, 1 to 0xFFF4; 0 for none.
    pub vendor_id: u16,
    /// The product id, 1 to 0xFFFF; 0 for none.
    pub product_id: u16,
    /// The discriminator, 0 to 4095.
    pub discriminator: u16,
    /// The length of the TLV data after the fixed part in bytes; 0 for none.
    pub data_len: u16,
    /// The commissioning flow: a `MatterFlow`.
    pub flow: u8,
    /// The discovery capabilities: a sum of `MatterDiscovery`.
    pub discovery: u8,
    /// The TLV data.
    pub data: [u8; MATTER_SETUP_DATA_SIZE],
}

/// The content of a manual pairing code (Matter Core Specification 5.1.4). It contains the
/// passcode, which is secret.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct MatterManualPayload {
    /// The passcode.
    pub passcode: u32,
    /// The vendor id, or 0 for none.
    pub vendor_id: u16,
    /// The product id, or 0 for none.
    pub product_id: u16,
    /// The top four bits of the discriminator.
    pub short_discriminator: u8,
    /// The number of digits: 11, or 21 with ids, if the flow is not the standard one.
    pub digits: u8,
}

/// The commissioning flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum MatterFlow {
    /// The device is ready when powered.
    Standard = 0,
    /// After a simple interaction, such as pressing a button.
    UserIntent = 1,
    /// As described by the vendor.
    Custom = 2,
}

/// The discovery capabilities of a device; the values can be added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum MatterDiscovery {
    /// Bluetooth Low Energy.
    Ble = 2,
    /// The IP network.
    OnNetwork = 4,
    /// Wi-Fi Public Action Frames.
    WifiPaf = 8,
    /// Near Field Communication.
    Nfc = 16,
    /// Thread.
    Thread = 32,
}

impl MatterSetupPayload {
    fn checked(&self) -> Result<SetupPayload, Failure> {
        let vendor = (self.vendor_id != 0)
            .then(|| VendorId::new(self.vendor_id))
            .transpose()?;
        let product = (self.product_id != 0)
            .then(|| ProductId::new(self.product_id))
            .transpose()?;
        let data_len = usize::from(self.data_len);
        let data = self.data.get(..data_len).ok_or_else(|| {
            let text = format_args!("data_len is {data_len}; at most {MATTER_SETUP_DATA_SIZE} bytes are allowed");
            Failure::new(MatterError::CodeData, text)
        })?;
        let mut payload =
            SetupPayload::without_ids(Discriminator::new(self.discriminator)?, Passcode::new(self.passcode)?)
                .with_ids(vendor, product)?
                .with_flow(CommissioningFlow::new(self.flow.into())?)
                .with_discovery(DiscoveryCapabilities::new(self.discovery)?);
        if !data.is_empty() {
            payload = payload.with_data(OptionalData::decode(data)?);
        }
        Ok(payload)
    }

    pub(crate) fn qr_text(&self) -> Result<QrText, Failure> {
        Ok(self.checked()?.qr_text())
    }

    pub(crate) fn manual_code(&self) -> Result<ManualCode, Failure> {
        Ok(self.checked()?.manual_code())
    }

    pub(crate) fn parse_qr(text: &str) -> Result<Self, Failure> {
        let payload: SetupPayload = text.parse()?;
        let mut data = [0; MATTER_SETUP_DATA_SIZE];
        let stored = payload.data().as_bytes();
        data.iter_mut().zip(stored).for_each(|(to, from)| *to = *from);
        Ok(Self {
            passcode: payload.passcode().expose(),
            vendor_id: payload.vendor_id().map_or(0, VendorId::get),
            product_id: payload.product_id().map_or(0, ProductId::get),
            discriminator: payload.discriminator().get(),
            data_len: u16::try_from(stored.len()).unwrap_or_default(),
            flow: payload.flow().get(),
            discovery: payload.discovery().get(),
            data,
        })
    }

    /// Adds a serial number to the TLV data.
    pub(crate) fn with_serial_number(mut self, serial_number: &str) -> Result<Self, Failure> {
        let payload = self.checked()?;
        let data = payload.data().clone().with_serial_number(serial_number)?;
        self.data = [0; MATTER_SETUP_DATA_SIZE];
        self.data
            .iter_mut()
            .zip(data.as_bytes())
            .for_each(|(to, from)| *to = *from);
        self.data_len = u16::try_from(data.len()).unwrap_or_default();
        Ok(self)
    }
}

impl MatterManualPayload {
    pub(crate) fn parse(text: &str) -> Result<Self, Failure> {
        let payload: ManualPayload = text.parse()?;
        let ids = payload.ids();
        Ok(Self {
            passcode: payload.passcode().expose(),
            vendor_id: ids.and_then(|ids| ids.vendor_id).map_or(0, VendorId::get),
            product_id: ids.and_then(|ids| ids.product_id).map_or(0, ProductId::get),
            short_discriminator: payload.short_discriminator().get(),
            digits: if ids.is_some() { 21 } else { 11 },
        })
    }
}

impl fmt::Debug for MatterSetupPayload {
    /// Omits the passcode and other possible secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MatterSetupPayload")
            .field("vendor_id", &self.vendor_id)
            .field("product_id", &self.product_id)
            .field("discriminator", &self.discriminator)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for MatterManualPayload {
    /// Omits the passcode.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MatterManualPayload")
            .field("digits", &self.digits)
            .finish_non_exhaustive()
    }
}
