//! Signing and verifying with keys generated here. Signatures of the vendor's tool are in
//! `vectors.rs`.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use esp_secure_cert::{
    Error, Image, PartitionSize, PublicKey, RawRecord, RecordType, SignatureAlgorithm, SignatureBlock, Subtype, Writer,
};
#[cfg(feature = "rsa")]
use rand_chacha::rand_core::SeedableRng;
use signature::{Keypair, Signer};

fn p256(byte: u8) -> p256::ecdsa::SigningKey {
    p256::ecdsa::SigningKey::from_slice(&[byte; 32]).unwrap()
}

fn p384(byte: u8) -> p384::ecdsa::SigningKey {
    p384::ecdsa::SigningKey::from_slice(&[byte; 48]).unwrap()
}

fn user(writer: &mut Writer<'_>, subtype: u8) -> Result<(), Error> {
    writer.push_user_data(RecordType::USER_DATA_1, Subtype::new(subtype)?, b"data")
}

#[test]
fn three_signatures_are_allowed_and_a_fourth_is_rejected() {
    let mut buffer = [0; 2048];
    let mut writer = Writer::new(&mut buffer, PartitionSize::DEFAULT);
    user(&mut writer, 0).unwrap();
    writer.sign_p256(&p256(1)).unwrap();
    writer.push_integrity().unwrap();
    assert_eq!(writer.sign_p256(&p256(1)), Err(Error::SignedAlready));
    writer.sign_p384(&p384(2)).unwrap();
    writer.sign_p256(&p256(3)).unwrap();
    let before = writer.as_bytes().to_vec();
    assert_eq!(writer.sign_p384(&p384(4)), Err(Error::TooManySignatures));
    assert_eq!(writer.as_bytes(), before);
    writer.push_integrity().unwrap();

    let image = Image::new(writer.finish());
    let keys = [
        PublicKey::from(*p256(1).verifying_key()),
        PublicKey::from(*p384(2).verifying_key()),
        PublicKey::from(*p256(3).verifying_key()),
    ];
    for key in &keys {
        assert!(image.verify_signature(key).unwrap().covers(32));
    }
    let other = PublicKey::from(*p256(4).verifying_key());
    assert_eq!(image.verify_signature(&other), Err(Error::SignatureMissing));
    let blocks = image
        .records()
        .map(Result::unwrap)
        .filter(|r| r.kind() == RecordType::SIGNATURE_BLOCK);
    let blocks = blocks.map(|r| {
        (
            r.subtype(),
            r.data().len(),
            SignatureBlock::decode(r.data()).unwrap().algorithm(),
        )
    });
    let (small, large) = (SignatureAlgorithm::EcdsaP256, SignatureAlgorithm::EcdsaP384);
    assert_eq!(
        blocks.collect::<Vec<_>>(),
        [(0, 145, small), (1, 209, large), (2, 145, small)]
    );
    #[cfg(feature = "alloc")]
    assert_eq!(esp_secure_cert::check(image.as_bytes(), PartitionSize::DEFAULT), []);
}

#[test]
fn empty_or_uncovered_images_are_not_signed() {
    let mut buffer = [0; 512];
    let mut writer = Writer::new(&mut buffer, PartitionSize::DEFAULT);
    assert_eq!(writer.sign_p256(&p256(1)), Err(Error::NoRecords));
    user(&mut writer, 0).unwrap();
    writer.sign_p256(&p256(1)).unwrap();
    user(&mut writer, 1).unwrap();
    let offset = 32 + 176;
    assert_eq!(writer.sign_p256(&p256(2)), Err(Error::Unsigned { offset }));
    assert_eq!(writer.as_bytes().len(), offset + 32);
}

#[test]
fn every_changed_byte_of_what_is_signed_and_of_the_signature_is_found() {
    let mut buffer = [0; 512];
    let mut writer = Writer::new(&mut buffer, PartitionSize::DEFAULT);
    user(&mut writer, 0).unwrap();
    writer.sign_p256(&p256(1)).unwrap();
    let image = writer.finish().to_vec();
    let key = PublicKey::from(*p256(1).verifying_key());
    for (from, to) in [(12, 16), (32 + 12, 32 + 12 + 145)] {
        for at in from..to {
            let mut changed = image.clone();
            changed[at] ^= 0x10;
            let mut buffer = [0; 512];
            let mut writer = Writer::new(&mut buffer, PartitionSize::DEFAULT);
            for record in Image::new(&changed).records().map(Result::unwrap) {
                writer
                    .push_raw(&RawRecord::new(record.kind(), record.subtype(), record.data()))
                    .unwrap();
            }
            assert!(Image::new(writer.finish()).verify_signature(&key).is_err(), "byte {at}");
        }
    }
}

/// Signs with one key and returns the public key of another.
struct Liar;

impl Keypair for Liar {
    type VerifyingKey = p256::ecdsa::VerifyingKey;

    fn verifying_key(&self) -> Self::VerifyingKey {
        *p256(1).verifying_key()
    }
}

impl Signer<p256::ecdsa::Signature> for Liar {
    fn try_sign(&self, message: &[u8]) -> Result<p256::ecdsa::Signature, signature::Error> {
        p256(2).try_sign(message)
    }
}

/// Always fails.
struct Unplugged;

impl Keypair for Unplugged {
    type VerifyingKey = p256::ecdsa::VerifyingKey;

    fn verifying_key(&self) -> Self::VerifyingKey {
        *p256(1).verifying_key()
    }
}

impl Signer<p256::ecdsa::Signature> for Unplugged {
    fn try_sign(&self, _: &[u8]) -> Result<p256::ecdsa::Signature, signature::Error> {
        Err(signature::Error::new())
    }
}

#[test]
fn signer_that_fails_or_lies_leaves_nothing() {
    let mut buffer = [0; 512];
    let mut writer = Writer::new(&mut buffer, PartitionSize::DEFAULT);
    user(&mut writer, 0).unwrap();
    assert!(matches!(writer.sign_p256(&Liar), Err(Error::SigningFailed(_))));
    assert!(matches!(writer.sign_p256(&Unplugged), Err(Error::SigningFailed(_))));
    assert_eq!(writer.as_bytes().len(), 32);
    writer.sign_p256(&p256(1)).unwrap();
}

#[cfg(feature = "rsa")]
#[test]
fn rsa_of_other_sizes_is_refused() {
    let mut rng = <rand_chacha::ChaCha20Rng as SeedableRng>::seed_from_u64(1);
    let key = rsa::PrivateKey::new(&mut rng, 1024).unwrap();
    let mut buffer = [0; 2048];
    let mut writer = Writer::new(&mut buffer, PartitionSize::DEFAULT);
    user(&mut writer, 0).unwrap();
    let signer = rsa::pss::SigningKey::new(key);
    let error = writer.sign_rsa(&signer, &mut rng).unwrap_err();
    assert_eq!(
        error,
        Error::RsaKey {
            bits: 1024,
            exponent_bits: 17
        }
    );
    assert_eq!(
        error.to_string(),
        "RSA key has 1024 bits and an exponent of 17 bits; 3072 and at most 32 are allowed"
    );
    assert_eq!(writer.as_bytes().len(), 32);
}
