//! Functions that need neither an allocator nor a feature.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use esp_secure_boot::{
    BlockProblem, BootKeyKind, BootPublicKey, BootloaderKeyV1, Error, ImageHasher, SECTOR, SignedImage,
    bootloader_digest_v1,
};
use hex_literal::hex;

const IMAGES: [(BootKeyKind, &[u8], &[u8]); 4] = [
    (
        BootKeyKind::Rsa3072,
        include_bytes!("data/rsa.signed.bin"),
        include_bytes!("data/rsa.der"),
    ),
    (
        BootKeyKind::EcdsaP192,
        include_bytes!("data/p192.signed.bin"),
        include_bytes!("data/p192.der"),
    ),
    (
        BootKeyKind::EcdsaP256,
        include_bytes!("data/p256.signed.bin"),
        include_bytes!("data/p256.der"),
    ),
    (
        BootKeyKind::EcdsaP384,
        include_bytes!("data/p384.signed.bin"),
        include_bytes!("data/p384.der"),
    ),
];

#[test]
fn blocks_of_every_kind_are_read_and_hold_the_digest_of_the_content() {
    for (kind, image, der) in IMAGES {
        let image = SignedImage::parse(image).unwrap();
        let block = image.blocks().next().unwrap();
        let mut hasher = ImageHasher::new(kind);
        hasher.update(include_bytes!("data/content.bin"));
        assert_eq!((image.kind(), block.kind()), (Ok(kind), kind));
        assert_eq!(block.image_digest(), hasher.finish().unwrap().as_bytes());
        assert_eq!(block.public_key(), &BootPublicKey::from_der(der).unwrap());
        assert_eq!(image.sector()[..4], block.as_bytes()[..4]);
        assert_eq!(image.content().len(), SECTOR);
        assert_eq!(image.to_sector().unwrap().as_bytes(), image.sector());
    }
}

#[test]
fn kinds_that_are_not_built_are_unsupported_and_not_wrong() {
    for (kind, image, der) in IMAGES {
        let built = match kind {
            BootKeyKind::EcdsaP192 => false,
            BootKeyKind::EcdsaP256 => cfg!(feature = "p256"),
            BootKeyKind::EcdsaP384 => cfg!(feature = "p384"),
            BootKeyKind::Rsa3072 => cfg!(feature = "rsa"),
        };
        let wanted = if built { Ok(0) } else { Err(Error::Unsupported { kind }) };
        let image = SignedImage::parse(image).unwrap();
        let key = BootPublicKey::from_der(der).unwrap();
        assert_eq!(image.verify_digests(&[*key.key_digest()]), wanted);
        assert_eq!(image.verify(&[key]), wanted);
        assert_eq!(image.verify_digests(&[[0; 32]]), Err(Error::NoTrustedKey { blocks: 1 }));
    }
}

#[test]
fn bootloader_digest_of_version_1_needs_no_feature() {
    let key: [u8; 32] = std::array::from_fn(|at| u8::try_from(at).unwrap());
    let key = BootloaderKeyV1::new(&key).unwrap();
    let digest = bootloader_digest_v1(include_bytes!("data/bootloader.bin"), &key, &[b'Z'; 128]).unwrap();
    let wanted = hex!(
        "acb9222f88915d68db604952c031213b7d9e41294336f4c48d446e72dba9ae49"
        "0e88ff07b7fbc971cd5e7c3bddf5011a593248b77d983182cd655417e39041cb"
    );
    assert_eq!(digest, wanted);
}

#[test]
fn errors_state_problem_and_remedy() {
    for (error, text) in [
        (
            Error::AlreadySigned,
            "the image is already signed; sign the unsigned image, or append a signature to this one",
        ),
        (
            Error::NoTrustedKey { blocks: 2 },
            "none of the 2 signatures is by a trusted key; sign with a trusted key, or trust the key's digest",
        ),
        (
            Error::RsaKeySize { bits: 2048 },
            "RSA key has 2048 bits; secure boot requires 3072",
        ),
        (
            Error::Block {
                block: 1,
                problem: BlockProblem::Reserved { offset: 1200 },
            },
            "signature block 1: reserved byte 1200 is not 0; sign the image again",
        ),
        (
            Error::Block {
                block: 0,
                problem: BlockProblem::Magic { found: 9 },
            },
            "signature block 0: does not start with 0xE7 but with 0x09",
        ),
        (
            Error::Block {
                block: 2,
                problem: BlockProblem::RsaExponent { exponent: 3 },
            },
            "signature block 2: RSA exponent is not 65537 but 3; sign with another key",
        ),
        (
            Error::NotAnImage {
                len: 200,
                magic: Some(0x7F),
            },
            "not an application image: it has no header that starts with 0xE9; it starts with 0x7F",
        ),
        (
            Error::NotAnImage {
                len: 23,
                magic: Some(0xE9),
            },
            "not an application image: it has no header that starts with 0xE9; it has 23 bytes, fewer than the 24 of a header",
        ),
        (
            Error::PublicKeyLength {
                kind: BootKeyKind::EcdsaP256,
                len: 33,
            },
            "coordinates of an ECDSA P-256 key must have 32 bytes, not 33",
        ),
        (
            Error::RsaExponent { exponent: Some(3) },
            "the public exponent of the RSA key is not 65537 but 3; generate a key with 65537",
        ),
        (
            Error::RsaExponent { exponent: None },
            "the public exponent of the RSA key is not 65537 but has more than 64 bits; generate a key with 65537",
        ),
        (
            Error::SectorRest {
                offset: 4000,
                value: 0x5A,
            },
            "byte 4000 of the signature sector is 0x5A, not 0xFF, outside any block; sign the image again",
        ),
    ] {
        assert_eq!(error.to_string(), text);
    }
}
