//! Inputs that are refused although espsecure 5.6.0 accepts them or crashes, and inputs that both refuse.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

#[path = "common/keys.rs"]
mod common;

use common::{block, data, key, repair};
use esp_secure_boot::{
    BlockProblem, BootKeyKind, BootPublicKey, BootSigner, BootloaderKeyV1, Error, ImageHasher, SECTOR, SignatureBlock,
    SignatureSector, SignedImage, append_v2, bootloader_digest_v1, reflashable_key_v1, sign_app_v1, sign_v2,
    verify_app_v1,
};

/// Changes bytes of a block and updates its checksum.
fn changed(name: &str, number: usize, at: usize, to: &[u8]) -> Vec<u8> {
    let mut image = data(name);
    let start = block(number) + at;
    image[start..start + to.len()].copy_from_slice(to);
    repair(&mut image, number);
    image
}

fn problem(image: &[u8]) -> BlockProblem {
    match SignedImage::parse(image) {
        Err(Error::Block { block: 0, problem }) => problem,
        other => panic!("{other:?}"),
    }
}

#[test]
fn another_key_in_the_block_than_the_trusted_one_is_refused() {
    let (first, second) = (key("rsa.pem").public(), key("rsa-2.pem").public());
    let other = data("two.signed.bin")[block(1) + 36..block(1) + 812].to_vec();
    let image = changed("rsa.signed.bin", 0, 36, &other);
    let image = SignedImage::parse(&image).unwrap();
    // The signature is by the first key, which a device would not even find.
    assert_eq!(
        image.verify(std::slice::from_ref(&first)),
        Err(Error::NoTrustedKey { blocks: 1 })
    );
    assert_eq!(
        image.verify(std::slice::from_ref(&second)),
        Err(Error::SignatureInvalid { block: 0 })
    );
    let digests = [*first.key_digest(), *second.key_digest()];
    assert_eq!(
        image.verify_digests(&digests),
        Err(Error::SignatureInvalid { block: 0 })
    );
}

#[test]
fn zeros_as_public_key_in_the_block_are_refused() {
    for (name, at, len) in [("rsa", 36, 776), ("p256", 37, 64), ("p384", 53, 96), ("p192", 37, 48)] {
        let image = changed(&format!("{name}.signed.bin"), 0, at, &vec![0; len]);
        assert_eq!(problem(&image), BlockProblem::PublicKey, "{name}");
    }
}

#[test]
fn blocks_of_mixed_schemes_are_judged_one_by_one_and_named() {
    let image = data("mixed.signed.bin");
    let parsed = SignedImage::parse(&image).unwrap();
    assert_eq!(parsed.verify(&[key("rsa.pem").public()]), Ok(0));
    assert_eq!(parsed.verify(&[key("p256.pem").public()]), Ok(1));
    assert_eq!(
        parsed.verify(&[key("rsa-2.pem").public()]),
        Err(Error::NoTrustedKey { blocks: 2 })
    );
    assert_eq!(
        parsed.verify(&[key("p384.pem").public()]),
        Err(Error::NoTrustedKey { blocks: 2 })
    );
    let mixed = Error::MixedSchemes {
        block: 1,
        first: BootKeyKind::Rsa3072,
        other: BootKeyKind::EcdsaP256,
    };
    assert_eq!(parsed.kind(), Err(mixed.clone()));
    let other = key("rsa-2.pem");
    assert_eq!(append_v2(&image, &other.public(), other.signer()), Err(mixed.clone()));
    assert_eq!(
        mixed.to_string(),
        "signature block 1 is ECDSA P-256 but block 0 is RSA-3072; a device accepts one scheme, so use keys of one scheme"
    );
}

#[test]
fn keys_of_another_kind_than_the_blocks_are_no_crash() {
    for image in ["rsa", "p192", "p256", "p384"] {
        let bytes = data(&format!("{image}.signed.bin"));
        let parsed = SignedImage::parse(&bytes).unwrap();
        for name in ["rsa", "p192", "p256", "p384"] {
            let key = BootPublicKey::from_der(&data(&format!("{name}.der"))).unwrap();
            if name != image {
                assert_eq!(
                    parsed.verify(&[key]),
                    Err(Error::NoTrustedKey { blocks: 1 }),
                    "{image} {name}"
                );
            }
        }
    }
}

#[test]
fn reserved_and_pad_bytes_that_are_not_zero_are_refused() {
    let reserved = [
        ("rsa", 0..0),
        ("p192", 85..101),
        ("p192", 149..1196),
        ("p256", 165..1196),
        ("p384", 245..1196),
    ];
    for (name, range) in reserved {
        for offset in range.chain(1200..1216) {
            let image = changed(&format!("{name}.signed.bin"), 0, offset, &[1]);
            assert_eq!(problem(&image), BlockProblem::Reserved { offset }, "{name}");
        }
    }
    for (name, at, wanted) in [
        ("rsa", 2, BlockProblem::Reserved { offset: 2 }),
        ("rsa", 3, BlockProblem::Reserved { offset: 3 }),
        ("p256", 3, BlockProblem::Reserved { offset: 3 }),
        ("p384", 3, BlockProblem::Reserved { offset: 3 }),
        ("p256", 2, BlockProblem::Hash { hash: 9 }),
        ("p256", 1, BlockProblem::Version { version: 9 }),
        ("p256", 36, BlockProblem::Curve { curve: 9 }),
        ("p384", 52, BlockProblem::Curve { curve: 9 }),
        ("rsa", 0, BlockProblem::Magic { found: 9 }),
    ] {
        let bytes = changed(&format!("{name}.signed.bin"), 0, at, &[9]);
        let sector = &bytes[SECTOR..SECTOR + SignatureBlock::LEN];
        let error = SignatureBlock::decode(sector).unwrap_err();
        assert_eq!(
            error,
            Error::Block {
                block: 0,
                problem: wanted
            },
            "{name}"
        );
    }
}

#[test]
fn checksum_of_a_block_is_verified() {
    let mut image = data("p256.signed.bin");
    image[block(0) + 1196] ^= 1;
    assert_eq!(problem(&image), BlockProblem::Crc);
    let len = BlockProblem::Length { len: 1215 };
    let short = SignatureBlock::decode(&image[..1215]);
    assert_eq!(short, Err(Error::Block { block: 0, problem: len }));
}

#[test]
fn signed_image_is_not_signed_again() {
    for name in ["rsa", "p192", "p256", "p384", "two", "mixed"] {
        let image = data(&format!("{name}.signed.bin"));
        let key = key("rsa-2.pem");
        assert_eq!(
            sign_v2(&image, &key.public(), key.signer()),
            Err(Error::AlreadySigned),
            "{name}"
        );
    }
}

/// A signature after a damaged sector would not be found either, and the image would not be as built.
#[test]
fn damaged_signature_sector_is_not_signed_over() {
    let key = key("p256.pem");
    let sign = |image: &[u8]| sign_v2(image, &key.public(), key.signer());
    let mut crc = data("rsa.signed.bin");
    crc[block(0) + 100] ^= 1;
    assert_eq!(sign(&crc), Err(Error::AlreadySigned));
    let mut after = data("rsa.signed.bin");
    after.copy_within(block(0)..block(1), block(1));
    after[block(0)..block(1)].fill(0xFF);
    assert_eq!(sign(&after), Err(Error::AlreadySigned));
}

#[test]
fn content_that_begins_a_sector_as_a_block_does_is_signed() {
    let key = key("p256.pem");
    let mut image = vec![0x55; 2 * SECTOR];
    image[SECTOR..SECTOR + 4].copy_from_slice(&[0xE7, 2, 0, 0]);
    let signed = sign_v2(&image, &key.public(), key.signer()).unwrap();
    assert_eq!(SignedImage::parse(&signed).unwrap().verify(&[key.public()]), Ok(0));
    assert_eq!(SignedImage::parse(&image), Err(Error::NotSigned));
}

#[test]
fn rsa_keys_with_another_exponent_or_length_are_refused() {
    for (name, wanted) in [
        ("rsa-e3.pem", Error::RsaExponent { exponent: Some(3) }),
        ("rsa-2048.pem", Error::RsaKeySize { bits: 2048 }),
    ] {
        use rsa::pkcs1::DecodeRsaPrivateKey;

        let pem = String::from_utf8(data(name)).unwrap();
        let key = rsa::PrivateKey::from_pkcs1_pem(&pem).unwrap();
        assert_eq!(BootPublicKey::try_from(&key.to_public_key()), Err(wanted.clone()));
    }
    let modulus = [0xFF; 385];
    let exponent = [1, 0, 1];
    assert!(BootPublicKey::from_rsa(&modulus[1..], &exponent).is_ok());
    for (exponent, value) in [(&[3; 8][..], Some(0x0303_0303_0303_0303)), (&[3; 9], None)] {
        assert_eq!(
            BootPublicKey::from_rsa(&modulus[1..], exponent),
            Err(Error::RsaExponent { exponent: value })
        );
    }
    let bits = 3080;
    assert_eq!(
        BootPublicKey::from_rsa(&modulus, &exponent),
        Err(Error::RsaKeySize { bits })
    );
    let mut even = [0xFF; 384];
    even[383] = 0xFE;
    assert_eq!(BootPublicKey::from_rsa(&even, &exponent), Err(Error::RsaModulusEven));
    even[0] = 0x7F;
    let bits = 3071;
    assert_eq!(
        BootPublicKey::from_rsa(&even, &exponent),
        Err(Error::RsaKeySize { bits })
    );
    assert_eq!(
        BootPublicKey::from_rsa(&[], &exponent),
        Err(Error::RsaKeySize { bits: 0 })
    );
}

#[test]
fn rsa_exponent_3_in_a_block_is_refused() {
    let image = changed("rsa.signed.bin", 0, 420, &[3, 0, 0, 0]);
    assert_eq!(problem(&image), BlockProblem::RsaExponent { exponent: 3 });
}

#[test]
fn wrong_numbers_of_the_rsa_peripheral_are_refused() {
    for at in [424, 600, 807] {
        let image = changed("rsa.signed.bin", 0, at, &[data("rsa.signed.bin")[block(0) + at] ^ 1]);
        assert_eq!(problem(&image), BlockProblem::RsaFactor, "{at}");
    }
    let image = changed("rsa.signed.bin", 0, 808, &[data("rsa.signed.bin")[block(0) + 808] ^ 1]);
    assert_eq!(problem(&image), BlockProblem::RsaInverse);
}

#[test]
fn empty_image_is_not_signed() {
    let key = key("p256.pem");
    assert_eq!(sign_v2(&[], &key.public(), key.signer()), Err(Error::Empty));
    assert_eq!(ImageHasher::new(BootKeyKind::Rsa3072).finish(), Err(Error::Empty));
    assert_eq!(sign_app_v1(&[], &key.public(), key.p256()), Err(Error::Empty));
    let signed = data("p256.signed.bin");
    assert_eq!(SignedImage::parse(&signed[SECTOR..]), Err(Error::Empty));
}

/// The output of `--skip-padding`: a device expects the sector at a multiple of 4096.
#[test]
fn signature_that_a_device_would_not_find_is_refused() {
    let mut image = data("content.bin");
    image.extend_from_slice(&data("p256.signed.bin")[SECTOR..]);
    let len = 5096;
    assert_eq!(SignedImage::parse(&image), Err(Error::Length { len }));
}

#[test]
fn image_without_a_signature_is_named_so() {
    for image in [vec![], vec![0x55; 100], vec![0; 2 * SECTOR], vec![0xFF; 2 * SECTOR]] {
        assert_eq!(
            SignedImage::parse(&image),
            Err(Error::NotSigned),
            "{} bytes",
            image.len()
        );
    }
}

#[test]
fn nothing_is_appended_to_a_changed_image() {
    let other = key("p256-2.pem");
    let mut image = data("p256.signed.bin");
    image[5] ^= 1;
    let wanted = Err(Error::ImageChanged { block: 0 });
    assert_eq!(append_v2(&image, &other.public(), other.signer()), wanted);
    assert_eq!(
        SignedImage::parse(&image).unwrap().verify(&[key("p256.pem").public()]),
        Err(Error::ImageChanged { block: 0 })
    );
}

#[test]
fn second_block_of_another_image_is_refused_though_the_first_is_right() {
    let image = changed("p256-two.signed.bin", 1, 4, &[0; 32]);
    let keys = ["p256.pem", "p256-2.pem"].map(|name| key(name).public());
    assert_eq!(
        SignedImage::parse(&image).unwrap().verify(&keys),
        Err(Error::ImageChanged { block: 1 })
    );
}

#[test]
fn nothing_is_appended_beside_a_wrong_signature() {
    let other = key("p256-2.pem");
    let byte = data("p256.signed.bin")[block(0) + 101];
    let image = changed("p256.signed.bin", 0, 101, &[byte ^ 1]);
    let wanted = Err(Error::SignatureInvalid { block: 0 });
    assert_eq!(append_v2(&image, &other.public(), other.signer()), wanted);
}

#[test]
fn same_key_cannot_sign_again() {
    for (image, name, block) in [
        ("rsa.signed.bin", "rsa.pem", 0),
        ("two.signed.bin", "rsa-2.pem", 1),
        ("p384.signed.bin", "p384.pem", 0),
    ] {
        let key = key(name);
        let done = append_v2(&data(image), &key.public(), key.signer());
        assert_eq!(done, Err(Error::AlreadySignedByKey { block }));
    }
}

#[test]
fn signature_of_another_scheme_is_not_appended() {
    for (image, first, name) in [
        ("rsa.signed.bin", BootKeyKind::Rsa3072, "p256.pem"),
        ("p256.signed.bin", BootKeyKind::EcdsaP256, "p384.pem"),
        ("p192.signed.bin", BootKeyKind::EcdsaP192, "p256.pem"),
    ] {
        let key = key(name);
        let other = key.public().kind();
        let wanted = Error::MixedSchemes { block: 1, first, other };
        assert_eq!(
            append_v2(&data(image), &key.public(), key.signer()),
            Err(wanted.clone())
        );
    }
}

#[test]
fn fourth_signature_is_refused() {
    let keys = [3, 4].map(|byte| p256::ecdsa::SigningKey::from_slice(&[byte; 32]).unwrap());
    let append = |image: &[u8], key: &p256::ecdsa::SigningKey| {
        append_v2(image, &key.verifying_key().into(), BootSigner::P256(key))
    };
    let three = append(&data("p256-two.signed.bin"), &keys[0]).unwrap();
    assert_eq!(
        SignedImage::parse(&three)
            .unwrap()
            .verify(&[keys[0].verifying_key().into()]),
        Ok(2)
    );
    assert_eq!(append(&three, &keys[1]), Err(Error::TooManyBlocks));
}

#[test]
fn block_after_an_empty_slot_is_refused() {
    let mut image = data("two.signed.bin");
    image[block(0)..block(1)].fill(0xFF);
    assert_eq!(
        SignedImage::parse(&image),
        Err(Error::BlockBehindEmptySlot { block: 1 })
    );
    let mut image = data("two.signed.bin");
    image.copy_within(block(1)..block(2), block(2));
    image[block(1)..block(2)].fill(0xFF);
    assert_eq!(
        SignedImage::parse(&image),
        Err(Error::BlockBehindEmptySlot { block: 2 })
    );
}

#[test]
fn bytes_after_the_blocks_are_refused() {
    let mut image = data("p256.signed.bin");
    image[SECTOR + 4000] = 0;
    assert_eq!(
        SignedImage::parse(&image),
        Err(Error::SectorRest { offset: 4000, value: 0 })
    );
    let mut image = data("p256.signed.bin");
    image[block(2)] = 0;
    assert_eq!(
        SignedImage::parse(&image),
        Err(Error::BlockBehindEmptySlot { block: 2 })
    );
}

#[test]
fn trusted_key_with_a_wrong_signature_is_refused() {
    for (name, at) in [("rsa", 812), ("p256", 101), ("p384", 149)] {
        let file = format!("{name}.signed.bin");
        let image = changed(&file, 0, at, &[data(&file)[block(0) + at] ^ 1]);
        let parsed = SignedImage::parse(&image).unwrap();
        let trusted = key(&format!("{name}.pem")).public();
        assert_eq!(
            parsed.verify(&[trusted]),
            Err(Error::SignatureInvalid { block: 0 }),
            "{name}"
        );
    }
}

#[test]
fn second_block_counts_when_the_first_one_is_wrong() {
    let byte = data("p256-two.signed.bin")[block(0) + 101];
    let image = changed("p256-two.signed.bin", 0, 101, &[byte ^ 1]);
    let keys = ["p256.pem", "p256-2.pem"].map(|name| key(name).public());
    let parsed = SignedImage::parse(&image).unwrap();
    assert_eq!(parsed.verify(&keys), Ok(1));
    assert_eq!(parsed.verify(&keys[..1]), Err(Error::SignatureInvalid { block: 0 }));
}

#[test]
fn signer_with_another_key_is_found() {
    for (named, signer) in [("p256.pem", "p256-2.pem"), ("rsa.pem", "rsa-2.pem")] {
        let signer = key(signer);
        let done = sign_v2(&[1], &key(named).public(), signer.signer());
        assert_eq!(done, Err(Error::SigningKeyDiffers));
    }
    let (first, second) = (key("p256.pem"), key("p256-2.pem"));
    assert_eq!(
        sign_app_v1(&[1], &first.public(), second.p256()),
        Err(Error::SigningKeyDiffers)
    );
}

/// A signer without a key, like an unplugged HSM.
struct Unplugged;

impl signature::hazmat::PrehashSigner<p256::ecdsa::Signature> for Unplugged {
    fn sign_prehash(&self, _: &[u8]) -> Result<p256::ecdsa::Signature, signature::Error> {
        Err(signature::Error::new())
    }
}

#[test]
fn failed_signer_and_keys_of_other_kinds_are_refused() {
    let (p256, p384) = (key("p256.pem"), key("p384.pem"));
    let failed = sign_v2(&[1], &p256.public(), BootSigner::P256(&Unplugged));
    assert!(matches!(failed, Err(Error::SigningFailed(_))));
    let wanted = Error::KeyKind {
        wanted: BootKeyKind::EcdsaP256,
        found: BootKeyKind::EcdsaP384,
    };
    assert_eq!(sign_v2(&[1], &p384.public(), p256.signer()), Err(wanted.clone()));
    assert_eq!(sign_app_v1(&[1], &p384.public(), p256.p256()), Err(wanted.clone()));
    assert_eq!(
        verify_app_v1(&data("v1.signed.bin"), &p384.public()),
        Err(wanted.clone())
    );
    let mut hasher = ImageHasher::new(BootKeyKind::EcdsaP256);
    hasher.update(&[1]);
    let mut sector = SignatureSector::new(hasher.finish().unwrap());
    let kind = BootKeyKind::EcdsaP384;
    assert_eq!(
        sector.push(&p384.public(), p384.signer()),
        Err(Error::DigestKind { kind })
    );
    assert!(sector.as_bytes().iter().all(|byte| *byte == 0xFF));
}

#[test]
fn version_1_does_not_sign_a_signed_file() {
    let (first, second) = (key("p256.pem"), key("p256-2.pem"));
    let sign = |image: &[u8], key: &common::PrivateKey| sign_app_v1(image, &key.public(), key.p256());
    assert_eq!(sign(&data("v1.signed.bin"), &first), Err(Error::AlreadySigned));
    // Another key's signature is detected by the app image that ends before it.
    let app = data("bootloader.bin");
    let signed = sign(&app, &first).unwrap();
    assert_eq!(sign(&signed, &second), Err(Error::AlreadySigned));
    assert_eq!(sign(&data("p256.signed.bin"), &second), Err(Error::AlreadySigned));
    // Here it cannot be distinguished from data.
    assert!(sign(&data("v1.signed.bin"), &second).is_ok());
}

#[test]
fn version_1_refuses_unsigned_and_changed_images() {
    let key = key("p256.pem");
    let signed = data("v1.signed.bin");
    let verify = |image: &[u8]| verify_app_v1(image, &key.public()).map(<[u8]>::len);
    assert_eq!(verify(&signed), Ok(1000));
    assert_eq!(verify(&signed[..1000]), Err(Error::NotSigned));
    assert_eq!(verify(&signed[1000..]), Err(Error::Empty));
    for at in (0..1000).step_by(37).chain(1004..1068) {
        let mut changed = signed.clone();
        changed[at] ^= 1;
        assert_eq!(verify(&changed), Err(Error::SignatureInvalid { block: 0 }), "{at}");
    }
    let mut version = signed;
    version[1003] = 1;
    assert_eq!(verify(&version), Err(Error::NotSigned));
}

#[test]
fn bootloader_digest_requires_an_image_and_a_key_of_the_right_length() {
    let key = BootloaderKeyV1::new(&[7; 32]).unwrap();
    let digest = |image: &[u8]| bootloader_digest_v1(image, &key, &[0; 128]);
    let refused = |len, magic| Err(Error::NotAnImage { len, magic });
    assert_eq!(digest(&[]), refused(0, None));
    assert_eq!(digest(&[0xE9; 23]), refused(23, Some(0xE9)));
    assert_eq!(digest(&[0; 200]), refused(200, Some(0)));
    assert!(digest(&[0xE9; 24]).is_ok());
    for len in [0, 16, 23, 25, 31, 33, 64] {
        assert_eq!(
            BootloaderKeyV1::new(&vec![1; len]).unwrap_err(),
            Error::BootloaderKeyLength { len }
        );
    }
    assert_eq!(reflashable_key_v1(&[0; 32]).unwrap_err(), Error::Scalar);
    assert_eq!(reflashable_key_v1(&[0xFF; 32]).unwrap_err(), Error::Scalar);
}

#[test]
fn public_keys_that_are_none_are_refused() {
    for name in ["rsa", "p192", "p256", "p384"] {
        let der = data(&format!("{name}.der"));
        for len in 0..der.len() {
            assert!(BootPublicKey::from_der(&der[..len]).is_err(), "{name} {len}");
        }
        let mut longer = der.clone();
        longer.push(0);
        assert_eq!(BootPublicKey::from_der(&longer), Err(Error::PublicKeyForm));
        let mut point = der.clone();
        *point.last_mut().unwrap() ^= 1;
        let changed = BootPublicKey::from_der(&point);
        if name == "rsa" {
            assert_eq!(changed, Err(Error::RsaExponent { exponent: Some(65536) }));
        } else {
            let kind = BootPublicKey::from_der(&der).unwrap().kind();
            assert_eq!(changed, Err(Error::PublicKeyPoint { kind }), "{name}");
        }
    }
    let kind = BootKeyKind::Rsa3072;
    assert_eq!(
        BootPublicKey::from_ecdsa(kind, &[], &[]),
        Err(Error::PublicKeyLength { kind, len: 0 })
    );
    let kind = BootKeyKind::EcdsaP256;
    assert_eq!(
        BootPublicKey::from_ecdsa(kind, &[0; 32], &[0; 33]),
        Err(Error::PublicKeyLength { kind, len: 33 })
    );
    assert_eq!(
        BootPublicKey::from_ecdsa(kind, &[0xFF; 32], &[0xFF; 32]),
        Err(Error::PublicKeyPoint { kind })
    );
    let mut compressed = data("p256.der");
    compressed[26] = 2;
    assert_eq!(BootPublicKey::from_der(&compressed), Err(Error::PublicKeyForm));
    let mut curve = data("p256.der");
    curve[22] = 0x08;
    let error = BootPublicKey::from_der(&curve).unwrap_err();
    assert!(matches!(error, Error::PublicKeyAlgorithm { .. }));
    assert!(error.to_string().ends_with(" but 1.2.840.10045.3.1.8"), "{error}");
}

/// `espsecure sign-data` without `--append` makes such files from signed ones, and verifies the outer signature.
#[test]
fn an_image_that_was_signed_with_its_signature_is_refused() {
    let signed = data("p256.signed.bin");
    let sector = signed.last_chunk::<SECTOR>().unwrap();
    let twice = [signed.as_slice(), sector].concat();
    assert_eq!(SignedImage::parse(&twice).err(), Some(Error::SignedTwice));
    assert!(SignedImage::parse(&signed).is_ok());
}
