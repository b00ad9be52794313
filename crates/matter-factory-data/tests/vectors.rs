//! A device of the reference tool rebuilt from its inputs, if the vectors folder exists.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::path::{Path, PathBuf};

use esp_secure_cert::{EfuseKey, Error as SecureCertError, Image, PartitionSize, RawRecord, RecordType, Writer};
use matter_attestation::{Certificate, PrivateKey};
use matter_factory_data::{
    AttestationCredentials, DacKeyStorage, Declaration, DeviceRecord, Error, FixedLabel, HardwareVersion, Place,
    SecureCertNumbers, SemanticTag, StorageLayout, SupportedMode,
};
use matter_spake2p::{Iterations, PaseCredential, PbkdfParameters, Salt};
use matter_types::{Discriminator, Passcode, ProductId, VendorId};

const DEVICE: &str = "434dd5b5-ec1d-46aa-82ea-e486d3fc5017";

fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("MATTER_VECTORS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors"),
        PathBuf::from,
    );
    folder.is_dir().then_some(folder)
}

/// The arguments given to the reference tool (esp-matter-mfg-tool 1.0.29), and the values that it drew.
fn record(folder: &Path) -> DeviceRecord {
    let read = |name: &str| std::fs::read(folder.join(name)).unwrap();
    let parameters = PbkdfParameters {
        iterations: Iterations::new(10_000).unwrap(),
        salt: "D9qd9Jsw1JnbJYUxfsmdPHeJs5Re8OO6teJx/viP8vk=".parse().unwrap(),
    };
    let pase = PaseCredential::derive(Passcode::new(20_202_021).unwrap(), parameters).unwrap();
    let vendor = VendorId::new(65522).unwrap();
    let product = ProductId::new(32769).unwrap();
    let mut record = DeviceRecord::new(vendor, product, Discriminator::new(3840).unwrap(), &pase);
    let credentials = AttestationCredentials::new(
        Certificate::decode(&read("DAC_cert.pem")).unwrap(),
        PrivateKey::decode(&read("DAC_key.pem")).unwrap(),
        Certificate::decode(&read("pai_cert.der")).unwrap(),
    );
    record.set_credentials(credentials.unwrap()).unwrap();
    record.declaration = Some(Declaration::decode(read("Chip-Test-CD-FFF2-8001.der")).unwrap());
    record.product.vendor_name = Some("V".parse().unwrap());
    record.product.product_name = Some("P".parse().unwrap());
    record.product.hardware_version = Some(HardwareVersion::new(1));
    record.product.hardware_version_string = Some("hw".parse().unwrap());
    record.product.manufacturing_date = Some("20240115".parse().unwrap());
    record.rotating_id = Some("bf2e383052c3c1f1b21cc2eb2105ba9e".parse().unwrap());
    record.product.product_finish = Some("matte".parse().unwrap());
    record.product.product_color = Some("red".parse().unwrap());
    record.product.part_number = Some("PN".parse().unwrap());
    record.product.serial_number = Some("SN1".parse().unwrap());
    record.product.calendar_types = Some("Gregorian".parse().unwrap());
    record.locales = vec!["en-US".parse().unwrap()];
    record.fixed_labels = vec![FixedLabel {
        endpoint: 0,
        label: "orientation".parse().unwrap(),
        value: "up".parse().unwrap(),
    }];
    record.supported_modes = vec![SupportedMode {
        endpoint: 1,
        mode: 0,
        label: "RapidCool".parse().unwrap(),
        semantic_tags: vec![
            SemanticTag { mfg_code: 0, value: 7 },
            SemanticTag { mfg_code: 0, value: 8 },
        ],
    }];
    record.product.product_label = Some("L".parse().unwrap());
    record.product.product_url = Some("http://x".parse().unwrap());
    record
}

#[test]
fn image_and_codes_of_the_reference_tool() {
    let Some(folder) = folder() else {
        println!("factory data vectors: folder not found, 0 cases ran");
        return;
    };
    let folder = folder.join("factory_data");
    let expected = std::fs::read(folder.join(format!("{DEVICE}-partition.bin"))).unwrap();
    let record = record(&folder);
    let image = record.encode_nvs("0x6000".parse().unwrap()).unwrap();
    assert!(*image == expected, "the partition image differs");

    let codes = std::fs::read_to_string(folder.join(format!("{DEVICE}-onb_codes.csv"))).unwrap();
    let payload = record.setup_payload().unwrap();
    let row = format!(
        "{},{},3840,20202021",
        payload.qr_text().as_str(),
        payload.manual_code().grouped().as_str()
    );
    assert_eq!(codes.lines().nth(1), Some(row.as_str()));

    let read = DeviceRecord::decode_nvs(&expected).unwrap();
    assert_eq!(read.first_difference(&record), None);
    println!("factory data vectors: 1 case ran");
}

fn number(hex: &str) -> [u8; 32] {
    let digits = hex.as_bytes().as_chunks::<2>().0.iter();
    let bytes = digits.map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap());
    bytes.collect::<Vec<_>>().try_into().unwrap()
}

/// Images of esp-matter-mfg-tool 1.0.29 with esp-secure-cert-tool 2.6.1, rebuilt from their inputs.
#[test]
fn secure_cert_images_of_the_reference_tool() {
    let Some(folder) = folder() else {
        println!("secure-cert vectors: folder not found, 0 cases ran");
        return;
    };
    let read = |name: &str| std::fs::read(folder.join("secure_cert").join(name)).unwrap();
    let parameters = PbkdfParameters {
        iterations: Iterations::new(1000).unwrap(),
        salt: Salt::new(b"SPAKE2P Key SaltSPAKE2P Key Salt").unwrap(),
    };
    let pase = PaseCredential::derive(Passcode::new(20_202_021).unwrap(), parameters).unwrap();
    let (vendor, product) = (VendorId::new(0xFFF2).unwrap(), ProductId::new(0x8001).unwrap());
    let mut record = DeviceRecord::new(vendor, product, Discriminator::new(3840).unwrap(), &pase);
    let credentials = AttestationCredentials::new(
        Certificate::from_der(&read("inputs/DAC_cert.der")).unwrap(),
        PrivateKey::decode(&read("inputs/DAC_key.pem")).unwrap(),
        Certificate::from_der(&read("inputs/PAI_cert.der")).unwrap(),
    );
    record.set_credentials(credentials.unwrap()).unwrap();
    let layout = |others, key| StorageLayout::new(Place::SecureCert, others, others, key).unwrap();
    let dac_only = layout(Place::Nvs, DacKeyStorage::Plain);
    assert!(*record.encode_secure_cert(&dac_only).unwrap() == read("matter_dac_only.bin"));

    record.rotating_id = Some("000102030405060708090a0b0c0d0e0f".parse().unwrap());
    let numbers = [
        number("5c6d929ee4a7e7997a1ee66de3cf818f35ce6548b0fec940e3dd07b554b08d9f"),
        number("501751ec819d567088712aabe88e3d88d314f1f25829809dc2ef4e840593c965"),
    ];
    record.secure_cert_numbers = Some(SecureCertNumbers::new(numbers));
    let all = layout(Place::SecureCert, DacKeyStorage::Plain);
    let images = record.encode("0x6000".parse().unwrap(), &all).unwrap();
    let expected = read("matter_all.bin");
    assert!(images.secure_cert() == Some(&expected));
    let (device, found) = DeviceRecord::decode(images.nvs(), Some(&expected)).unwrap();
    assert_eq!(found, all);
    assert_eq!(device.first_difference(&record), None);

    // The tool's image for the ECDSA peripheral contains the key: it is refused, and ours is equal without the key.
    let leaking = read("matter_ds_peripheral.bin");
    let error =
        DeviceRecord::decode(&record.encode_nvs("0x6000".parse().unwrap()).unwrap(), Some(&leaking)).unwrap_err();
    assert!(
        matches!(error, Error::SecureCert(SecureCertError::KeyNotKeyless { .. })),
        "{error}"
    );
    let mut buffer = [0; 0x2000];
    let mut writer = Writer::new(&mut buffer, PartitionSize::DEFAULT);
    for record in Image::new(&leaking).records().map(Result::unwrap) {
        let data = if record.kind() == RecordType::PRIV_KEY {
            &[]
        } else {
            record.data()
        };
        let raw = RawRecord::new(record.kind(), record.subtype(), data).with_flags(record.flags());
        writer.push_raw(&raw).unwrap();
    }
    let efuse = Image::new(&leaking)
        .find(RecordType::SEC_CFG, esp_secure_cert::Subtype::MIN)
        .unwrap()
        .unwrap();
    let key = EfuseKey::new(efuse.data()[0] - 4).unwrap();
    let layout = layout(Place::Nvs, DacKeyStorage::EfuseEcdsa(key));
    assert!(*record.encode_secure_cert(&layout).unwrap() == writer.as_bytes());
    println!("secure-cert vectors: 3 cases ran");
}
