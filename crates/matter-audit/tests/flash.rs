//! The audit of flash dumps.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    unreachable_pub,
    dead_code,
    reason = "tests"
)]

#[path = "support/device.rs"]
mod device;
#[path = "support/flash.rs"]
mod flash;

use std::fs;

use device::{file, keyless, run};
use esp_nvs_image::{Number, NvsKeys};
use flash::binary_table;
use matter_audit::{Audit, FlashDump};
use matter_factory_data::{Check, Expected, Severity};

const ROWS: [(&str, u8, u8, u32, u32, u32); 4] = [
    ("nvs", 1, 2, 0x9000, 0x6000, 0),
    ("esp_secure_cert", 0x3F, 0x06, 0xF000, 0x2000, 0),
    ("nvs_keys", 1, 4, 0x1_1000, 0x1000, 0),
    ("fctry", 1, 2, 0x1_2000, 0x6000, 0),
];

#[test]
fn partitions_of_a_flash_dump_are_found_by_either_table() {
    let (folder, devices) = run(1);
    let nvs = fs::read(file(&devices[0], "-partition.bin")).unwrap();
    let keys = NvsKeys::new([1; 32], [2; 32]).unwrap();
    let mut encrypted = nvs.clone();
    esp_nvs_image::encrypt(&mut encrypted, &keys).unwrap();
    let mut keys_partition = [0; NvsKeys::PARTITION_LEN];
    keys.encode_partition(&mut keys_partition);
    let csv = folder.path().join("partitions.csv");
    let text = "# Name, Type, SubType, Offset, Size, Flags\n\nnvs, data, nvs, , 24K,\nesp_secure_cert, 0x3F, , , 0x2000, encrypted\n\
                nvs_keys, data, nvs_keys, 0x11000, 4K, encrypted # keys\nfctry, data, nvs, , 0x6000\n";
    fs::write(&csv, text).unwrap();
    let european = folder.path().join("european.csv");
    fs::write(&european, format!("\u{feff}{}", text.replace(',', ";"))).unwrap();
    let binary = folder.path().join("partition-table.bin");
    fs::write(&binary, binary_table(&ROWS)).unwrap();
    let dump = folder.path().join("flash.bin");
    for (store, keys) in [(&nvs, None), (&encrypted, Some(keys_partition))] {
        let mut flash = vec![0xFF; 0x2_0000];
        flash[0x1_2000..0x1_8000].copy_from_slice(store);
        flash[0xF000..0xF000 + keyless(&devices[0]).len()].copy_from_slice(&keyless(&devices[0]));
        if let Some(keys) = keys {
            flash[0x1_1000..0x1_2000].copy_from_slice(&keys);
        }
        fs::write(&dump, flash).unwrap();
        for table in [&csv, &european, &binary] {
            let (table, dump) = (table.clone(), dump.clone());
            let report =
                Audit::new(Expected::new().for_tests()).with_flash_dump(FlashDump::new(dump).with_table(table));
            let report = report.execute().unwrap();
            let errors = report
                .findings()
                .filter(|finding| finding.severity == Severity::Error)
                .collect::<Vec<_>>();
            // Both images were read: only the key differs from its counterpart.
            assert!(
                !errors.is_empty() && errors.iter().all(|finding| finding.check == Check::KeyLeaked),
                "{report:?}"
            );
        }
    }
    let mut damaged = binary_table(&ROWS);
    damaged[5] ^= 1;
    fs::write(&binary, damaged).unwrap();
    let audit = Audit::new(Expected::new()).with_flash_dump(FlashDump::new(dump).with_table(binary));
    let report = audit.execute().unwrap();
    let found = report.devices[0]
        .findings
        .iter()
        .find(|finding| finding.object == "partition table");
    assert!(found.is_some_and(|finding| finding.text.contains("MD5")), "{report:?}");
}

/// The firmware uses `nvs` unless configured otherwise; the table may still have an erased `fctry`.
#[test]
fn factory_data_are_found_in_either_store() {
    let (folder, devices) = run(1);
    let image = fs::read(file(&devices[0], "-partition.bin")).unwrap();
    let keys = NvsKeys::new([1; 32], [2; 32]).unwrap();
    let mut encrypted = image.clone();
    esp_nvs_image::encrypt(&mut encrypted, &keys).unwrap();
    let mut keys_partition = [0; NvsKeys::PARTITION_LEN];
    keys.encode_partition(&mut keys_partition);
    let (table, dump) = (folder.path().join("partitions.bin"), folder.path().join("flash.bin"));
    fs::write(&table, binary_table(&ROWS)).unwrap();
    let [nvs, fctry] = [0x9000, 0x1_2000];
    for at in [nvs, fctry] {
        for (store, keys) in [(&image, None), (&encrypted, Some(keys_partition))] {
            let mut flash = vec![0xFF; 0x2_0000];
            flash[at..at + store.len()].copy_from_slice(store);
            if let Some(keys) = keys {
                flash[0x1_1000..0x1_2000].copy_from_slice(&keys);
            }
            fs::write(&dump, flash).unwrap();
            let (table, dump) = (table.clone(), dump.clone());
            let report =
                Audit::new(Expected::new().for_tests()).with_flash_dump(FlashDump::new(dump).with_table(table));
            let report = report.execute().unwrap();
            let severe = |check| report.findings().any(|finding| finding.check == check);
            assert!(
                !severe(Check::KeyMissing) && !severe(Check::AttestationAbsent),
                "{report:?}"
            );
            assert_eq!(
                report.devices[0].uuid.as_deref(),
                devices[0].file_name().unwrap().to_str()
            );
        }
    }
}

/// Everything in NVS with the `esp_secure_cert` partition erased, or the dump truncated.
#[test]
fn erased_partitions_are_not_there_and_cut_ones_are_an_error() {
    let (folder, devices) = run(1);
    let image = fs::read(file(&devices[0], "-partition.bin")).unwrap();
    let (table, dump) = (folder.path().join("partitions.bin"), folder.path().join("flash.bin"));
    fs::write(&table, binary_table(&ROWS)).unwrap();
    let mut flash = vec![0xFF; 0x2_0000];
    flash[0x9000..0x9000 + image.len()].copy_from_slice(&image);
    let errors = |len: usize| {
        fs::write(&dump, &flash[..len]).unwrap();
        let (table, dump) = (table.clone(), dump.clone());
        let report = Audit::new(Expected::new().for_tests()).with_flash_dump(FlashDump::new(dump).with_table(table));
        let report = report.execute().unwrap();
        let errors = report.findings().filter(|finding| finding.severity == Severity::Error);
        errors.map(ToString::to_string).collect::<Vec<_>>()
    };
    for whole in [0x2_0000, 0x1_8000] {
        assert_eq!(errors(whole), Vec::<String>::new());
    }
    // One sector less, in the middle of the second store, and all but the first sector.
    for (len, partition) in [
        (0x1_7000, "inside the partition fctry"),
        (0x1_4001, "inside the partition fctry"),
    ] {
        let errors = errors(len);
        assert_eq!(errors.len(), 1, "{errors:?}");
        assert!(
            errors[0].contains("artifact-malformed") && errors[0].contains(partition),
            "{errors:?}"
        );
    }
    let errors = errors(0xF000);
    for partition in ["esp_secure_cert", "nvs_keys", "fctry"] {
        let text = format!("ends before the partition {partition}");
        assert!(errors.iter().any(|error| error.contains(&text)), "{errors:?}");
    }
}

const TABLE: &str = "nvs, DATA, NVS, 0x9000, 24 K\nnvs_keys, data, nvs_keys, , 4K\nboot, bootloader, primary, N/A, N/A\n\
                     fctry, data, nvs, 0x10000, -0x16000\n";

#[test]
fn factory_data_in_two_partitions_are_one_too_many() {
    let (folder, devices) = run(2);
    let [table, dump] = ["table", "dump"].map(|name| folder.path().join(name));
    fs::write(&table, TABLE).unwrap();
    let store = |index: usize| fs::read(file(&devices[index], "-partition.bin")).unwrap();
    let mut flash = vec![0xFF; 0x1_6000];
    flash[0x1_0000..].copy_from_slice(&store(0));
    let errors = |flash: &[u8]| {
        fs::write(&dump, flash).unwrap();
        let (table, dump) = (table.clone(), dump.clone());
        let audit = Audit::new(Expected::new().for_tests()).with_flash_dump(FlashDump::new(dump).with_table(table));
        let report = audit.execute().unwrap();
        let errors = report.findings().filter(|finding| finding.severity == Severity::Error);
        errors.map(|finding| finding.check).collect::<Vec<_>>()
    };
    assert_eq!(errors(&flash), []);
    // The namespace alone is created by firmware that looks for factory data.
    let mut empty = [0; 0x6000];
    let namespace = esp_nvs_image::Namespace::new("chip-factory").unwrap();
    let key = esp_nvs_image::Key::new("other").unwrap();
    let mut encoder =
        esp_nvs_image::Encoder::new(&mut empty, esp_nvs_image::PartitionSize::new(0x6000).unwrap()).unwrap();
    encoder
        .push(&namespace, &key, esp_nvs_image::Value::Number(Number::U8(1)))
        .unwrap();
    assert!(encoder.finish().len() <= 0x6000);
    flash[0x9000..0xF000].copy_from_slice(&empty);
    assert_eq!(errors(&flash), []);
    flash[0x9000..0xF000].copy_from_slice(&store(1));
    assert_eq!(errors(&flash), [Check::ArtifactTwice]);
}

#[test]
fn a_dump_needs_its_own_keys() {
    let (folder, devices) = run(1);
    let [table, dump, partition] = ["table", "dump", "keys"].map(|name| folder.path().join(name));
    fs::write(&table, TABLE).unwrap();
    let encoded = |first: u8| {
        let mut partition = [0; NvsKeys::PARTITION_LEN];
        NvsKeys::new([first; 32], [2; 32])
            .unwrap()
            .encode_partition(&mut partition);
        partition
    };
    let mut store = fs::read(file(&devices[0], "-partition.bin")).unwrap();
    esp_nvs_image::encrypt(&mut store, &NvsKeys::new([1; 32], [2; 32]).unwrap()).unwrap();
    fs::write(&partition, encoded(1)).unwrap();
    for (keys, is_wrong) in [
        (encoded(1), false),
        ([0xFF; NvsKeys::PARTITION_LEN], true),
        (encoded(3), true),
        // A result of flash encryption cannot be recognized.
        (std::array::from_fn(|at| at.to_le_bytes()[0] ^ 0x5A), false),
    ] {
        let mut flash = vec![0xFF; 0x1_6000];
        flash[0x1_0000..].copy_from_slice(&store);
        flash[0xF000..0x1_0000].copy_from_slice(&keys);
        fs::write(&dump, flash).unwrap();
        let (table, dump) = (table.clone(), dump.clone());
        let audit = Audit::new(Expected::new().for_tests()).with_flash_dump(FlashDump::new(dump).with_table(table));
        // As an option and as a file beside the dump.
        for audit in [audit.clone().with_keys(&partition), audit.with_path(&partition)] {
            let report = audit.execute().unwrap();
            let found = report.findings().any(|finding| finding.object == "nvs_keys");
            assert_eq!(found, is_wrong, "{report:?}");
            assert_eq!(report.is_clean(Severity::Error), !is_wrong, "{report:?}");
        }
    }
}

/// Firmware may have keys of its own; the DAC's key has a single place.
#[test]
fn the_key_of_the_dac_is_nowhere_else_in_the_flash() {
    let (folder, devices) = run(2);
    let [table, dump] = ["table", "dump"].map(|name| folder.path().join(name));
    fs::write(&table, "nvs, data, nvs, 0x9000, 0x6000\n").unwrap();
    let leaks = |key: &[u8]| {
        let mut flash = vec![0xFF; 0x2_0000];
        flash[0x9000..0xF000].copy_from_slice(&fs::read(file(&devices[0], "-partition.bin")).unwrap());
        flash[0x1_0123..0x1_0123 + key.len()].copy_from_slice(key);
        fs::write(&dump, flash).unwrap();
        let (table, dump) = (table.clone(), dump.clone());
        let report = Audit::new(Expected::new().for_tests()).with_flash_dump(FlashDump::new(dump).with_table(table));
        let report = report.execute().unwrap();
        let leaks = report.findings().filter(|finding| finding.check == Check::KeyLeaked);
        leaks.map(|finding| finding.object.clone()).collect::<Vec<_>>()
    };
    for name in ["DAC_key.der", "DAC_key.pem", "DAC_private_key.bin"] {
        let [own, other] = [0, 1].map(|index| fs::read(devices[index].join("internal").join(name)).unwrap());
        assert_eq!(leaks(&own), ["flash dump"], "{name}");
        assert_eq!(leaks(&other), Vec::<String>::new(), "{name}");
    }
}

/// A dump is the same device as the one in its folder, which contains more of it; a dump of another device is not.
#[test]
fn a_dump_beside_folders_is_compared_once() {
    let (folder, devices) = run(2);
    let [table, dump] = ["table", "dump"].map(|name| folder.path().join(name));
    fs::write(&table, "nvs, data, nvs, 0x9000, 0x6000\n").unwrap();
    let mut flash = vec![0xFF; 0x9000];
    flash.extend(fs::read(file(&devices[0], "-partition.bin")).unwrap());
    fs::write(&dump, flash).unwrap();
    let found = |device: &std::path::Path| {
        let (table, dump) = (table.clone(), dump.clone());
        let audit = Audit::new(Expected::new().for_tests()).with_path(device);
        let report = audit
            .with_flash_dump(FlashDump::new(dump).with_table(table))
            .execute()
            .unwrap();
        assert_eq!(report.devices.len(), 2);
        let errors = report
            .batch
            .iter()
            .filter(|finding| finding.severity == Severity::Error);
        errors.map(|finding| finding.check).collect::<Vec<_>>()
    };
    assert_eq!(found(&devices[0]), []);
    // The second device's folder with the first one's image: a duplicate device.
    fs::copy(file(&devices[0], "-partition.bin"), file(&devices[1], "-partition.bin")).unwrap();
    assert!(found(&devices[1]).contains(&Check::DuplicateKey));
}

#[test]
fn keys_partitions_that_do_not_match_are_reported() {
    let (folder, devices) = run(1);
    let [table, dump] = ["table", "dump"].map(|name| folder.path().join(name));
    fs::write(&table, TABLE).unwrap();
    let plain = fs::read(file(&devices[0], "-partition.bin")).unwrap();
    let keys = NvsKeys::new([1; 32], [2; 32]).unwrap();
    let mut encrypted = plain.clone();
    esp_nvs_image::encrypt(&mut encrypted, &keys).unwrap();
    let mut partition = [0; NvsKeys::PARTITION_LEN];
    keys.encode_partition(&mut partition);
    let mut damaged = partition;
    damaged[3] ^= 1;
    for (store, keys, found) in [
        (&encrypted, &partition, &[][..]),
        (
            &encrypted,
            &damaged,
            &[Check::ArtifactMalformed, Check::ArtifactMalformed],
        ),
        (&plain, &damaged, &[Check::ArtifactMalformed]),
        (&plain, &partition, &[Check::NvsNotEncrypted]),
        (&plain, &[0xFF; NvsKeys::PARTITION_LEN], &[]),
        (
            &encrypted,
            &[0xFF; NvsKeys::PARTITION_LEN],
            &[Check::ArtifactMalformed, Check::ArtifactMalformed],
        ),
    ] {
        let mut flash = vec![0xFF; 0x1_6000];
        flash[0x1_0000..].copy_from_slice(store);
        flash[0xF000..0x1_0000].copy_from_slice(keys);
        fs::write(&dump, flash).unwrap();
        let (table, dump) = (table.clone(), dump.clone());
        let audit = Audit::new(Expected::new().for_tests()).with_flash_dump(FlashDump::new(dump).with_table(table));
        let report = audit.execute().unwrap();
        let errors = report.findings().filter(|finding| finding.severity == Severity::Error);
        assert_eq!(
            errors.map(|finding| finding.check).collect::<Vec<_>>(),
            found,
            "{report:?}"
        );
    }
}
