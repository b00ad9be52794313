//! Replays the fuzz corpus of codes, with the property of the fuzz target.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use matter_setup_payload::{CommissioningFlow, ManualPayload, SetupPayload};
use matter_types::Discriminator;

/// Hands every file of a corpus over; there must be some.
fn replay(target: &str, check: impl Fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/corpus")
        .join(target);
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|f| f.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty(), "no files in {}", folder.display());
    for file in &files {
        // Captured, and shown when the check fails.
        println!("{}", file.display());
        check(&std::fs::read(file).unwrap());
    }
    println!("{target}: {} files", files.len());
}

#[test]
fn codes_that_are_read_encode_to_themselves() {
    replay("matter_setup_payload_parse", |input| {
        let Ok(text) = std::str::from_utf8(input) else { return };
        if let Ok(payload) = text.parse::<SetupPayload>() {
            assert_eq!(payload.qr_text().as_str(), text);
            assert!(payload.manual_code().as_str().parse::<ManualPayload>().is_ok());
        }
        let Ok(manual) = text.parse::<ManualPayload>() else {
            return;
        };
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
    });
}
