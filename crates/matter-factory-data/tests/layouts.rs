//! Any record round-trips in any layout.

#![allow(clippy::unwrap_used, unreachable_pub, dead_code, reason = "tests")]

#[path = "support/records.rs"]
mod records;

use esp_secure_cert::{EfuseKey, KeySalt};
use matter_factory_data::{
    AttestationCredentials, DacKeyStorage, DeviceRecord, Place, RotatingId, SecureCertNumbers, StorageLayout,
};
use matter_spake2p::{Iterations, PaseCredential, PbkdfParameters, Salt};
use matter_types::{Discriminator, Passcode};
use proptest::prelude::*;
use records::{Chain, PRODUCT, VENDOR, chain, full, ids, size};

#[derive(Clone, Debug)]
enum Key {
    Plain,
    Efuse(u8),
    Hmac(Vec<u8>),
}

fn key() -> impl Strategy<Value = Key> {
    prop_oneof![
        Just(Key::Plain),
        (0..=5u8).prop_map(Key::Efuse),
        proptest::collection::vec(any::<u8>(), 16..=64).prop_map(Key::Hmac),
    ]
}

/// The part of the record that either partition can store.
fn record(discriminator: u16, passcode: Option<u32>, iterations: u32, salt: &[u8]) -> DeviceRecord {
    let discriminator = Discriminator::new(discriminator).unwrap();
    let parameters = PbkdfParameters {
        iterations: Iterations::new(iterations).unwrap(),
        salt: Salt::new(salt).unwrap(),
    };
    let (vendor, product) = ids();
    match passcode {
        None => DeviceRecord::with_dynamic_passcode(vendor, product, discriminator, parameters),
        Some(number) => {
            let pase = PaseCredential::derive(Passcode::new(number).unwrap(), parameters).unwrap();
            DeviceRecord::new(vendor, product, discriminator, &pase)
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn records_round_trip_in_any_layout(
        discriminator in 0..=4095u16,
        passcode in proptest::option::of(1..=11_111_110u32),
        iterations in 1000..=1010u32,
        salt in proptest::collection::vec(any::<u8>(), 16..=32),
        id in any::<[u8; 16]>(),
        numbers in proptest::option::of(any::<[[u8; 32]; 2]>()),
        seed in 1..=4u64,
        key in key(),
        place in 0..=2u8,
    ) {
        let mut record = record(discriminator, passcode, iterations, &salt);
        let Chain { key: scalar, dac, pai } = chain(VENDOR, PRODUCT, seed);
        record.set_credentials(AttestationCredentials::new(dac, scalar, pai).unwrap()).unwrap();
        record.rotating_id = Some(RotatingId::new(id));
        record.product.serial_number = full().product.serial_number;
        let key = match &key {
            Key::Plain => DacKeyStorage::Plain,
            Key::Efuse(id) => DacKeyStorage::EfuseEcdsa(EfuseKey::new(*id).unwrap()),
            Key::Hmac(salt) => DacKeyStorage::HmacDerived(KeySalt::new(salt).unwrap()),
        };
        let layout = match place {
            0 => StorageLayout::NVS,
            1 => StorageLayout::new(Place::SecureCert, Place::Nvs, Place::Nvs, key).unwrap(),
            _ => StorageLayout::new(Place::SecureCert, Place::SecureCert, Place::SecureCert, key).unwrap(),
        };
        if place == 2 {
            record.secure_cert_numbers = numbers.map(SecureCertNumbers::new);
        }
        let images = record.encode(size(), &layout).unwrap();
        let (read, found) = DeviceRecord::decode(images.nvs(), images.secure_cert()).unwrap();
        prop_assert_eq!(found, layout);
        prop_assert_eq!(record.first_difference(&read), None);
        prop_assert_eq!(read.verifier().is_some(), passcode.is_some());
        let kept = read.credentials().unwrap().key().map(|key| *key.expose_scalar());
        let given = record.credentials().unwrap().key().map(|key| *key.expose_scalar());
        prop_assert_eq!(kept, given.filter(|_| !layout.is_keyless()));
        // Encoding the decoded record gives the same bytes.
        let again = read.encode(size(), &found).unwrap();
        prop_assert!(again.nvs() == images.nvs() && again.secure_cert() == images.secure_cert());
    }

    #[test]
    fn damaged_partitions_never_panic(
        changes in proptest::collection::vec((0usize..0x800, any::<u8>()), 1..8),
        cut in 0usize..0x800,
        place in any::<bool>(),
    ) {
        let others = if place { Place::SecureCert } else { Place::Nvs };
        let layout = StorageLayout::new(Place::SecureCert, others, others, DacKeyStorage::Plain).unwrap();
        let images = full().encode(size(), &layout).unwrap();
        let mut image = images.secure_cert().unwrap().to_vec();
        for (at, byte) in changes {
            if let Some(there) = image.get_mut(at) {
                *there = byte;
            }
        }
        let _ = DeviceRecord::decode(images.nvs(), Some(&image));
        image.truncate(cut);
        let _ = DeviceRecord::decode(images.nvs(), Some(&image));
    }
}
