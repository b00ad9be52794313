//! Any bytes: reading, look-up and checking never panic, the number of records is bounded by the
//! length, and records with correct checksums are rewritten to the same bytes.

use esp_secure_cert::{Image, PartitionSize, SignatureBlock, Subtype, Writer, check};

pub(crate) fn property(bytes: &[u8]) {
    let image = Image::new(bytes);
    assert!(image.records().count() <= bytes.len() / 16 + 1);
    assert!(check(bytes, PartitionSize::DEFAULT).len() <= bytes.len() / 2 + 3);
    let _ = (
        image.key(Subtype::MIN),
        image.verify_integrity(),
        image.signed_bytes(),
        image.tail(),
    );
    for record in image.records().flatten() {
        let _ = SignatureBlock::decode(record.data());
    }
    let mut buffer = vec![0; PartitionSize::MAX.bytes()];
    let mut writer = Writer::new(&mut buffer, PartitionSize::MAX);
    for record in image.records() {
        let Ok(raw) = record.and_then(|record| record.to_raw()) else {
            return;
        };
        if writer.push_raw(&raw).is_err() {
            return;
        }
    }
    assert_eq!(writer.finish(), image.record_bytes());
}
