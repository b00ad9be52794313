//! Replays the fuzz corpora of images, with the properties of the fuzz targets.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    unreachable_pub,
    dead_code,
    reason = "tests"
)]

#[path = "support/records.rs"]
mod records;

use std::path::Path;

use esp_nvs_image::PartitionSize;
use matter_attestation::PrivateKey;
use matter_factory_data::{
    Artifacts, BatchAudit, Check, DeviceRecord, KeyOwner, KeySet, Severity, TriedScalars, audit, find_keys, recompute,
};

/// Hands every file of a corpus over; there must be some.
fn replay(target: &str, mut check: impl FnMut(&[u8])) {
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
fn accepted_secure_cert_partitions_encode_to_the_same_record() {
    let device = records::plain();
    let (vendor, product) = records::ids();
    let common = DeviceRecord::with_dynamic_passcode(vendor, product, device.discriminator(), *device.parameters());
    let nvs = common.encode_nvs(records::size()).unwrap();
    let mut accepted = 0;
    replay("matter_factory_data_secure_cert", |image| {
        let Ok((record, layout)) = DeviceRecord::decode(&nvs, Some(image)) else {
            return;
        };
        accepted += 1;
        let images = record
            .encode(records::size(), &layout)
            .expect("an accepted record encodes");
        let (read, found) = DeviceRecord::decode(images.nvs(), images.secure_cert()).expect("our own images are read");
        assert_eq!(found, layout);
        assert_eq!(record.first_difference(&read), None);
    });
    assert!(accepted >= 4, "{accepted} accepted");
}

#[test]
fn audited_images_are_no_cause_to_panic_and_clean_ones_read() {
    replay("matter_factory_data_audit", |bytes| {
        let text = String::from_utf8_lossy(bytes.get(..64).unwrap_or(bytes));
        let label = Artifacts::new()
            .with_qr(&text)
            .with_manual(&text)
            .with_numbers(&text, &text);
        let files = [("file", bytes)];
        let files = label.with_files(&files).with_key_files(&files);
        let files = files.with_efuse_key("efuse-key", bytes);
        let report = audit(&files.with_nvs(bytes).with_secure_cert(bytes));
        let alone = audit(&Artifacts::new().with_efuse_key("efuse-key", bytes));
        let is_key = bytes.len() <= 8192 && PrivateKey::decode(bytes).is_ok();
        assert!(alone.has(Check::KeyLeaked) || alone.has(Check::ArtifactMalformed) && !is_key);
        let mut nvs = audit(&Artifacts::new().with_nvs(bytes));
        assert!(!nvs.is_clean(Severity::Warning) || esp_nvs_image::decode(bytes).is_ok());
        recompute([&mut nvs]);
        let mut batch = BatchAudit::new(&[0; 32]);
        batch.add("both", &report);
        batch.add("nvs", &nvs);
        assert!(!batch.is_empty());
    });
}

#[test]
fn a_known_key_is_found_between_whatever_bytes() {
    let key = PrivateKey::from_scalar(&core::array::from_fn(|at| u8::try_from(at).unwrap() * 7 + 1)).unwrap();
    let mut keys = KeySet::new();
    keys.add_owner(&key.public_key(), KeyOwner::Pai);
    keys.insert(&key);
    replay("matter_factory_data_find_keys", |input| {
        let place = input.first().map_or(0, |first| usize::from(*first) * input.len() / 256);
        let (before, behind) = input.split_at(place);
        let bytes = [before, &*key.expose_scalar(), behind].concat();
        let found = find_keys(&bytes, &keys, &mut TriedScalars::new(8));
        assert!(found.iter().any(|found| found.owner() == Some(&KeyOwner::Pai)));
        assert!(
            found
                .iter()
                .all(|found| found.offset() < bytes.len() && !found.to_string().is_empty())
        );
    });
}
