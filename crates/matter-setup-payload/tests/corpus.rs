//! Replays the fuzz corpus of codes, with the property of the fuzz target.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use matter_setup_payload::{
    CommissioningFlow, ConcatenatedPayloads, ErrorKind, ManualPayload, SetupPayload, encode_concatenated,
};
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
        check(text);
    });
}

fn check(text: &str) {
    if let Ok(payload) = text.parse::<SetupPayload>() {
        assert_eq!(payload.qr_text().as_str(), text);
        assert!(payload.manual_code().as_str().parse::<ManualPayload>().is_ok());
    }
    if let Ok(payloads) = ConcatenatedPayloads::parse(text) {
        let payloads = payloads.iter().collect::<Vec<_>>();
        assert_eq!(encode_concatenated(&payloads, &mut vec![0; text.len()]), Ok(text));
    }
    if let Ok(read) = SetupPayload::parse_lenient(text) {
        assert_eq!(read.deviations().is_empty(), text.parse::<SetupPayload>().is_ok());
        // What is left of it is what a producer emits, but for reserved discovery capabilities.
        let canonical = read.value().qr_text();
        let again = SetupPayload::parse_lenient(canonical.as_str()).unwrap();
        assert_eq!(again.value().qr_text().as_str(), canonical.as_str());
        assert!(
            again
                .deviations()
                .iter()
                .all(|d| matches!(d.kind(), ErrorKind::DiscoveryCapabilities { .. }))
        );
        let _ = read.value().lint().count();
    }
    if let Ok(manual) = text.parse::<ManualPayload>() {
        let discriminator = Discriminator::new(u16::from(manual.short_discriminator().get()) << 8).unwrap();
        let mut payload = SetupPayload::without_ids(discriminator, manual.passcode().clone());
        if let Some(ids) = manual.ids() {
            payload = payload
                .with_ids(ids.vendor_id, ids.product_id)
                .unwrap()
                .with_flow(CommissioningFlow::Custom);
        }
        assert_eq!(payload.manual_code().as_str(), text.replace('-', ""));
    }
    if let Ok(read) = ManualPayload::parse_lenient(text) {
        assert_eq!(read.deviations().is_empty(), text.parse::<ManualPayload>().is_ok());
    }
}
