//! Compares with the output of espsecure 5.6.0 for the keys in `data`; checks the bytes with a prescribed value.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

#[path = "common/keys.rs"]
mod common;

use common::{PrivateKey, bytes, data, key};
use esp_secure_boot::{
    BootKeyKind, BootPublicKey, BootSigner, BootloaderKeyV1, Error, ImageHasher, SECTOR, SignatureSector, SignedImage,
    append_v2, bootloader_digest_v1, bootloader_v1, reflashable_key_v1, sign_app_v1, sign_v2, verify_app_v1,
};
use hex_literal::hex;

const DIGESTS: [(&str, BootKeyKind, [u8; 32]); 4] = [
    (
        "rsa",
        BootKeyKind::Rsa3072,
        hex!("78637ed55f149f79ab80879c1a3191858d302346356ba33a98237a44ebf5b61d"),
    ),
    (
        "p192",
        BootKeyKind::EcdsaP192,
        hex!("2a1d606dcbffbf6ee31a85ac405e011b45fda90994d676d603306282c6cc799f"),
    ),
    (
        "p256",
        BootKeyKind::EcdsaP256,
        hex!("72da3fc53e590f2b273a53979063a7116b2a06acc0d36702139cbb3405d96a26"),
    ),
    (
        "p384",
        BootKeyKind::EcdsaP384,
        hex!("55cd2ae0e8204fb4af4e79f4cdc97cd2f18eff34cd3fc43be858c121dd34c637"),
    ),
];

#[test]
fn keys_in_der_have_the_digest_of_the_tool() {
    for (name, kind, digest) in DIGESTS {
        let key = BootPublicKey::from_der(&data(&format!("{name}.der"))).unwrap();
        assert_eq!((key.kind(), key.key_digest()), (kind, &digest), "{name}");
        if kind != BootKeyKind::EcdsaP192 {
            assert_eq!(common::key(&format!("{name}.pem")).public(), key);
        }
    }
}

#[test]
fn signed_files_of_the_tool_verify_by_key_and_by_digest() {
    let content = padded();
    for (name, kind, digest) in DIGESTS {
        let image = data(&format!("{name}.signed.bin"));
        let image = SignedImage::parse(&image).unwrap();
        assert_eq!((image.kind(), image.content()), (Ok(kind), content.as_slice()));
        let key = BootPublicKey::from_der(&data(&format!("{name}.der"))).unwrap();
        let wanted = if kind == BootKeyKind::EcdsaP192 {
            Err(Error::Unsupported { kind })
        } else {
            Ok(0)
        };
        assert_eq!(image.verify(&[key]), wanted, "{name}");
        assert_eq!(image.verify_digests(&[[0; 32], digest]), wanted, "{name}");
        assert_eq!(image.verify(&[]), Err(Error::NoTrustedKey { blocks: 1 }));
    }
}

#[test]
fn appended_block_of_the_tool_verifies_and_is_the_second() {
    for (image, first, second) in [
        ("two.signed.bin", "rsa.pem", "rsa-2.pem"),
        ("p256-two.signed.bin", "p256.pem", "p256-2.pem"),
    ] {
        let image = data(image);
        let image = SignedImage::parse(&image).unwrap();
        assert_eq!(image.verify(&[key(first).public()]), Ok(0));
        assert_eq!(image.verify(&[key(second).public()]), Ok(1));
        assert_eq!(image.verify(&[key(second).public(), key(first).public()]), Ok(0));
    }
}

/// Only signature and checksum differ between signings.
#[test]
fn signed_files_differ_from_those_of_the_tool_in_signature_and_checksum_alone() {
    for (name, signature) in [("rsa", 812..1200), ("p256", 101..165), ("p384", 149..245)] {
        let (tool, key) = (data(&format!("{name}.signed.bin")), key(&format!("{name}.pem")));
        let ours = sign_v2(&data("content.bin"), &key.public(), key.signer()).unwrap();
        assert_eq!(ours.len(), tool.len());
        let differs = |at: usize| ours[SECTOR + at] != tool[SECTOR + at];
        let is_meant = |at: &usize| signature.contains(at) || (1196..1200).contains(at);
        assert_eq!(ours[..SECTOR], tool[..SECTOR]);
        assert_eq!(
            (0..SECTOR).filter(|at| differs(*at)).find(|at| !is_meant(at)),
            None,
            "{name}"
        );
    }
}

#[test]
fn appended_block_takes_the_slot_that_the_tool_takes() {
    let (first, second) = (key("p256.pem"), key("p256-2.pem"));
    let tool = data("p256-two.signed.bin");
    let ours = append_v2(&data("p256.signed.bin"), &second.public(), second.signer()).unwrap();
    // The tool signed with both keys at once, so its first block has another nonce.
    let numbers = |image: &[u8], block: usize| image[SECTOR + block * 1216 + 36..][..65].to_vec();
    assert_eq!(numbers(&ours, 1), numbers(&tool, 1));
    assert_eq!(
        ours[SECTOR..SECTOR + 1216],
        data("p256.signed.bin")[SECTOR..SECTOR + 1216]
    );
    assert_eq!(ours[SECTOR + 2 * 1216..], tool[SECTOR + 2 * 1216..]);
    let image = SignedImage::parse(&ours).unwrap();
    assert_eq!(image.verify(&[first.public()]), Ok(0));
    assert_eq!(image.verify(&[second.public()]), Ok(1));
}

#[test]
fn sector_alone_is_that_of_the_signed_image() {
    let key = key("p384.pem");
    let content = data("content.bin");
    let mut hasher = ImageHasher::new(key.public().kind());
    content.chunks(77).for_each(|piece| hasher.update(piece));
    assert_eq!(hasher.padding(), 3096);
    let mut sector = SignatureSector::new(hasher.finish().unwrap());
    sector.push(&key.public(), key.signer()).unwrap();
    // RFC 6979: the same nonce for the same digest.
    let signed = sign_v2(&content, &key.public(), key.signer()).unwrap();
    assert_eq!(sector.as_bytes().as_slice(), &signed[SECTOR..]);
}

#[test]
fn app_signature_of_version_1_is_that_of_the_tool() {
    let key = key("p256.pem");
    let (content, tool) = (data("content.bin"), data("v1.signed.bin"));
    assert_eq!(verify_app_v1(&tool, &key.public()), Ok(content.as_slice()));
    assert_eq!(sign_app_v1(&content, &key.public(), key.p256()).unwrap(), tool);
}

#[test]
fn bootloader_digest_of_version_1_is_that_of_the_tool() {
    let image = data("bootloader.bin");
    let all: Vec<u8> = (0..32).collect();
    let cases = [
        (
            &all[..],
            "acb9222f88915d68db604952c031213b7d9e41294336f4c48d446e72dba9ae49\
             0e88ff07b7fbc971cd5e7c3bddf5011a593248b77d983182cd655417e39041cb",
        ),
        (
            &all[..24],
            "40ace08fbae413d387683edf4d01ed123f89860d0bdf0bb41475463d6399930f\
             20be1ee90ac30762ba64d4ffebc6c2394b90da2114df2a8a9498c0fbd2e468e7",
        ),
    ];
    for (file, wanted) in cases {
        let key = BootloaderKeyV1::new(file).unwrap();
        assert_eq!(key.expose_bytes(), file);
        let digest = bootloader_digest_v1(&image, &key, b"Z".repeat(128).as_slice().try_into().unwrap()).unwrap();
        assert_eq!(digest.as_slice(), bytes(wanted), "{} bytes", file.len());
        let made = bootloader_v1(&image, &key, &[b'Z'; 128]).unwrap();
        assert_eq!(made.len(), SECTOR + 128);
        assert_eq!(made[128..192], digest);
        assert!(made[192..SECTOR].iter().all(|byte| *byte == 0xFF));
        assert_eq!(made[SECTOR..], image[..128]);
    }
}

#[test]
fn reflashable_key_is_that_of_the_tool() {
    let scalar = key("p256.pem").p256().to_bytes().into();
    let wanted = hex!("260763c894f84d95ff50b29a221d929951a8124b17523af09046e4ef70d40680");
    let key = reflashable_key_v1(&scalar).unwrap();
    assert_eq!(key.expose_bytes(), wanted);
    assert_eq!(format!("{key:?}"), "BootloaderKeyV1([elided])");
}

#[test]
fn signers_do_not_show_their_keys() {
    let PrivateKey::Rsa(_, signer) = key("rsa.pem") else {
        panic!("not RSA");
    };
    assert_eq!(format!("{signer:?}"), "PssSigner([elided])");
    assert_eq!(
        format!("{:?}", BootSigner::Rsa3072(signer.as_ref())),
        "BootSigner(RSA-3072)"
    );
}

fn padded() -> Vec<u8> {
    let mut content = data("content.bin");
    content.resize(SECTOR, 0xFF);
    content
}
