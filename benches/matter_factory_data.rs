//! A complete record to its partition image, and back.

#![allow(clippy::unwrap_used, missing_docs, reason = "benchmark")]

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use esp_nvs_image::{Key, Namespace, OwnedValue, PartitionSize};
use matter_attestation::{
    CertificationDeclaration, CertificationType, DacSubject, DateTime, Issuer, PaaSubject, PaiSubject, PrivateKey,
    SerialNumber, TEST_CD_SIGNING_KEY_ID, Validity, issue_paa, test_cd_signing_key,
};
use matter_factory_data::{
    AttestationCredentials, Declaration, DeviceRecord, FactoryEntry, FixedLabel, HardwareVersion, SemanticTag,
    SupportedMode,
};
use matter_spake2p::{Iterations, PaseCredential, PbkdfParameters, Salt};
use matter_types::{Discriminator, Passcode, ProductId, VendorId};

fn credentials(vendor: VendorId, product: ProductId) -> AttestationCredentials {
    let [paa_key, pai_key, key] = [1, 2, 3].map(|byte| PrivateKey::from_scalar(&[byte; 32]).unwrap());
    let validity = Validity::without_expiry(DateTime::new(2026, 1, 1, 0, 0, 0).unwrap());
    let serial = SerialNumber::new(&[1; 16]).unwrap();
    let paa = issue_paa(&paa_key, &PaaSubject::new("Bench PAA").unwrap(), validity, serial).unwrap();
    let subject = PaiSubject::new("Bench PAI", vendor).unwrap();
    let issuer = Issuer::new(&paa, &paa_key).unwrap();
    let pai = issuer
        .issue_pai(&subject, &pai_key.public_key(), validity, serial)
        .unwrap();
    let subject = DacSubject::new("Bench DAC", vendor, product).unwrap();
    let issuer = Issuer::new(&pai, &pai_key).unwrap();
    let dac = issuer.issue_dac(&subject, &key.public_key(), validity, serial).unwrap();
    AttestationCredentials::new(dac, key, pai).unwrap()
}

fn declaration(vendor: VendorId, product: ProductId) -> Declaration {
    let kind = CertificationType::DevelopmentAndTest;
    let content = CertificationDeclaration::new(vendor, &[product], 0x0016, "CSA00000SWC00000-00", kind).unwrap();
    Declaration::decode(content.sign(&test_cd_signing_key(), TEST_CD_SIGNING_KEY_ID).unwrap()).unwrap()
}

/// Returns a record with every field.
fn full() -> DeviceRecord {
    let (vendor, product) = (VendorId::new(0xFFF1).unwrap(), ProductId::new(0x8000).unwrap());
    let parameters = PbkdfParameters {
        iterations: Iterations::MIN,
        salt: Salt::new(&[7; 32]).unwrap(),
    };
    let pase = PaseCredential::derive(Passcode::new(20_202_021).unwrap(), parameters).unwrap();
    let mut record = DeviceRecord::new(vendor, product, Discriminator::new(3840).unwrap(), &pase);
    record.set_credentials(credentials(vendor, product)).unwrap();
    record.declaration = Some(declaration(vendor, product));
    record.rotating_id = Some("000102030405060708090a0b0c0d0e0f".parse().unwrap());
    record.product.vendor_name = Some("Example Vendor".parse().unwrap());
    record.product.product_name = Some("Example Light".parse().unwrap());
    record.product.hardware_version = Some(HardwareVersion::new(1));
    record.product.hardware_version_string = Some("1.0".parse().unwrap());
    record.product.manufacturing_date = Some("2026-01-31".parse().unwrap());
    record.product.product_finish = Some("matte".parse().unwrap());
    record.product.product_color = Some("white".parse().unwrap());
    record.product.part_number = Some("PN-0001".parse().unwrap());
    record.product.serial_number = Some("SN-0001".parse().unwrap());
    record.product.calendar_types = Some("Gregorian".parse().unwrap());
    record.locales = ["en-US", "de"].map(|tag| tag.parse().unwrap()).into();
    record.fixed_labels.push(FixedLabel {
        endpoint: 0,
        label: "orientation".parse().unwrap(),
        value: "up".parse().unwrap(),
    });
    record.supported_modes.push(SupportedMode {
        endpoint: 1,
        mode: 0,
        label: "quiet".parse().unwrap(),
        semantic_tags: vec![SemanticTag { mfg_code: 0, value: 8 }],
    });
    record.product.product_label = Some("Light of the example".parse().unwrap());
    record.product.product_url = Some("https://example.com".parse().unwrap());
    let entry = FactoryEntry {
        namespace: Namespace::new("own").unwrap(),
        key: Key::new("calibration").unwrap(),
        value: OwnedValue::Blob(vec![1; 300]),
    };
    record.add_entry(entry).unwrap();
    record
}

fn records(c: &mut Criterion) {
    let mut group = c.benchmark_group("matter-factory-data");
    let record = full();
    let size = PartitionSize::new(0x6000).unwrap();
    let image = record.encode_nvs(size).unwrap();
    group.throughput(Throughput::Bytes(size.get().into()));
    group.bench_function(BenchmarkId::new("encode-nvs", "24KiB"), |b| {
        b.iter(|| black_box(black_box(&record).encode_nvs(black_box(size)).unwrap()));
    });
    group.bench_function(BenchmarkId::new("decode-nvs", "24KiB"), |b| {
        b.iter(|| black_box(DeviceRecord::decode_nvs(black_box(&image)).unwrap()));
    });
    group.finish();
}

criterion_group!(benches, records);
criterion_main!(benches);
