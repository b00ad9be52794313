//! Values derived from the HMAC key 00 01 .. 1f, compared with Python's `hashlib.pbkdf2_hmac` and
//! `hmac` and with `cryptography` 50.0 (points, AES-GCM).

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use esp_secure_cert::{
    EncryptedKey, Error, HmacKey, Image, KeySalt, KeyStorage, PartitionSize, RecordType, Subtype, Writer,
};
use hex_literal::hex;
use rand_chacha::rand_core::SeedableRng;

fn key() -> HmacKey {
    HmacKey::new(std::array::from_fn(|i| i.try_into().unwrap())).unwrap()
}

#[test]
fn derived_keys_are_those_of_the_peer() {
    let counting: [u8; 32] = std::array::from_fn(|i| (i + 100).try_into().unwrap());
    let cases: [(&[u8], [u8; 32], [u8; 65]); 3] = [
        (
            &counting,
            hex!("a1e757d0e1bfe4b4735ceb884c77cea0613a0470e0acd55bd13906b4e12b67d5"),
            hex!(
                "04c99c75641bdef1b18ba40c7e573797bacd603b309d5637e22df67371fdd8fed1"
                "13b8cac46383f9504f91ae4a6aaa722dadab936aa3cd0e28f4e3a5063d75adc0"
            ),
        ),
        (
            b"sixteen byte sal",
            hex!("ee7c12d1dfcba8404ff829821516ac7a475c139d61a9140ab23c787f2ebd4a12"),
            hex!(
                "04826fb030de5b9c9613d3dfa2d3cf2782ee1d56516c2fab5826121c6f8878ace8"
                "dcf08efe40f5b3288a4a952061558ec0c5bab11bf4578fbc6c014384a7b751f0"
            ),
        ),
        (
            &[0; 64],
            hex!("db7b8cee7f343e06e6fa2ac022af188563e032d0fc172d09093bc6847746e29a"),
            hex!(
                "046929ea7363ddb1f02bdae396f29f96c5ea991f168d83007903dc319281007c95"
                "fb61f5e01bc65fe2aa58aaf65f49b7b522035b850056d864b769f987531bb481"
            ),
        ),
    ];
    for (salt, scalar, point) in cases {
        let derived = key().derive(&KeySalt::new(salt).unwrap()).unwrap();
        assert_eq!(*derived.expose_scalar(), scalar);
        assert_eq!(derived.public_key(), point);
    }
}

#[test]
fn image_of_a_derived_key_contains_the_salt_and_no_key() {
    let salt = [0xA7; 32];
    let salt = KeySalt::new(&salt).unwrap();
    let derived = key().derive(&salt).unwrap();
    let mut buffer = [0; 256];
    let mut writer = Writer::new(&mut buffer, PartitionSize::DEFAULT);
    writer.push_key(Subtype::MIN, &KeyStorage::HmacDerived(salt)).unwrap();
    let bytes = writer.finish();
    assert_eq!(bytes.len(), 48 + 16);
    let image = Image::new(bytes);
    assert!(
        image
            .find(RecordType::PRIV_KEY, Subtype::MIN)
            .unwrap()
            .unwrap()
            .data()
            .is_empty()
    );
    let Ok(Some(KeyStorage::HmacDerived(read))) = image.key(Subtype::MIN) else {
        unreachable!()
    };
    assert_eq!(read, salt);
    let holds = |secret: &[u8]| {
        image
            .as_bytes()
            .windows(8)
            .any(|window| secret.windows(8).any(|s| s == window))
    };
    assert!(!holds(&derived.expose_scalar()[..]) && !holds(key().expose()));
    assert!(holds(salt.as_bytes()));
}

const TEXT: &[u8] = b"a private key of any form, which is a secret";

#[test]
fn ciphertext_is_that_of_the_peer_and_decrypts() {
    let expected = hex!(
        "7c192e7306a598d9acc847c60e828672822765c5f4592b4aa84b6b602446299f"
        "d46fb99123bd21946b3e94fa4135dc40c1cfbaa3b99a3cfce687ed89"
    );
    let mut out = [0; 64];
    let encrypted = key().encrypt(TEXT, &mut out).unwrap();
    assert_eq!(encrypted.as_bytes(), expected);

    let mut buffer = [0; 128];
    let mut writer = Writer::new(&mut buffer, PartitionSize::DEFAULT);
    writer
        .push_key(Subtype::MIN, &KeyStorage::HmacEncrypted(encrypted))
        .unwrap();
    let one = Subtype::new(1).unwrap();
    let second = writer.push_key(one, &KeyStorage::HmacEncrypted(encrypted));
    assert_eq!(second, Err(Error::SecondEncrypted { offset: 0 }));
    let Ok(Some(KeyStorage::HmacEncrypted(read))) = Image::new(writer.finish()).key(Subtype::MIN) else {
        unreachable!()
    };
    let mut out = [0; 64];
    assert_eq!(key().decrypt(&read, &mut out).unwrap(), TEXT);
}

#[test]
fn changed_ciphertext_and_other_keys_are_refused_and_leave_nothing() {
    let mut out = [0; 64];
    let encrypted = key().encrypt(TEXT, &mut out).unwrap().as_bytes().to_vec();
    for bit in [0, 7, 8 * (TEXT.len() - 1), 8 * TEXT.len(), 8 * encrypted.len() - 1] {
        let mut changed = encrypted.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        let mut out = [0xEE; 64];
        let changed = EncryptedKey::new(&changed).unwrap();
        assert_eq!(
            key().decrypt(&changed, &mut out).unwrap_err(),
            Error::Decryption,
            "bit {bit}"
        );
        assert_eq!(out[..TEXT.len()], [0; 44]);
    }
    let encrypted = EncryptedKey::new(&encrypted).unwrap();
    let other = HmacKey::new([7; 32]).unwrap();
    assert_eq!(other.decrypt(&encrypted, &mut [0; 64]).unwrap_err(), Error::Decryption);
    let small = Error::BufferTooSmall {
        needed: 44,
        available: 43,
    };
    assert_eq!(key().decrypt(&encrypted, &mut [0; 43]).unwrap_err(), small);
    let small = Error::BufferTooSmall {
        needed: 60,
        available: 59,
    };
    assert_eq!(key().encrypt(TEXT, &mut [0; 59]).unwrap_err(), small);
    assert_eq!(
        key().encrypt(&[], &mut [0; 59]).unwrap_err(),
        Error::EncryptedLength { len: 16 }
    );
}

#[test]
fn blank_keys_and_other_sizes_are_refused_and_keys_are_not_shown() {
    for byte in [0x00, 0xFF] {
        assert_eq!(HmacKey::new([byte; 32]).unwrap_err(), Error::HmacKeyBlank);
        assert_eq!(HmacKey::decode(&[byte; 32]).unwrap_err(), Error::HmacKeyBlank);
    }
    for len in [0, 31, 33] {
        assert_eq!(
            HmacKey::decode(&[7; 33][..len]).unwrap_err(),
            Error::HmacKeySize { len }
        );
    }
    for (len, good) in [(15, false), (16, true), (64, true), (65, false)] {
        assert_eq!(KeySalt::new(&[7; 65][..len]).is_ok(), good, "{len}");
    }
    let mut rng = <rand_chacha::ChaCha20Rng as SeedableRng>::seed_from_u64(1);
    let drawn = HmacKey::generate(&mut rng).unwrap();
    assert_ne!(drawn.expose(), HmacKey::generate(&mut rng).unwrap().expose());
    let salt = [1; 16];
    let derived = drawn.derive(&KeySalt::new(&salt).unwrap()).unwrap();
    assert_eq!(
        format!("{drawn:?} {derived:?}"),
        "HmacKey([elided]) DerivedKey([elided])"
    );
}
