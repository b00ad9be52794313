//! App images as built by ESP-IDF: with a description at the start of the first segment.

#![allow(dead_code, reason = "not every test needs all of it")]

use esp_flash_image::{Chip, ImageHeader, ImageWriter};
use esp_secure_boot::{BootPublicKey, BootSigner, sign_v2};

fn image(chip: Chip, first: &[u8]) -> Vec<u8> {
    let mut writer = ImageWriter::new(ImageHeader::new(chip).with_entry(0x4080_0000));
    writer.push(0x4200_0020, first).unwrap();
    writer.push(0x4080_0000, &[0x13; 0x400]).unwrap();
    writer.finish().unwrap()
}

/// An app with a description (ESP-IDF, `esp_app_desc.h`).
pub(crate) fn app(chip: Chip, version: &str, project: &str) -> Vec<u8> {
    let mut first = vec![0; 0x200];
    let mut put = |at: usize, bytes: &[u8]| first[at..at + bytes.len()].copy_from_slice(bytes);
    put(0, &0xABCD_5432_u32.to_le_bytes());
    put(16, version.as_bytes());
    put(48, project.as_bytes());
    put(80, b"12:34:56");
    put(96, b"Jan  1 2026");
    put(112, b"v5.5");
    image(chip, &first)
}

pub(crate) fn without_description(chip: Chip) -> Vec<u8> {
    image(chip, &[0x13; 0x200])
}

/// The image signed with a P-256 key derived from a byte, and the digest of its public key.
pub(crate) fn signed(image: &[u8], key: u8) -> (Vec<u8>, [u8; 32]) {
    let key = p256::ecdsa::SigningKey::from_slice(&[key; 32]).unwrap();
    let public = BootPublicKey::from(key.verifying_key());
    let signed = sign_v2(image, &public, BootSigner::P256(&key)).unwrap();
    (signed, *public.key_digest())
}
