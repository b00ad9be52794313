//! Vectors made by esptool, espsecure and ESP-IDF's generator.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    unreachable_pub,
    reason = "tests"
)]

#[path = "support/vectors.rs"]
mod vectors;

use esp_flash_image::{
    BootScheme, Chip, EncryptionScheme, FlashCryptConfig, FlashKey, Image, ImageHeader, ImageWriter, OtaSelect,
    OtaState, PartitionTable, TableOptions,
};
use sha2::{Digest, Sha256};
use vectors::{hex, load, number};

#[test]
fn flash_is_encrypted_as_by_espsecure() {
    let Some(file) = load("flash_encryption.json") else {
        return;
    };
    let vectors = file["vectors"].as_array().unwrap();
    let mut beyond = 0;
    for vector in vectors {
        let (key, address) = (hex(&vector["key"]), number(&vector["address"]));
        let scheme = match (vector["scheme"].as_str().unwrap(), key.len()) {
            ("esp32-legacy", _) => EncryptionScheme::Esp32,
            ("xts", 16) => EncryptionScheme::Xts128Derived,
            ("xts", 32) => EncryptionScheme::Xts128,
            ("xts", 64) => EncryptionScheme::Xts256,
            other => panic!("{other:?}"),
        };
        let mut key = FlashKey::new(scheme, &key).unwrap();
        if let Some(config) = vector["flash_crypt_config"].as_u64() {
            key = key.with_flash_crypt_config(FlashCryptConfig::new(config.try_into().unwrap()).unwrap());
        }
        let (plain, stored) = (hex(&vector["plain"]), hex(&vector["cipher"]));
        let cipher = key.cipher();
        let mut bytes = plain.clone();
        if scheme == EncryptionScheme::Esp32 && address >= 0x100_0000 {
            // The tool's results follow no rule there.
            assert!(cipher.encrypt(address, &mut bytes).is_err());
            beyond += 1;
            continue;
        }
        cipher.encrypt(address, &mut bytes).unwrap();
        assert_eq!(bytes, stored, "{scheme} at {address:#x}");
        cipher.decrypt(address, &mut bytes).unwrap();
        assert_eq!(bytes, plain, "{scheme} at {address:#x}");
    }
    println!(
        "flash_encryption.json: {} cases ran, {beyond} refused beyond 16 MiB",
        vectors.len()
    );
}

#[test]
fn pieces_that_espsecure_refuses_or_pads_are_refused() {
    let Some(file) = load("flash_encryption.json") else {
        return;
    };
    let xts = FlashKey::new(EncryptionScheme::Xts128, &[1; 32]).unwrap().cipher();
    let legacy = FlashKey::new(EncryptionScheme::Esp32, &[1; 32]).unwrap().cipher();
    let errors = file["errors"].as_array().unwrap();
    for error in errors {
        let found = match error["case"].as_str().unwrap() {
            "xts, address 0x1008" => xts.encrypt(0x1008, &mut [0; 16]),
            "xts, 127 bytes" => xts.encrypt(0, &mut [0; 127]),
            "xts, empty" => xts.encrypt(0, &mut []),
            "xts, 24-byte key" => FlashKey::new(EncryptionScheme::Xts128, &[0; 24]).map(drop),
            "xts, address >= 2^32 or data crossing 2^32" => xts.encrypt(0xFFFF_FFF0, &mut [0; 32]),
            "legacy, 16- or 64-byte key" => {
                assert!(FlashKey::new(EncryptionScheme::Esp32, &[0; 16]).is_err());
                FlashKey::new(EncryptionScheme::Esp32, &[0; 64]).map(drop)
            }
            "legacy, 17 bytes" => legacy.encrypt(0, &mut [0; 17]),
            "legacy, empty" => legacy.encrypt(0, &mut []),
            "legacy, flash_crypt_config 16" => FlashCryptConfig::new(16).map(drop),
            other => panic!("{other}"),
        };
        assert!(found.is_err(), "{error}");
    }
    println!("flash_encryption.json: {} refusals ran", errors.len());
}

/// Inputs that we refuse and the tool accepts, with the reason.
const STRICTER: [(&str, &str); 1] = [("abcdefghijklmnopqrst,data,nvs,0x9000,0x3000\n", "16")];

#[test]
fn partition_tables_are_made_and_refused_as_by_the_generator() {
    let Some(file) = load("partition_table.json") else {
        return;
    };
    let cases = file["cases"].as_array().unwrap();
    for case in cases {
        let csv = case["csv"].as_str().unwrap();
        let mut options = TableOptions::new();
        let mut args = case["args"].as_array().unwrap().iter().map(|arg| arg.as_str().unwrap());
        while let Some(arg) = args.next() {
            options = match arg {
                "--offset" => {
                    let digits = args.next().unwrap().trim_start_matches("0x");
                    options.with_offset(u32::from_str_radix(digits, 16).unwrap())
                }
                "--disable-md5sum" => options.without_md5(),
                "--secure" => {
                    assert_eq!(args.next(), Some("v1"));
                    options.with_secure_boot(BootScheme::V1)
                }
                "--flash-size" => options.with_flash_size(args.next().unwrap().parse().unwrap()),
                other => panic!("{other}"),
            };
        }
        let table = PartitionTable::from_csv(csv, &options);
        if let Some((_, text)) = STRICTER.iter().find(|(stricter, _)| *stricter == csv) {
            assert!(table.unwrap_err().to_string().contains(text));
            continue;
        }
        if case.get("error").is_some() {
            assert!(table.is_err(), "{case}");
            continue;
        }
        let bytes = table.unwrap().encode();
        let used = hex(&case["used"]);
        assert_eq!(bytes[..used.len()], used, "{csv}");
        assert_eq!(bytes.len(), usize::try_from(number(&case["length"])).unwrap());
        assert_eq!(Sha256::digest(&bytes)[..], hex(&case["sha256"]), "{csv}");
        assert_eq!(PartitionTable::read(&bytes, &options).unwrap().encode(), bytes, "{csv}");
    }
    println!("partition_table.json: {} cases ran", cases.len());
}

#[test]
fn images_are_written_as_by_esptool() {
    let Some(file) = load("image.json") else { return };
    let images = file["images"].as_array().unwrap();
    for case in images {
        let chip: Chip = case["chip"].as_str().unwrap().parse().unwrap();
        let has_hash = case["append_sha256"].as_bool().unwrap();
        let expected = hex(&case["image"]);
        // The vectors do not include flash mode and size; take them from the file.
        let given = ImageHeader::decode(&expected).unwrap();
        let header = ImageHeader::new(chip)
            .with_entry(number(&case["entry"]))
            .with_spi_mode(given.spi_mode().unwrap())
            .with_flash_codes(expected[3] >> 4, given.flash_frequency())
            .with_hash(has_hash);
        let mut writer = ImageWriter::new(header);
        let segments = case["segments"].as_array().unwrap();
        for segment in segments {
            writer.push(number(&segment[0]), &hex(&segment[1])).unwrap();
        }
        let bytes = writer.finish().unwrap();
        assert_eq!(bytes, expected, "{chip}");
        let image = Image::parse(&bytes).unwrap();
        assert_eq!((image.header().chip(), image.has_hash()), (Some(chip), has_hash));
        assert_eq!(image.segments().count(), segments.len());
        for (segment, expected) in image.segments().zip(segments) {
            assert_eq!(
                (segment.load_address, segment.data),
                (number(&expected[0]), &hex(&expected[1])[..])
            );
        }
    }
    println!("image.json: {} cases ran", images.len());
}

#[test]
fn otadata_is_written_as_by_esp_idf() {
    let Some(file) = load("otadata.json") else { return };
    let entries = file["entries"].as_array().unwrap();
    for case in entries {
        let entry = OtaSelect::new(number(&case["seq"]), OtaState::Undefined).unwrap();
        let expected = hex(&case["entry"]);
        assert_eq!(entry.encode()[..], expected);
        assert_eq!(OtaSelect::decode(&expected.try_into().unwrap()), Ok(Some(entry)));
    }
    println!("otadata.json: {} cases ran", entries.len());
}
