//! Replays the fuzz corpus of images, with the property of the fuzz target.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use std::path::Path;

use esp_nvs_image::PartitionSize;
use matter_factory_data::{Artifacts, BatchAudit, DeviceRecord, Severity, audit, recompute};

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
fn accepted_records_encode_to_the_same_record() {
    replay("matter_factory_data_decode", |image| {
        let Ok(record) = DeviceRecord::decode_nvs(image) else {
            return;
        };
        let size = PartitionSize::new(u32::try_from(image.len()).unwrap() + 8 * 4096).unwrap();
        let again = record.encode_nvs(size).expect("an accepted record encodes");
        let read = DeviceRecord::decode_nvs(&again).expect("our own image is read");
        assert_eq!(record.first_difference(&read), None);
    });
}

#[test]
fn audited_images_are_no_cause_to_panic_and_clean_ones_read() {
    replay("matter_factory_data_audit", |bytes| {
        let text = String::from_utf8_lossy(bytes.get(..64).unwrap_or(bytes));
        let label = Artifacts::new()
            .with_qr(&text)
            .with_manual(&text)
            .with_numbers(&text, &text);
        let report = audit(&label.with_nvs(bytes).with_secure_cert(bytes));
        let mut nvs = audit(&Artifacts::new().with_nvs(bytes));
        assert!(!nvs.is_clean(Severity::Warning) || esp_nvs_image::decode(bytes).is_ok());
        recompute([&mut nvs]);
        let mut batch = BatchAudit::new(&[0; 32]);
        batch.add("both", &report);
        batch.add("nvs", &nvs);
        assert!(!batch.is_empty());
    });
}
