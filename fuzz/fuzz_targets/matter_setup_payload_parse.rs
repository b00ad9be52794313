//! Any text: reading never panics; a QR text that is read encodes to itself, and so do the digits of a manual code.
#![no_main]

use libfuzzer_sys::fuzz_target;
use matter_setup_payload::{CommissioningFlow, ManualPayload, SetupPayload};
use matter_types::Discriminator;

fuzz_target!(|text: &str| {
    if let Ok(payload) = text.parse::<SetupPayload>() {
        assert_eq!(payload.qr_text().as_str(), text);
        assert!(payload.manual_code().as_str().parse::<ManualPayload>().is_ok());
    }
    if let Ok(manual) = text.parse::<ManualPayload>() {
        let discriminator = Discriminator::new(u16::from(manual.short_discriminator().get()) << 8).unwrap();
        let passcode = manual.passcode().clone();
        let payload = match manual.ids().map(|ids| (ids.vendor_id, ids.product_id)) {
            None => SetupPayload::without_ids(discriminator, passcode),
            Some((Some(vendor), Some(product))) => {
                SetupPayload::new(vendor, product, discriminator, passcode).with_flow(CommissioningFlow::Custom)
            }
            Some((None, None)) => {
                SetupPayload::without_ids(discriminator, passcode).with_flow(CommissioningFlow::Custom)
            }
            // A product without a vendor can be read, but not made.
            Some(_) => return,
        };
        assert_eq!(payload.manual_code().as_str(), text.replace('-', ""));
    }
});
