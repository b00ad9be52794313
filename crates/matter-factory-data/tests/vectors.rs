//! A device of the reference tool, made again from its inputs, when the vectors folder is there.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::path::{Path, PathBuf};

use matter_attestation::{Certificate, PrivateKey};
use matter_factory_data::{AttestationCredentials, Declaration, DeviceRecord, FixedLabel, SemanticTag, SupportedMode};
use matter_spake2p::{Iterations, PaseCredential, PbkdfParameters};
use matter_types::{Discriminator, Passcode, ProductId, VendorId};

const DEVICE: &str = "434dd5b5-ec1d-46aa-82ea-e486d3fc5017";

fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("MATTER_VECTORS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors"),
        PathBuf::from,
    );
    folder.is_dir().then_some(folder)
}

/// The arguments that the reference tool (esp-matter-mfg-tool 1.0.29) was given, and what it drew.
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
    record.vendor_name = Some("V".parse().unwrap());
    record.product_name = Some("P".parse().unwrap());
    record.hardware_version = Some(1);
    record.hardware_version_string = Some("hw".parse().unwrap());
    record.manufacturing_date = Some("20240115".parse().unwrap());
    record.rotating_id = Some("bf2e383052c3c1f1b21cc2eb2105ba9e".parse().unwrap());
    record.product_finish = Some("matte".parse().unwrap());
    record.product_color = Some("red".parse().unwrap());
    record.part_number = Some("PN".parse().unwrap());
    record.serial_number = Some("SN1".parse().unwrap());
    record.calendar_types = Some("Gregorian".parse().unwrap());
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
    record.product_label = Some("L".parse().unwrap());
    record.product_url = Some("http://x".parse().unwrap());
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
