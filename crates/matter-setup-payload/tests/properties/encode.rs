//! Any valid payload: it encodes within its length, and both codes parse to the same fields.

use arbitrary::Arbitrary;
use matter_setup_payload::{
    CommissioningFlow, DataValue, DiscoveryCapabilities, ManualPayload, ManufacturerTag, OptionalData, SetupPayload,
};
use matter_types::{Discriminator, Passcode, ProductId, VendorId};

/// The fields of an onboarding payload as plain numbers.
#[derive(Arbitrary, Debug)]
pub(crate) struct Device {
    vendor: u16,
    product: u16,
    flow: u8,
    discovery: u8,
    discriminator: u16,
    passcode: u32,
    serial: Option<String>,
    pbkdf: Option<(u32, Vec<u8>)>,
    devices: Option<u8>,
    timeout: Option<u16>,
    members: Vec<(u8, Member)>,
}

#[derive(Arbitrary, Debug)]
enum Member {
    Signed(i64),
    Unsigned(u64),
    Text(String),
}

impl Device {
    /// Returns the payload, or `None` if a field is out of its range. Most numbers are truncated to
    /// their bits.
    fn payload(&self) -> Option<SetupPayload> {
        let discriminator = Discriminator::new(self.discriminator & 0xFFF).ok()?;
        let passcode = Passcode::new(self.passcode & 0x7FF_FFFF).ok()?;
        let payload = SetupPayload::without_ids(discriminator, passcode)
            .with_ids(VendorId::new(self.vendor).ok(), ProductId::new(self.product).ok())
            .ok()?
            .with_flow(CommissioningFlow::new(u32::from(self.flow % 3)).ok()?)
            .with_discovery(DiscoveryCapabilities::new(self.discovery & 0x3E).ok()?);
        Some(payload.with_data(self.data()?))
    }

    fn data(&self) -> Option<OptionalData> {
        let mut data = OptionalData::new();
        for (tag, member) in &self.members {
            let value = match member {
                Member::Signed(number) => DataValue::Signed(*number),
                Member::Unsigned(number) => DataValue::Unsigned(*number),
                Member::Text(text) => DataValue::Utf8(text),
            };
            data = data
                .with_manufacturer_value(ManufacturerTag::new(tag | 0x80).ok()?, value)
                .ok()?;
        }
        if let Some(serial) = &self.serial {
            data = data.with_serial_number(serial).ok()?;
        }
        if let Some((iterations, salt)) = &self.pbkdf {
            data = data.with_pbkdf(*iterations, salt).ok()?;
        }
        if let Some(devices) = self.devices {
            data = data.with_device_count(devices).ok()?;
        }
        match self.timeout {
            Some(seconds) => data.with_commissioning_timeout(seconds).ok(),
            None => Some(data),
        }
    }
}

pub(crate) fn property(device: Device) {
    let Some(payload) = device.payload() else { return };
    let text = payload.qr_text();
    assert_eq!(text.as_str().len(), payload.qr_len());
    let read: SetupPayload = text.as_str().parse().unwrap();
    assert_eq!(format!("{read:?}"), format!("{payload:?}"));
    assert_eq!(read.passcode().expose(), payload.passcode().expose());
    let code = payload.manual_code();
    let typed: ManualPayload = code.grouped().as_str().parse().unwrap();
    assert_eq!(typed.passcode().expose(), payload.passcode().expose());
    assert_eq!(typed.short_discriminator(), payload.discriminator().short());
    if let Some(ids) = typed.ids() {
        assert_eq!(
            (ids.vendor_id, ids.product_id),
            (payload.vendor_id(), payload.product_id())
        );
    }
}
