//! Any bytes: reading, looking up and checking never panic, records are bounded by the length, and records with right
//! checksums are written to the same bytes.
#![no_main]

use esp_secure_cert::{Image, PartitionSize, SignatureBlock, Subtype, Writer, check};
use libfuzzer_sys::{fuzz_mutator, fuzz_target};

fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    matter_factory_fuzz::mutate_secure_cert_image(data, size, max_size, seed)
});

fuzz_target!(|bytes: &[u8]| {
    let image = Image::new(bytes);
    assert!(image.records().count() <= bytes.len() / 16 + 1);
    assert!(check(bytes, PartitionSize::DEFAULT).len() <= bytes.len() / 2 + 3);
    let _ = (image.key(Subtype::MIN), image.verify_integrity(), image.signed_bytes(), image.tail());
    let mut buffer = vec![0; PartitionSize::MAX.bytes()];
    let mut writer = Writer::new(&mut buffer, PartitionSize::MAX);
    for record in image.records() {
        let Ok(raw) = record.and_then(|record| record.to_raw()) else { return };
        let _ = SignatureBlock::decode(raw.data);
        if writer.push_raw(&raw).is_err() {
            return;
        }
    }
    assert_eq!(writer.finish(), image.record_bytes());
});
