use core::fmt;

use matter_setup_payload::{
    CommissioningFlow, DiscoveryCapabilities, ManualCode, ManualPayload, OptionalData, QrText, SetupPayload,
};
use matter_types::{Discriminator, Passcode, ProductId, VendorId};

use crate::error::{Failure, MatterError};

/// The bytes of TLV data that a QR code has room for.
pub const MATTER_SETUP_DATA_SIZE: usize = 142;

const _: () = assert!(MATTER_SETUP_DATA_SIZE == OptionalData::MAX_LEN);

/// What a QR code says (Matter Core Specification 5.1.3). It holds the passcode, which is a secret.
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
    /// The bytes of TLV data behind the fixed part; 0 for none.
    pub data_len: u16,
    /// How the device is commissioned: a `MatterFlow`.
    pub flow: u8,
    /// Where the device is found: a sum of `MatterDiscovery`.
    pub discovery: u8,
    /// The TLV data.
    pub data: [u8; MATTER_SETUP_DATA_SIZE],
}

/// What a manual pairing code says (Matter Core Specification 5.1.4). It holds the passcode, which is a secret.
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
    /// The digits of the code: 11, or 21 with ids, where the flow is not the standard one.
    pub digits: u8,
}

/// How a device is commissioned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum MatterFlow {
    /// As soon as it has power.
    Standard = 0,
    /// After a press of a button or the like.
    UserIntent = 1,
    /// As the vendor says.
    Custom = 2,
}

/// Where a device that is not commissioned is found; the bits can be added.
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
            let text = format_args!("data_len is {data_len}, and at most {MATTER_SETUP_DATA_SIZE} bytes fit");
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

    /// Puts a serial number into the TLV data, beside what is there.
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
    /// Leaves out the passcode and what else may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MatterSetupPayload")
            .field("vendor_id", &self.vendor_id)
            .field("product_id", &self.product_id)
            .field("discriminator", &self.discriminator)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for MatterManualPayload {
    /// Leaves out the passcode.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MatterManualPayload")
            .field("digits", &self.digits)
            .finish_non_exhaustive()
    }
}
