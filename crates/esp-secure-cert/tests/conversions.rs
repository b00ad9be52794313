//! Conversions from and to standard types, and comparison of keys without revealing them.

#![allow(clippy::unwrap_used, reason = "tests")]

use esp_secure_cert::subtle::ConstantTimeEq;
use esp_secure_cert::{
    Certificate, EfuseKey, EncryptedKey, Flags, KeySalt, KeyStorage, MatterData, PartitionSize, PlainKey, RecordType,
    Storage, Subtype,
};

const KEY: [u8; 9] = [0x30, 0x07, 0x02, 0x01, 0x01, 0x04, 0x02, 0x12, 0x34];
const PEM: &[u8] = b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n";

fn same<T: ConstantTimeEq>(one: &T, other: &T) -> bool {
    one.ct_eq(other).into()
}

#[test]
fn certificates_and_keys_are_taken_in_either_form() {
    assert!(Certificate::try_from(PEM).unwrap().is_pem());
    assert!(!Certificate::try_from(&[0x30, 0x00][..]).unwrap().is_pem());
    assert!(Certificate::try_from(&b"neither"[..]).is_err());
    assert_eq!(Certificate::try_from(PEM).unwrap().as_ref(), PEM);
    assert_eq!(PlainKey::try_from(&KEY[..]).unwrap().expose(), KEY);
    assert!(PlainKey::try_from(PEM).is_err());
}

#[test]
fn keys_are_equal_when_kind_and_bytes_are() {
    let mut other = KEY;
    other[8] += 1;
    let (salt, ciphertext) = ([7; 32], [0xA5; 32]);
    let kinds = [
        KeyStorage::from(PlainKey::try_from(&KEY[..]).unwrap()),
        KeyStorage::from(PlainKey::try_from(&other[..]).unwrap()),
        KeyStorage::from(EfuseKey::MIN),
        KeyStorage::from(EfuseKey::MAX),
        KeyStorage::from(KeySalt::try_from(&salt[..]).unwrap()),
        KeyStorage::from(EncryptedKey::try_from(&ciphertext[..]).unwrap()),
    ];
    for (i, one) in kinds.iter().enumerate() {
        for (j, other) in kinds.iter().enumerate() {
            assert_eq!(same(one, other), i == j, "{one:?}, {other:?}");
        }
    }
}

#[test]
fn items_of_matter_are_equal_when_kind_and_value_are() {
    let discriminator = |value| MatterData::discriminator(value).unwrap();
    assert!(same(&discriminator(3840), &discriminator(3840)));
    assert!(!same(&discriminator(3840), &discriminator(3841)));
    assert!(!same(&discriminator(1000), &MatterData::iteration_count(1000).unwrap()));
}

#[test]
fn numbers_go_in_and_out() {
    assert_eq!(u8::from(Subtype::try_from(7).unwrap()), 7);
    assert!(Subtype::try_from(254).is_err());
    assert_eq!(u8::from(EfuseKey::try_from(5).unwrap()), 5);
    assert!(EfuseKey::try_from(6).is_err());
    assert_eq!(u8::from(RecordType::from(201)), 201);
    assert_eq!(Flags::from(u8::from(Flags::HMAC_DERIVED)), Flags::HMAC_DERIVED);
    assert_eq!(Storage::from_name("hmac-derived"), Some(Storage::HmacDerived));
    assert_eq!(Storage::from_name("none"), None);
    assert_eq!(usize::from(PartitionSize::try_from(0x2000).unwrap()), 0x2000);
    assert_eq!(PartitionSize::try_from(0x2000_u32).unwrap(), PartitionSize::DEFAULT);
    assert_eq!(PartitionSize::try_from(0x2000_usize).unwrap(), PartitionSize::DEFAULT);
    assert!(PartitionSize::try_from(-1).is_err());
}
