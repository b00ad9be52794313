//! A signed image verifies, hashed in pieces or at once, and fails with any changed byte.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

#[path = "common/keys.rs"]
mod common;

use common::{PrivateKey, block, data, key, repair};
use esp_secure_boot::{
    BootKeyKind, ImageHasher, SECTOR, SignatureSector, SignedImage, append_v2, sign_app_v1, sign_v2, verify_app_v1,
};
use proptest::collection::vec;
use proptest::prelude::*;

fn verifies(image: &[u8], key: &PrivateKey) -> bool {
    SignedImage::parse(image).is_ok_and(|image| image.verify(&[key.public()]).is_ok())
}

fn p256(byte: u8) -> PrivateKey {
    PrivateKey::P256(p256::ecdsa::SigningKey::from_slice(&[byte; 32]).unwrap())
}

fn p384(byte: u8) -> PrivateKey {
    PrivateKey::P384(p384::ecdsa::SigningKey::from_slice(&[byte; 48]).unwrap())
}

fn content() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![vec(any::<u8>(), 1..200), vec(any::<u8>(), 4000..9000)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn signed_image_verifies_and_holds_the_content(content in content(), byte in 1_u8..=200, large in any::<bool>()) {
        let (key, other) = if large { (p384(byte), p384(201)) } else { (p256(byte), p256(201)) };
        let signed = sign_v2(&content, &key.public(), key.signer()).unwrap();
        let signed = append_v2(&signed, &other.public(), other.signer()).unwrap();
        let image = SignedImage::parse(&signed).unwrap();
        prop_assert!(image.content().starts_with(&content));
        prop_assert!(image.content()[content.len()..].iter().all(|byte| *byte == 0xFF));
        prop_assert_eq!(image.content().len(), content.len().next_multiple_of(SECTOR));
        prop_assert_eq!(image.verify(&[key.public()]), Ok(0));
        prop_assert_eq!(image.verify_digests(&[*other.public().key_digest()]), Ok(1));
    }

    #[test]
    fn changed_byte_never_verifies(content in content(), at in any::<prop::sample::Index>(), bit in 0_u32..8, large in any::<bool>()) {
        let key = if large { p384(5) } else { p256(5) };
        let mut signed = sign_v2(&content, &key.public(), key.signer()).unwrap();
        let at = at.index(signed.len());
        signed[at] ^= 1_u8 << bit;
        prop_assert!(!verifies(&signed, &key));
        if (signed.len() - SECTOR..signed.len() - SECTOR + 1196).contains(&at) {
            repair(&mut signed, 0);
            prop_assert!(!verifies(&signed, &key));
        }
    }

    #[test]
    fn pieces_make_the_same_sector_as_the_whole(content in content(), piece in 1_usize..9000) {
        let key = p256(5);
        let mut hasher = ImageHasher::new(BootKeyKind::EcdsaP256);
        content.chunks(piece).for_each(|piece| hasher.update(piece));
        prop_assert_eq!((content.len() + hasher.padding()) % SECTOR, 0);
        let mut sector = SignatureSector::new(hasher.finish().unwrap());
        sector.push(&key.public(), key.signer()).unwrap();
        let signed = sign_v2(&content, &key.public(), key.signer()).unwrap();
        prop_assert_eq!(sector.as_bytes().as_slice(), &signed[signed.len() - SECTOR..]);
    }

    #[test]
    fn signed_image_in_pieces_is_known_as_signed(content in vec(any::<u8>(), 1..9000), piece in 1_usize..9000) {
        let key = p256(5);
        let signed = sign_v2(&content, &key.public(), key.signer()).unwrap();
        let mut hasher = ImageHasher::new(BootKeyKind::EcdsaP256);
        signed.chunks(piece).for_each(|piece| hasher.update(piece));
        prop_assert_eq!(hasher.finish(), Err(esp_secure_boot::Error::AlreadySigned));
    }

    #[test]
    fn version_1_signature_verifies_and_no_changed_byte_does(content in vec(any::<u8>(), 1..3000), at in any::<prop::sample::Index>(), bit in 0_u32..8) {
        let key = p256(5);
        let mut signed = sign_app_v1(&content, &key.public(), key.p256()).unwrap();
        prop_assert_eq!(verify_app_v1(&signed, &key.public()), Ok(content.as_slice()));
        let at = at.index(signed.len());
        signed[at] ^= 1_u8 << bit;
        prop_assert!(verify_app_v1(&signed, &key.public()).is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn rsa_signed_image_verifies_and_no_changed_byte_does(content in content(), at in any::<prop::sample::Index>()) {
        let key = key("rsa.pem");
        let mut signed = sign_v2(&content, &key.public(), key.signer()).unwrap();
        prop_assert!(verifies(&signed, &key));
        let at = at.index(signed.len());
        signed[at] ^= 1;
        prop_assert!(!verifies(&signed, &key));
    }
}

#[test]
fn every_changed_byte_of_a_block_is_found_though_the_checksum_is_right() {
    for (name, step) in [("rsa", 29), ("p256", 1), ("p384", 3)] {
        let (image, key) = (data(&format!("{name}.signed.bin")), key(&format!("{name}.pem")));
        assert!(verifies(&image, &key));
        for at in (0..1216).step_by(step) {
            let mut changed = image.clone();
            changed[block(0) + at] ^= 0x10;
            if at < 1196 {
                repair(&mut changed, 0);
            }
            assert!(!verifies(&changed, &key), "{name} byte {at}");
        }
    }
}
