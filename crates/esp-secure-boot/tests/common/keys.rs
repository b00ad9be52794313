//! Keys from PEM files and bytes from hexadecimal digits.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "not every test file uses all"
)]

use esp_secure_boot::{BootPublicKey, BootSigner, PssSigner, SECTOR, SignatureBlock};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use rsa::pkcs1::DecodeRsaPrivateKey;
use rsa::pkcs8::DecodePrivateKey;

/// Reads a file made by espsecure; see `data/README.md`.
pub(crate) fn data(name: &str) -> Vec<u8> {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data");
    std::fs::read(folder.join(name)).unwrap()
}

/// Reads a private key from the data folder.
pub(crate) fn key(name: &str) -> PrivateKey {
    private_key(std::str::from_utf8(&data(name)).unwrap()).unwrap()
}

/// Updates the checksum of a block, so that another check must find the change.
pub(crate) fn repair(image: &mut [u8], block: usize) {
    let start = image.len() - SECTOR + block * SignatureBlock::LEN;
    let block = &mut image[start..start + SignatureBlock::LEN];
    let crc = crc32fast::hash(&block[..1196]).to_le_bytes();
    block[1196..1200].copy_from_slice(&crc);
}

/// The offset of a block in an image with one sector of content.
pub(crate) const fn block(number: usize) -> usize {
    SECTOR + number * SignatureBlock::LEN
}

pub(crate) fn bytes(digits: &str) -> Vec<u8> {
    let digits = digits.as_bytes().as_chunks::<2>().0;
    let byte = |pair: &[u8; 2]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    digits.iter().map(byte).collect()
}

pub(crate) enum PrivateKey {
    P256(p256::ecdsa::SigningKey),
    P384(p384::ecdsa::SigningKey),
    Rsa(rsa::PublicKey, Box<PssSigner<ChaCha20Rng>>),
}

impl PrivateKey {
    pub(crate) fn public(&self) -> BootPublicKey {
        match self {
            Self::P256(key) => key.verifying_key().into(),
            Self::P384(key) => key.verifying_key().into(),
            Self::Rsa(key, _) => key.try_into().unwrap(),
        }
    }

    pub(crate) fn signer(&self) -> BootSigner<'_> {
        match self {
            Self::P256(key) => BootSigner::P256(key),
            Self::P384(key) => BootSigner::P384(key),
            Self::Rsa(_, signer) => BootSigner::Rsa3072(signer.as_ref()),
        }
    }

    pub(crate) fn p256(&self) -> &p256::ecdsa::SigningKey {
        match self {
            Self::P256(key) => key,
            _ => panic!("not P-256"),
        }
    }

    pub(crate) fn rsa(key: rsa::PrivateKey) -> Self {
        Self::Rsa(
            key.to_public_key(),
            Box::new(PssSigner::new(key, ChaCha20Rng::from_seed([7; 32]))),
        )
    }
}

/// Reads any supported form, as a binary must; `None` for P-192.
pub(crate) fn private_key(pem: &str) -> Option<PrivateKey> {
    if let Ok(key) = rsa::PrivateKey::from_pkcs1_pem(pem).or_else(|_| rsa::PrivateKey::from_pkcs8_pem(pem)) {
        return Some(PrivateKey::rsa(key));
    }
    if let Ok(key) = p256::SecretKey::from_sec1_pem(pem).or_else(|_| p256::SecretKey::from_pkcs8_pem(pem)) {
        return Some(PrivateKey::P256(key.into()));
    }
    let key = p384::SecretKey::from_sec1_pem(pem).or_else(|_| p384::SecretKey::from_pkcs8_pem(pem));
    Some(PrivateKey::P384(key.ok()?.into()))
}
