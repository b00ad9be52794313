//! Any text: parsing never panics; a parsed code encodes to itself, and a leniently parsed one to a
//! canonical code. For bytes that are not UTF-8 the part before the first invalid byte is used.

use matter_setup_payload::{
    CommissioningFlow, ConcatenatedPayloads, ErrorKind, ManualPayload, SetupPayload, encode_concatenated,
};
use matter_types::Discriminator;

pub(crate) fn property(bytes: &[u8]) {
    let text = bytes.utf8_chunks().next().map_or("", |chunk| chunk.valid());
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
        // The result is allowed for a producer, except for reserved discovery capabilities.
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
