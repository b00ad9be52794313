//! Any valid payload: it encodes, within its length, and both codes read back as the same fields.
#![no_main]

use libfuzzer_sys::fuzz_target;
use matter_factory_fuzz::Device;
use matter_setup_payload::{ManualPayload, SetupPayload};

fuzz_target!(|device: Device| {
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
});
