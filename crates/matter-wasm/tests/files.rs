//! The recognized kind of each file; no file crashes the inspector.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use esp_nvs_image::{BlobVersion, Key, Namespace, NvsKeys, PartitionSize, Value};
use matter_wasm::{Inspector, read_qr};

fn what(name: &str, bytes: &[u8]) -> String {
    let mut inspector = Inspector::new();
    inspector.add_file(name, bytes);
    let mut report = inspector.report();
    report.files.remove(0).what
}

fn nvs() -> Vec<u8> {
    let namespace = Namespace::new("chip-factory").unwrap();
    let entries = [
        (namespace, Key::new("discriminator").unwrap(), Value::from(3840_u32)),
        (namespace, Key::new("serial-num").unwrap(), Value::Str("SN-0001")),
    ];
    esp_nvs_image::encode_to_vec(PartitionSize::new(0x6000).unwrap(), BlobVersion::V2, entries).unwrap()
}

/// A flash of 64 KiB with the image at 0xA000, and a table with one row (ESP-IDF Programming Guide,
/// "Partition Tables").
fn flash(table_at: usize) -> Vec<u8> {
    let mut flash = vec![0xFF; 0x1_0000];
    let mut row = vec![0xAA, 0x50, 1, 2];
    row.extend(0xA000_u32.to_le_bytes());
    row.extend(0x6000_u32.to_le_bytes());
    row.extend(b"fctry\0\0\0\0\0\0\0\0\0\0\0");
    row.extend(0_u32.to_le_bytes());
    flash[table_at..table_at + row.len()].copy_from_slice(&row);
    flash[0xA000..].copy_from_slice(&nvs());
    flash
}

#[test]
fn files_are_known_by_what_is_in_them() {
    let mut keys = [0; NvsKeys::PARTITION_LEN];
    NvsKeys::new([1; 32], [2; 32]).unwrap().encode_partition(&mut keys);
    let cases: [(&str, &[u8], &str); 11] = [
        ("a", &nvs(), "NVS partition"),
        ("a", &[0xFF; 0x3000], "NVS partition"),
        ("a", &keys, "Keys of an encrypted NVS partition"),
        ("a", &flash(0x8000), "Flash dump"),
        ("a", &flash(0x9000), "Flash dump"),
        (
            "a",
            &vec![0x5A; 0x20_0000],
            "Flash dump without a readable partition table",
        ),
        ("a", b"MT:Y.K9042C00KA0648G00", "Text of a QR code"),
        ("a", b"3497-0112-332", "Manual pairing code"),
        ("a", b"", "Empty file"),
        (
            "a.csv",
            b"qrcode,manualcode\nMT:Y.K9042C00KA0648G00,34970112332",
            "Onboarding codes",
        ),
        ("a", b"hello", "Not recognized; only searched for private keys"),
    ];
    for (name, bytes, wanted) in cases {
        assert_eq!(what(name, bytes), wanted);
    }
}

#[test]
fn a_dump_gives_its_partitions_wherever_the_table_is() {
    for table_at in [0x8000, 0x9000] {
        let mut inspector = Inspector::new();
        inspector.add_file("flash.bin", &flash(table_at));
        let report = inspector.report();
        let summary = report.flash.unwrap();
        assert_eq!((summary.table_offset, summary.partitions.len()), (table_at, 1));
        let map = report.nvs.unwrap();
        assert_eq!((map.source.as_str(), map.entries.len()), ("fctry", 3));
    }
}

#[test]
fn an_encrypted_partition_is_read_with_its_keys() {
    let keys = NvsKeys::new([1; 32], [2; 32]).unwrap();
    let mut image = nvs();
    esp_nvs_image::encrypt(&mut image, &keys).unwrap();
    let mut partition = [0; NvsKeys::PARTITION_LEN];
    keys.encode_partition(&mut partition);
    let mut inspector = Inspector::new();
    inspector.add_file("nvs.bin", &image);
    let map = inspector.report().nvs.unwrap();
    assert_eq!((map.is_decrypted, map.entries.len()), (false, 0));
    inspector.add_file("keys.bin", &partition);
    let map = inspector.report().nvs.unwrap();
    assert_eq!((map.is_decrypted, map.entries.len()), (true, 3));
    // Keys for a plain image are reported, and the image is read.
    let mut inspector = Inspector::new();
    inspector.add_file("nvs.bin", &nvs());
    inspector.add_file("keys.bin", &partition);
    assert_eq!(inspector.report().nvs.unwrap().entries.len(), 3);
}

/// Deterministic random numbers.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 >> 11).unwrap() % limit
    }
}

#[test]
fn no_file_crashes_the_inspector() {
    let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15);
    let seeds: [Vec<u8>; 5] = [
        nvs(),
        flash(0x8000),
        b"MT:Y.K9042C00KA0648G00\n34970112332".to_vec(),
        b"qrcode,manualcode\nMT:Y.K9042C00KA0648G00,34970112332".to_vec(),
        include_bytes!("../../esp-secure-cert/tests/data/tool/00014.bin").to_vec(),
    ];
    let mut reports = 0;
    for round in 0..300 {
        let mut inspector = Inspector::new();
        inspector.set_time(if round % 3 == 0 { "2026-06-01T00:00:00Z" } else { "soon" });
        for number in 0..1 + round % 2 {
            let mut bytes = seeds[(round + number) % seeds.len()].clone();
            for _ in 0..numbers.below(12) {
                let at = numbers.below(bytes.len());
                bytes[at] = u8::try_from(numbers.below(256)).unwrap();
            }
            if numbers.below(4) == 0 {
                bytes.truncate(numbers.below(bytes.len()));
            }
            inspector.add_file("file.bin", &bytes);
        }
        inspector.add_picture(
            "picture.png",
            9,
            if round % 2 == 0 { Ok("MT:") } else { Err("no code") },
        );
        let report = inspector.report();
        assert_eq!(report.counts.iter().sum::<usize>(), report.problems.len());
        for entry in report.nvs.iter().flat_map(|map| &map.entries) {
            assert!(entry.secret.as_ref().is_none_or(|id| inspector.reveal(id).is_some()));
        }
        reports += 1;
    }
    println!("{reports} cases ran");
}

/// The seeds of the fuzz targets: files of every kind, valid and malformed.
#[test]
fn no_seed_of_the_fuzz_targets_crashes_the_inspector() {
    let corpus = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus");
    let mut cases = 0;
    for folder in std::fs::read_dir(corpus).unwrap() {
        for file in std::fs::read_dir(folder.unwrap().path()).unwrap() {
            let bytes = std::fs::read(file.unwrap().path()).unwrap();
            let mut inspector = Inspector::new();
            inspector.set_time("2026-06-01T00:00:00Z");
            inspector.add_file("seed", &bytes);
            assert_eq!(inspector.report().files.len(), 1);
            cases += 1;
        }
    }
    println!("{cases} cases ran");
    assert!(cases > 100);
}

#[test]
fn pictures_of_a_wrong_size_are_refused() {
    assert!(read_qr(0, 0, &[]).is_err());
    assert!(read_qr(2, 2, &[0; 3]).is_err());
    assert!(read_qr(usize::MAX, 2, &[0; 3]).is_err());
    assert_eq!(read_qr(8, 8, &[0; 64]).unwrap_err(), "there is no QR code in it");
}
