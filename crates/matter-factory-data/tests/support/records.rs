//! Records for tests.

use esp_nvs_image::{Key, Namespace, Number, OwnedValue, PartitionSize};
use matter_attestation::{
    Certificate, CertificationDeclaration, CertificationType, DacSubject, DateTime, Issuer, PaaSubject, PaiSubject,
    PrivateKey, SerialNumber as CertificateSerial, TEST_CD_SIGNING_KEY_ID, Validity, issue_paa, test_cd_signing_key,
};
use matter_factory_data::{
    AttestationCredentials, Declaration, DeviceRecord, FactoryEntry, FixedLabel, HardwareVersion, SemanticTag,
    SupportedMode,
};
use matter_spake2p::{Iterations, PaseCredential, PbkdfParameters, Salt};
use matter_types::{Discriminator, Passcode, ProductId, VendorId};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

pub const VENDOR: u16 = 0xFFF1;
pub const PRODUCT: u16 = 0x8000;

pub fn ids() -> (VendorId, ProductId) {
    (VendorId::new(VENDOR).unwrap(), ProductId::new(PRODUCT).unwrap())
}

pub fn plain() -> DeviceRecord {
    let parameters = PbkdfParameters {
        iterations: Iterations::MIN,
        salt: Salt::new(&[7; 32]).unwrap(),
    };
    let pase = PaseCredential::derive(Passcode::new(20_202_021).unwrap(), parameters).unwrap();
    let (vendor, product) = ids();
    DeviceRecord::new(vendor, product, Discriminator::new(3840).unwrap(), &pase)
}

pub struct Chain {
    pub key: PrivateKey,
    pub dac: Certificate,
    pub pai: Certificate,
}

pub fn chain(vendor: u16, product: u16, seed: u64) -> Chain {
    let mut rng = ChaCha20Rng::seed_from_u64(seed);
    let vendor = VendorId::new(vendor).unwrap();
    let product = ProductId::new(product).unwrap();
    let validity = Validity::without_expiry(DateTime::new(2026, 1, 1, 0, 0, 0).unwrap());
    let serial = || CertificateSerial::generate(&mut ChaCha20Rng::seed_from_u64(seed + 1));
    let paa_key = PrivateKey::generate(&mut rng);
    let paa = issue_paa(&paa_key, &PaaSubject::new("PAA").unwrap(), validity, serial()).unwrap();
    let pai_key = PrivateKey::generate(&mut rng);
    let subject = PaiSubject::new("PAI", vendor).unwrap();
    let pai = Issuer::new(&paa, &paa_key)
        .unwrap()
        .issue_pai(&subject, &pai_key.public_key(), validity, serial())
        .unwrap();
    let key = PrivateKey::generate(&mut rng);
    let subject = DacSubject::new("device", vendor, product).unwrap();
    let dac = Issuer::new(&pai, &pai_key)
        .unwrap()
        .issue_dac(&subject, &key.public_key(), validity, serial())
        .unwrap();
    Chain { key, dac, pai }
}

pub fn declaration() -> Declaration {
    let (vendor, product) = ids();
    let content = CertificationDeclaration::new(
        vendor,
        &[product],
        0x0016,
        "ZIG20142ZB330001-24",
        CertificationType::DevelopmentAndTest,
    )
    .unwrap();
    Declaration::decode(content.sign(&test_cd_signing_key(), TEST_CD_SIGNING_KEY_ID).unwrap()).unwrap()
}

pub fn entry(namespace: &str, key: &str, value: OwnedValue) -> FactoryEntry {
    FactoryEntry {
        namespace: Namespace::new(namespace).unwrap(),
        key: Key::new(key).unwrap(),
        value,
    }
}

pub fn full() -> DeviceRecord {
    let mut record = plain();
    let Chain { key, dac, pai } = chain(VENDOR, PRODUCT, 1);
    record
        .set_credentials(AttestationCredentials::new(dac, key, pai).unwrap())
        .unwrap();
    record.declaration = Some(declaration());
    record.rotating_id = Some("c0398f4980b07c9460f71c5421e1a3c5".parse().unwrap());
    record.product.vendor_name = Some("ESP".parse().unwrap());
    record.product.product_name = Some("light".parse().unwrap());
    record.product.hardware_version = Some(HardwareVersion::new(1));
    record.product.hardware_version_string = Some("v1.0".parse().unwrap());
    record.product.manufacturing_date = Some("2022-10-25".parse().unwrap());
    record.product.product_finish = Some("fabric".parse().unwrap());
    record.product.product_color = Some("gold".parse().unwrap());
    record.product.part_number = Some("PN".parse().unwrap());
    record.product.serial_number = Some("SN".parse().unwrap());
    record.product.calendar_types = Some("Gregorian".parse().unwrap());
    record.locales = vec!["en-US".parse().unwrap(), "de".parse().unwrap()];
    for (endpoint, label) in [(1, "a"), (11, "b"), (1, "c")] {
        let value = "sixteen bytes..".parse().unwrap();
        record.fixed_labels.push(FixedLabel {
            endpoint,
            label: label.parse().unwrap(),
            value,
        });
    }
    for (endpoint, mode) in [(2, 0), (1, 255)] {
        let semantic_tags = vec![
            SemanticTag {
                mfg_code: 0xFFF1,
                value: 7,
            },
            SemanticTag { mfg_code: 0, value: 8 },
        ];
        let label = "Rapid \u{1f600}".parse().unwrap();
        record.supported_modes.push(SupportedMode {
            endpoint,
            mode,
            label,
            semantic_tags,
        });
    }
    record.product.product_label = Some("L".parse().unwrap());
    record.product.product_url = Some("https://example.com".parse().unwrap());
    record
        .add_entry(entry("app", "secret", OwnedValue::Blob(vec![1; 300])))
        .unwrap();
    record
        .add_entry(entry("chip-factory", "own", OwnedValue::Number(Number::I32(-5))))
        .unwrap();
    record
        .add_entry(entry("app", "name", OwnedValue::Str("x".into())))
        .unwrap();
    record
}

pub fn size() -> PartitionSize {
    PartitionSize::new(0x6000).unwrap()
}
