//! Encrypted images: the vendor tool's and ours are decrypted; damaged images and wrong keys are refused.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::expect_used,
    reason = "tests"
)]

use matter_ota_image::{
    EncryptedForm, EncryptedHeader, Error, decrypt_ecc, decrypt_rsa, device_key, encrypt_ecc, encrypt_rsa,
};
use p256::SecretKey;
use p256::pkcs8::DecodePublicKey;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use rsa::pkcs1::DecodeRsaPrivateKey;

/// Made by the vendor's tool; see tests/data/README.md.
const RSA: &[u8] = include_bytes!("data/encrypted_rsa.bin");
const ECC: &[u8] = include_bytes!("data/encrypted_ecc.bin");
const PLAIN: &[u8] = include_bytes!("data/plain.bin");

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(18)
}

fn device() -> SecretKey {
    device_key(include_bytes!("data/device_hmac_key.bin")).unwrap()
}

fn rsa_key() -> rsa::PrivateKey {
    rsa::PrivateKey::from_pkcs1_pem(include_str!("data/rsa_private_key.pem")).unwrap()
}

fn parts(file: &[u8]) -> (EncryptedHeader, Vec<u8>) {
    (
        EncryptedHeader::decode(file).unwrap(),
        file[EncryptedHeader::LEN..].to_vec(),
    )
}

#[test]
fn a_device_derives_the_key_that_the_tool_gave_it() {
    let public = p256::PublicKey::from_public_key_pem(include_str!("data/device_public_key.pem")).unwrap();
    assert_eq!(device().public_key(), public);
}

#[test]
fn images_of_the_tool_open() {
    let (header, mut image) = parts(ECC);
    decrypt_ecc(&header, &mut image, &device()).unwrap();
    assert_eq!(image, PLAIN);
    let (header, mut image) = parts(RSA);
    decrypt_rsa(&header, &mut image, &rsa_key(), &mut rng()).unwrap();
    assert_eq!(image, PLAIN);
}

#[test]
fn our_images_open_and_have_the_form_of_the_tool() {
    for len in [0, 1, 16, 5000] {
        let plain = vec![0x5A; len];
        let mut image = plain.clone();
        let header = encrypt_ecc(&mut image, &device().public_key(), &mut rng()).unwrap();
        let read = EncryptedHeader::decode(&header.encode()).unwrap();
        assert_eq!((read, read.form()), (header, EncryptedForm::EccP256));
        assert!(len < 16 || image != plain);
        decrypt_ecc(&read, &mut image, &device()).unwrap();
        assert_eq!(image, plain);
        let key = rsa_key();
        let header = encrypt_rsa(&mut image, &rsa::PublicKey::from(&key), &mut rng()).unwrap();
        assert_eq!(
            EncryptedHeader::decode(&header.encode()).unwrap().form(),
            EncryptedForm::Rsa3072
        );
        decrypt_rsa(&header, &mut image, &key, &mut rng()).unwrap();
        assert_eq!(image, plain);
    }
}

#[test]
fn other_keys_and_damaged_images_do_not_open() {
    let other = device_key(&[7; 32]).unwrap();
    let (header, image) = parts(ECC);
    assert_eq!(decrypt_ecc(&header, &mut image.clone(), &other), Err(Error::Decryption));
    assert_eq!(
        decrypt_ecc(&header, &mut image[1..].to_vec(), &device()),
        Err(Error::EncryptedSize { size: 66, found: 65 })
    );
    // Key, salt, IV, tag, image; a wrong size has its own error.
    for at in [4, 40, 70, 390, 410, 512, 577] {
        let mut file = ECC.to_vec();
        file[at] ^= 1;
        let (header, mut image) = parts(&file);
        assert_eq!(
            decrypt_ecc(&header, &mut image, &device()),
            Err(Error::Decryption),
            "{at}"
        );
        let mut file = RSA.to_vec();
        file[at] ^= 1;
        let (header, mut image) = parts(&file);
        let answer = decrypt_rsa(&header, &mut image, &rsa_key(), &mut rng());
        assert_eq!(answer, Err(Error::Decryption), "{at}");
    }
    // The wrong form.
    let (header, mut image) = parts(RSA);
    assert_eq!(decrypt_ecc(&header, &mut image, &device()), Err(Error::Decryption));
    let (header, mut image) = parts(ECC);
    let answer = decrypt_rsa(&header, &mut image, &rsa_key(), &mut rng());
    assert_eq!(answer, Err(Error::Decryption));
}

#[test]
fn rsa_keys_of_another_length_are_refused() {
    let modulus = rsa::BoxedUint::from_be_slice(&[0xFF; 256], 2048).unwrap();
    let short = rsa::PublicKey::new(modulus, rsa::BoxedUint::from(65537_u32)).unwrap();
    let answer = encrypt_rsa(&mut [0; 16], &short, &mut rng());
    let error = answer.unwrap_err();
    assert_eq!(error, Error::RsaKey { bits: 2048 });
    assert_eq!(error.to_string(), "RSA key must have 3072 bits, not 2048");
}
