//! Modified devices: the audit never panics, and its report of a modified device differs from that of the good one.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]
#![allow(dead_code, reason = "the good devices come from the matrix")]

#[path = "audit/device.rs"]
mod device;

use esp_nvs_image::{Number, OwnedValue};
use matter_factory_data::{Artifacts, Attested, Finding, SharedParts, audit};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use device::{Device, VENDOR, declaration, world};

/// A good device, encoded, with the parts shared by all its mutants.
struct Base {
    device: Device,
    nvs: Vec<u8>,
    secure_cert: Vec<u8>,
    parts: SharedParts,
    good: Vec<Finding>,
}

impl Base {
    fn new(mut device: Device) -> Self {
        device.is_recomputed = false;
        let report = device.audit();
        Self {
            nvs: device.encode(),
            secure_cert: device.encode_records(),
            parts: report.shared_parts().unwrap().clone(),
            good: report.findings().to_vec(),
            device,
        }
    }

    fn audit(&self, nvs: &[u8], secure_cert: &[u8]) -> Vec<Finding> {
        let attested = Attested::new(&self.parts, &self.device.expected);
        self.audit_with(nvs, secure_cert, &attested)
    }

    fn audit_with(&self, nvs: &[u8], secure_cert: &[u8], attested: &Attested<'_>) -> Vec<Finding> {
        let mut artifacts = Artifacts::new()
            .with_nvs(nvs)
            .with_qr(&self.device.qr)
            .with_manual(&self.device.manual)
            .with_picture(&self.device.picture)
            .with_numbers(&self.device.discriminator, &self.device.passcode)
            .with_expected(&self.device.expected)
            .with_attested(attested);
        if !self.device.records.is_empty() {
            artifacts = artifacts.with_secure_cert(secure_cert);
        }
        audit(&artifacts).findings().to_vec()
    }
}

fn bases() -> [Base; 2] {
    [Base::new(Device::in_nvs()), Base::new(Device::in_secure_cert())]
}

fn below(rng: &mut ChaCha20Rng, len: usize) -> usize {
    usize::try_from(rng.next_u64()).unwrap() % len
}

#[test]
fn unchanged_devices_have_the_same_report() {
    for base in bases() {
        assert_eq!(base.audit(&base.nvs, &base.secure_cert), base.good);
    }
}

#[test]
fn checked_parts_of_another_device_are_not_used() {
    let base = Base::new(Device::in_nvs());
    let blob = |bytes: &[u8]| OwnedValue::Blob(bytes.to_vec());
    for (name, value) in [
        ("pai-cert", blob(world().other_pai.as_der())),
        ("cert-dclrn", blob(&declaration(VENDOR, 0x8001))),
        ("product-id", OwnedValue::Number(Number::U32(0x8001))),
    ] {
        let mut device = base.device.clone();
        device.put(name, value);
        let other = device.audit().findings().to_vec();
        assert_ne!(other, base.good, "{name}");
        assert_eq!(base.audit(&device.encode(), &[]), other, "{name}");
    }
}

#[test]
fn each_changed_bit_is_seen() {
    let mut rng = ChaCha20Rng::seed_from_u64(9);
    for base in bases() {
        let attested = Attested::new(&base.parts, &base.device.expected);
        // The kinds of bits in the images: a header, a bitmap, an entry, an erased page.
        let mut unread = 0;
        for round in 0..400 {
            let mut nvs = base.nvs.clone();
            // Entries are in the first page; the others are erased.
            let range = if round % 4 == 0 { nvs.len() } else { 0x1000 };
            let at = below(&mut rng, range);
            nvs[at] ^= 1 << (rng.next_u32() % 8);
            // The bytes after a string's end, up to the end of its slot, are never read.
            let matters = esp_nvs_image::decode(&nvs) != esp_nvs_image::decode(&base.nvs);
            let seen = base.audit_with(&nvs, &base.secure_cert, &attested) != base.good;
            assert!(seen || !matters, "byte {at:#x} of NVS");
            unread += u32::from(!seen);
        }
        assert!(unread < 40, "{unread} changes that do not matter");
        if base.device.records.is_empty() {
            continue;
        }
        for _ in 0..400 {
            let mut image = base.secure_cert.clone();
            let at = below(&mut rng, image.len());
            image[at] ^= 1 << (rng.next_u32() % 8);
            assert!(
                base.audit_with(&base.nvs, &image, &attested) != base.good,
                "byte {at:#x} of esp_secure_cert"
            );
        }
    }
}

#[test]
fn each_changed_letter_of_a_label_is_seen() {
    let mut rng = ChaCha20Rng::seed_from_u64(10);
    for mut base in bases() {
        let (qr, manual) = (base.device.qr.clone(), base.device.manual.clone());
        for _ in 0..150 {
            let alphabet = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-.";
            let change = |text: &str, rng: &mut ChaCha20Rng| {
                let mut bytes = text.as_bytes().to_vec();
                let at = below(rng, bytes.len());
                bytes[at] = alphabet[below(rng, alphabet.len())];
                String::from_utf8(bytes).unwrap()
            };
            base.device.qr = change(&qr, &mut rng);
            let same = base.device.qr == qr;
            assert_eq!(
                base.audit(&base.nvs, &base.secure_cert) == base.good,
                same,
                "{}",
                base.device.qr
            );
            base.device.qr.clone_from(&qr);
            base.device.manual = change(&manual, &mut rng);
            let digits = |text: &str| text.chars().filter(char::is_ascii_digit).collect::<String>();
            // The position of dashes does not matter; other characters do.
            let same = digits(&base.device.manual) == digits(&manual)
                && base
                    .device
                    .manual
                    .chars()
                    .all(|letter| letter.is_ascii_digit() || letter == '-');
            assert_eq!(
                base.audit(&base.nvs, &base.secure_cert) == base.good,
                same,
                "{}",
                base.device.manual
            );
            base.device.manual.clone_from(&manual);
        }
    }
}

#[test]
fn any_bytes_never_panic() {
    let mut rng = ChaCha20Rng::seed_from_u64(11);
    for base in bases() {
        let attested = Attested::new(&base.parts, &base.device.expected);
        for _ in 0..150 {
            let [mut nvs, mut image] = [base.nvs.clone(), base.secure_cert.clone()];
            for bytes in [&mut nvs, &mut image] {
                for _ in 0..rng.next_u32() % 20 {
                    let (at, len) = (below(&mut rng, bytes.len().max(1)), below(&mut rng, 64));
                    let end = (at + len).min(bytes.len());
                    rng.fill_bytes(bytes.get_mut(at..end).unwrap_or_default());
                }
                bytes.truncate(below(&mut rng, bytes.len() * 2 + 1));
            }
            assert!(base.audit_with(&nvs, &image, &attested) != base.good || nvs == base.nvs);
            let files = [("nvs", nvs.as_slice()), ("secure-cert", image.as_slice())];
            for (name, bytes) in files {
                let artifacts = Artifacts::new().with_files(&files).with_key_files(&files);
                let report = audit(
                    &artifacts
                        .with_secure_cert(&base.secure_cert)
                        .with_efuse_key(name, bytes),
                );
                let about = report.findings().iter().filter(|finding| finding.object == name);
                assert!(about.count() > 0, "an eFuse key file without a finding");
            }
        }
    }
}
