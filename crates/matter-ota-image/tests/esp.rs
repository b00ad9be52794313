//! Payloads of ESP32 devices: app images, signed or not, patches and encrypted images.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::expect_used,
    reason = "tests"
)]

#[path = "support/esp_image.rs"]
mod esp_image;

use esp_flash_image::Chip;
use esp_image::{app, signed};
use matter_ota_image::{
    ApplicableVersions, DeltaHeader, DigestType, EncryptedForm, EncryptedHeader, Error, EspApp, EspFinding, EspPayload,
    EspSignature, ExpectedApp, OtaHeader, PayloadHasher, SoftwareVersion, SoftwareVersionString,
};
use matter_types::{ProductId, Severity, VendorId};

fn ids(findings: impl Iterator<Item = EspFinding>) -> Vec<(&'static str, Severity)> {
    findings.map(|finding| (finding.id(), finding.severity())).collect()
}

fn check(payload: &[u8], expected: &ExpectedApp<'_>) -> Vec<(&'static str, Severity)> {
    match EspApp::parse(payload) {
        Ok(app) => ids(app.findings(expected)),
        Err(finding) => vec![(finding.id(), finding.severity())],
    }
}

fn expected(version: &str) -> ExpectedApp<'_> {
    let mut expected = ExpectedApp::default();
    expected.version = Some(version);
    expected.chip = Some(Chip::Esp32h2);
    expected
}

#[test]
fn an_app_image_is_identified() {
    let payload = app(Chip::Esp32h2, "1.2.3", "light");
    assert_eq!(EspPayload::of(&payload), Some(EspPayload::App));
    let app = EspApp::parse(&payload).unwrap();
    let description = app.image().app_description().unwrap();
    assert_eq!((description.version(), description.project_name()), ("1.2.3", "light"));
    assert_eq!(app.image().header().chip(), Some(Chip::Esp32h2));
    assert_eq!(app.signature().to_string(), "not signed");
    assert_eq!(
        ids(app.findings(&expected("1.2.3"))),
        [("esp-not-signed", Severity::Note)]
    );
}

#[test]
fn deviations_from_the_expected_app_are_found() {
    let payload = app(Chip::Esp32h2, "1.2.3", "light");
    let note = ("esp-not-signed", Severity::Note);
    assert_eq!(
        check(&payload, &expected("1.2.4")),
        [("esp-version", Severity::Error), note]
    );
    let mut other = expected("1.2.3");
    other.chip = Some(Chip::Esp32c3);
    assert_eq!(check(&payload, &other), [("esp-chip", Severity::Error), note]);
    let mut other = expected("1.2.3");
    other.must_be_signed = true;
    assert_eq!(check(&payload, &other), [("esp-not-signed", Severity::Error)]);
    let longer = [payload.as_slice(), &[0; 20]].concat();
    assert_eq!(
        check(&longer, &expected("1.2.3")),
        [("esp-behind-image", Severity::Error)]
    );
    for at in [24, 200, payload.len() - 1] {
        let mut damaged = payload.clone();
        damaged[at] ^= 1;
        assert_eq!(
            check(&damaged, &expected("1.2.3")),
            [("esp-image", Severity::Error)],
            "{at}"
        );
    }
    assert_eq!(
        check(&payload[..payload.len() - 1], &expected("1.2.3")),
        [("esp-image", Severity::Error)]
    );
    let without = esp_image::without_description(Chip::Esp32h2);
    assert_eq!(
        check(&without, &expected("1.2.3")),
        [("esp-no-description", Severity::Warning), note]
    );
}

#[test]
fn a_version_longer_than_its_field_is_compared_as_far_as_it_goes() {
    let version = "1.2.3-a-version-of-more-than-32-bytes";
    let payload = app(Chip::Esp32h2, &version[..31], "light");
    assert_eq!(
        check(&payload, &expected(version)),
        [("esp-not-signed", Severity::Note)]
    );
    let payload = app(Chip::Esp32h2, &version[..30], "light");
    assert_eq!(check(&payload, &expected(version)).len(), 2);
}

#[test]
fn a_signature_is_verified_by_its_own_key_and_by_trusted_ones() {
    let (payload, digest) = signed(&app(Chip::Esp32h2, "1.2.3", "light"), 7);
    let signed_app = EspApp::parse(&payload).unwrap();
    assert!(matches!(signed_app.signature(), EspSignature::V2(_)));
    assert_eq!(signed_app.signature().to_string(), "secure boot v2, ECDSA P-256");
    assert_eq!(signed_app.key_digests().collect::<Vec<_>>(), [&digest]);
    assert_eq!(check(&payload, &expected("1.2.3")), []);
    let mut trusting = expected("1.2.3");
    let trusted = [digest];
    trusting.trusted = &trusted;
    assert_eq!(check(&payload, &trusting), []);
    let others = [[0; 32]];
    trusting.trusted = &others;
    assert_eq!(check(&payload, &trusting), [("esp-signature", Severity::Error)]);
    // In the padding before the signature, which the image's own hash does not cover.
    let mut damaged = payload.clone();
    damaged[payload.len() - 4096 - 1] ^= 1;
    assert_eq!(
        check(&damaged, &expected("1.2.3")),
        [("esp-signature", Severity::Error)]
    );
    let mut damaged = payload.clone();
    damaged[payload.len() - 4096 + 40] ^= 1;
    assert_ne!(check(&damaged, &expected("1.2.3")), []);
}

#[test]
fn a_patch_is_for_one_base_image() {
    let mut payload = vec![0x10, 0xDE, 0xCD, 0xFC];
    payload.extend([0xAB; 32]);
    payload.extend([0; 28]);
    payload.extend(b"patch");
    assert_eq!(EspPayload::of(&payload), Some(EspPayload::Delta));
    let delta = DeltaHeader::decode(&payload).unwrap();
    assert_eq!(delta.base_hash(), &[0xAB; 32]);
    let header = |min: Option<u32>, max: Option<u32>| {
        let text = SoftwareVersionString::new("1").unwrap();
        let hashed = PayloadHasher::new(DigestType::Sha256).finish();
        let version = SoftwareVersion::new(10);
        let header = OtaHeader::new(VendorId::MIN, ProductId::MIN, version, text, hashed).unwrap();
        let range = ApplicableVersions::new(min.map(SoftwareVersion::new), max.map(SoftwareVersion::new)).unwrap();
        header.with_applicable_versions(range).unwrap()
    };
    let warning = [("esp-delta-range", Severity::Warning)];
    assert_eq!(ids(delta.findings(Some(&header(Some(9), Some(9))), 69)), []);
    assert_eq!(ids(delta.findings(Some(&header(Some(8), Some(9))), 69)), warning);
    assert_eq!(ids(delta.findings(Some(&header(None, None)), 69)), warning);
    assert_eq!(ids(delta.findings(None, 64)), [("esp-delta-empty", Severity::Error)]);
    payload[60] = 1;
    let delta = DeltaHeader::decode(&payload).unwrap();
    assert_eq!(ids(delta.findings(None, 69)), [("esp-reserved", Severity::Error)]);
    assert_eq!(DeltaHeader::decode(&payload[..63]), Err(Error::DeltaHeader));
    assert_eq!(DeltaHeader::decode(&[0; 64]), Err(Error::DeltaHeader));
}

/// Made by the vendor's tool; see tests/data/README.md.
const RSA: &[u8] = include_bytes!("data/encrypted_rsa.bin");
const ECC: &[u8] = include_bytes!("data/encrypted_ecc.bin");

#[test]
fn headers_of_encrypted_images_are_read_and_written() {
    for (file, form) in [(RSA, EncryptedForm::Rsa3072), (ECC, EncryptedForm::EccP256)] {
        assert_eq!(EspPayload::of(file), Some(EspPayload::Encrypted));
        let header = EncryptedHeader::decode(file).unwrap();
        assert_eq!((header.form(), header.size()), (form, 66));
        assert_eq!(header.encode(), file[..512]);
        assert_eq!(ids(header.findings(578)), []);
        assert_eq!(ids(header.findings(577)), [("esp-encrypted-size", Severity::Error)]);
        let mut damaged = file.to_vec();
        damaged[500] = 1;
        let header = EncryptedHeader::decode(&damaged).unwrap();
        assert_eq!(ids(header.findings(578)), [("esp-reserved", Severity::Error)]);
    }
    assert_eq!(EncryptedHeader::decode(&RSA[..511]), Err(Error::EncryptedHeader));
    assert_eq!(EncryptedHeader::decode(&[0; 512]), Err(Error::EncryptedHeader));
}

#[test]
fn payloads_of_other_devices_are_of_no_kind() {
    for payload in [&b""[..], b"test payload", &[0xE9], &[0xE9; 600], &[0; 600]] {
        assert_eq!(EspPayload::of(payload), None);
    }
    let mut unknown = app(Chip::Esp32h2, "1", "x");
    unknown[12] = 0xEE;
    assert_eq!(EspPayload::of(&unknown), None);
}
