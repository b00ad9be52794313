//! Which findings of leaked keys are reported, and that no finding hides another.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]
#![allow(dead_code, reason = "the good devices come from the matrix")]

#[path = "audit/device.rs"]
mod device;

use esp_nvs_image::{Number, OwnedValue};
use esp_secure_cert::{EfuseKey, RecordType};
use matter_factory_data::{Check, Finding, KeyPlace, Severity};

use device::{Device, key};

fn leaks(device: &Device) -> Vec<Finding> {
    let report = device.audit();
    let leaks = report
        .findings()
        .iter()
        .filter(|finding| finding.check == Check::KeyLeaked);
    leaks.cloned().collect()
}

fn errors(device: &Device) -> Vec<String> {
    let errors = leaks(device)
        .into_iter()
        .filter(|finding| finding.severity == Severity::Error);
    errors.map(|finding| finding.object).collect()
}

/// An encrypted RSA key for the digital signature peripheral: its context names a key of the eFuses and 2048 bits.
fn put_ds_data(device: &mut Device) {
    let mut data = vec![0x5A; 4 + 16 + 1200];
    data[..4].copy_from_slice(&63u32.to_le_bytes());
    device.record(RecordType::DS_DATA, 0, &data);
    let key = EfuseKey::new(1).unwrap();
    device.record(RecordType::DS_CONTEXT, 0, &[0, 0, 0, 0, key.id(), 0, 0x00, 0x08]);
}

#[test]
fn a_warning_of_one_record_hides_no_key_in_another() {
    let mut device = Device::in_secure_cert();
    put_ds_data(&mut device);
    let before = leaks(&device);
    assert_eq!(before.len(), 1, "{before:?}");
    assert_eq!(before[0].severity, Severity::Warning);
    device.record(RecordType::MATTER_1, 9, &key(3).to_sec1_der());
    let after = leaks(&device);
    assert_eq!(after[0], before[0]);
    assert_eq!(errors(&device), ["secure-cert"], "{after:?}");
}

#[test]
fn an_error_of_one_record_hides_no_key_in_another() {
    let mut device = Device::in_efuse();
    let sec1 = key(3).to_sec1_der();
    device.record_mut(RecordType::PRIV_KEY, 0).data = sec1.to_vec();
    // The record is reported once, by the image's check.
    assert_eq!(errors(&device), ["secure-cert"]);
    device.record(RecordType::MATTER_1, 9, &sec1);
    let after = leaks(&device);
    assert_eq!(errors(&device), ["secure-cert"; 2], "{after:?}");
    assert!(after[1].text.contains("SEC 1 at offset"), "{after:?}");
}

#[test]
fn key_in_nvs_and_efuses_is_reported_once_and_so_is_its_copy() {
    let scalar = key(3).expose_scalar();
    let mut device = Device::in_efuse();
    device.put("dac-key", OwnedValue::Blob(scalar.to_vec()));
    assert_eq!(errors(&device), ["nvs dac-key"]);
    device.put("note", OwnedValue::Blob(scalar.to_vec()));
    assert_eq!(errors(&device), ["nvs dac-key", "nvs"]);
}

#[test]
fn a_name_in_nvs_hides_no_key() {
    let mut device = Device::in_efuse();
    device.put("nvs dac-key", OwnedValue::Number(Number::U8(1)));
    assert_eq!(errors(&device), [""; 0]);
    device.put("nvs dac-key", OwnedValue::Blob(key(3).expose_scalar().to_vec()));
    assert_eq!(errors(&device), ["nvs"]);
}

#[test]
fn a_wrong_key_in_nvs_hides_no_right_one() {
    let mut device = Device::in_efuse();
    device.put("dac-key", OwnedValue::Blob(key(9).expose_scalar().to_vec()));
    assert_eq!(errors(&device), ["nvs dac-key"]);
    device.put("note", OwnedValue::Blob(key(3).expose_scalar().to_vec()));
    assert_eq!(errors(&device), ["nvs dac-key", "nvs"]);
    // An unreadable key cannot be found elsewhere.
    let mut device = Device::in_nvs();
    device.put("dac-key", OwnedValue::Blob(vec![1; 31]));
    device.put("note", OwnedValue::Blob(key(3).expose_scalar().to_vec()));
    assert_eq!(errors(&device), ["nvs"]);
}

#[test]
fn stored_key_without_a_certificate_is_the_device_s_own() {
    let mut device = Device::in_nvs();
    device.remove("dac-cert");
    device.put("note", OwnedValue::Blob(key(3).expose_scalar().to_vec()));
    let leaks = leaks(&device);
    assert_eq!(leaks.len(), 1, "{leaks:?}");
    assert!(leaks[0].text.contains("the DAC's key"), "{leaks:?}");
}

#[test]
fn list_of_decimal_bytes_is_found_at_its_first_number() {
    let mut device = Device::in_efuse();
    device.key_files = vec![format!("  key: {:?}", *key(3).expose_scalar()).into_bytes()];
    let leaks = leaks(&device);
    assert_eq!(leaks.len(), 1, "{leaks:?}");
    assert!(
        leaks[0].text.contains("the DAC's key") && leaks[0].text.contains("at offset 0x8"),
        "{leaks:?}"
    );
}

#[test]
fn key_file_is_reported_by_its_owner() {
    let bare = |number: u64| key(number).expose_scalar().to_vec();
    let hex = |number: u64| {
        bare(number)
            .iter()
            .map(|byte| format!("{byte:02X}"))
            .collect::<String>()
    };
    for (base, own, other) in [
        (Device::in_nvs(), None, Some("another key")),
        (Device::in_secure_cert(), None, Some("another key")),
        (Device::in_efuse(), Some("the DAC's key"), Some("another key")),
    ] {
        for (number, whose) in [(3, own), (4, other)] {
            for file in [
                bare(number),
                hex(number).into_bytes(),
                format!("{}\n", hex(number)).into_bytes(),
            ] {
                let mut device = base.clone();
                device.key_files = vec![file];
                let leaks = leaks(&device);
                assert_eq!(leaks.len(), usize::from(whose.is_some()), "{leaks:?}");
                assert!(
                    leaks.iter().zip(whose).all(|(leak, whose)| leak.text.contains(whose)),
                    "{leaks:?}"
                );
            }
        }
    }
    // Neither text nor random bytes are a key.
    let mut device = Device::in_nvs();
    device.key_files = vec![b"no key".to_vec(), vec![0xFF; 32], vec![0x11; 33]];
    assert_eq!(errors(&device), [""; 0]);
}

#[test]
fn efuse_key_file_is_reported_by_its_content() {
    let forms = |number: u64| {
        let key = key(number);
        let pem = key.to_pkcs8_pem().unwrap().as_bytes().to_vec();
        [pem, key.to_sec1_der().to_vec(), key.expose_scalar().to_vec()]
    };
    let told = |base: Device, bytes: &[u8]| {
        let device = Device {
            efuse_key: Some(bytes.to_vec()),
            ..base
        };
        let report = device.audit();
        let about = report.findings().iter().filter(|finding| finding.object == "efuse-key");
        about.map(|finding| finding.check).collect::<Vec<_>>()
    };
    for bytes in forms(3) {
        assert_eq!(told(Device::in_efuse(), &bytes), [Check::EfuseKeyFile]);
        assert_eq!(told(Device::in_nvs(), &bytes), [Check::KeyLeaked]);
    }
    for bytes in forms(4) {
        assert_eq!(told(Device::in_efuse(), &bytes), [Check::KeyLeaked]);
    }
    for bytes in [
        &b"no key"[..],
        b"",
        b"-----BEGIN PRIVATE KEY-----\n-----END PRIVATE KEY-----\n",
    ] {
        assert_eq!(told(Device::in_efuse(), bytes), [Check::ArtifactMalformed]);
    }
    assert_eq!(Device::in_efuse().audit().key_place(), KeyPlace::Elsewhere);
}
