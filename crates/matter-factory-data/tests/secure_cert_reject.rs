//! Images of two partitions that do not match, and partitions that no device has.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    unreachable_pub,
    dead_code,
    reason = "tests"
)]

#[path = "support/layouts.rs"]
mod layouts;
#[path = "support/records.rs"]
mod records;

use esp_nvs_image::{BlobVersion, Number, OwnedValue, encode_to_vec};
use esp_secure_cert::{Error as SecureCertError, Flags, Image, PartitionSize, RawRecord, RecordType, Writer};
use layouts::{decode, encode, keys, layout, record};
use matter_factory_data::{DacKeyStorage, DeviceRecord, Error, NAMESPACE, Place, StorageLayout};
use records::{PRODUCT, VENDOR, chain, full, plain, size};

/// The NVS values of one layout, some of them changed.
fn nvs_with(layout: &StorageLayout<'_>, change: &[(&str, OwnedValue)]) -> Vec<u8> {
    let mut entries = Vec::new();
    let visited = record(layout).visit_nvs(layout, |namespace, key, value| {
        let changed = change.iter().find(|(name, _)| *name == key.as_str());
        entries.push((
            *namespace,
            *key,
            changed.map_or_else(|| value.into(), |(_, value)| value.clone()),
        ));
        Ok::<(), Error>(())
    });
    visited.unwrap();
    for (name, value) in change {
        if !entries.iter().any(|(_, key, _)| key.as_str() == *name) {
            entries.push((NAMESPACE, name.parse().unwrap(), value.clone()));
        }
    }
    let values = entries
        .iter()
        .map(|(namespace, key, value)| (*namespace, *key, value.as_value()));
    encode_to_vec(size(), BlobVersion::V2, values).unwrap()
}

#[test]
fn value_in_both_partitions_must_be_the_same() {
    let all = layout(Place::SecureCert, DacKeyStorage::Plain);
    let images = encode(&all);
    let secure = images.secure_cert().unwrap();
    // All values in NVS, too: no contradiction.
    let everything = full().encode_nvs(size()).unwrap();
    let (read, found) = DeviceRecord::decode(&everything, Some(secure)).unwrap();
    assert_eq!(found, all);
    assert_eq!(read.first_difference(&record(&all)), None);

    let other = chain(VENDOR, PRODUCT, 2);
    let salt = OwnedValue::Str("AAAAAAAAAAAAAAAAAAAAAA==".into());
    let verifier = {
        let parameters = matter_spake2p::PbkdfParameters {
            ..*plain().parameters()
        };
        let passcode = matter_types::Passcode::new(34_567_890).unwrap();
        let pase = matter_spake2p::PaseCredential::derive(passcode, parameters).unwrap();
        OwnedValue::Str(pase.verifier().to_base64().as_str().into())
    };
    let cases = [
        ("discriminator", OwnedValue::Number(Number::U32(3841))),
        ("iteration-count", OwnedValue::Number(Number::U32(1001))),
        ("salt", salt),
        ("verifier", verifier),
        ("rd-id-uid", OwnedValue::Blob(vec![9; 16])),
        ("dac-cert", OwnedValue::Blob(other.dac.as_der().to_vec())),
        ("dac-key", OwnedValue::Blob(other.key.expose_scalar().to_vec())),
        (
            "dac-pub-key",
            OwnedValue::Blob(other.dac.public_key().as_bytes().to_vec()),
        ),
        ("pai-cert", OwnedValue::Blob(other.pai.as_der().to_vec())),
    ];
    for (name, value) in cases {
        let key = name.parse().unwrap();
        let nvs = nvs_with(&all, &[(name, value)]);
        assert_eq!(decode(&nvs, secure), Err(Error::Conflict { key }), "{name}");
    }
}

#[test]
fn key_in_nvs_beside_one_in_an_efuse_is_a_leak() {
    let layout = layout(Place::Nvs, keys()[1]);
    let scalar = full().credentials().unwrap().key().unwrap().expose_scalar().to_vec();
    let nvs = nvs_with(&layout, &[("dac-key", OwnedValue::Blob(scalar))]);
    let images = encode(&layout);
    assert_eq!(decode(&nvs, images.secure_cert().unwrap()), Err(Error::DacKeyLeaked));
}

/// The image of a layout with changed records.
fn records_with(layout: &StorageLayout<'_>, change: impl FnOnce(&mut Vec<RawRecord<'_>>)) -> Vec<u8> {
    let images = encode(layout);
    let image = Image::new(images.secure_cert().unwrap());
    let mut records = image
        .records()
        .map(|record| record.unwrap().to_raw().unwrap())
        .collect();
    change(&mut records);
    let mut buffer = vec![0; 0x2000];
    let mut writer = Writer::new(&mut buffer, PartitionSize::DEFAULT);
    for record in &records {
        writer.push_raw(record).unwrap();
    }
    writer.finish().to_vec()
}

#[test]
fn partition_that_no_device_has_is_refused() {
    let all = layout(Place::SecureCert, DacKeyStorage::Plain);
    let dac_only = layout(Place::Nvs, DacKeyStorage::Plain);
    let efuse = layout(Place::Nvs, keys()[1]);
    let (nvs_all, nvs_dac) = (encode(&all), encode(&dac_only));
    let matter = |subtype, data: &'static [u8]| RawRecord::new(RecordType::MATTER_1, subtype, data);
    let without = |subtype: u8| {
        let image = records_with(&all, |records| {
            records.retain(|record| record.kind != RecordType::MATTER_1 || record.subtype != subtype);
        });
        decode(nvs_all.nvs(), &image)
    };
    // Discriminator, salt and iteration count, and the rotating id with them.
    for subtype in [0, 2, 3, 4] {
        assert_eq!(without(subtype), Err(Error::Layout), "{subtype}");
    }
    assert_eq!(without(128), Err(Error::SecureCertNumbers));
    // Only the record distinguishes a lost verifier from one that the device generates.
    assert_eq!(without(1), Ok(()));

    let with = |record: RawRecord<'static>| {
        let image = records_with(&dac_only, |records| records.push(record));
        decode(nvs_dac.nvs(), &image)
    };
    let unexpected = |kind, subtype| {
        let offset = encode(&dac_only).secure_cert().unwrap().len();
        Err(Error::UnexpectedRecord { kind, subtype, offset })
    };
    assert_eq!(with(matter(4, &[7; 16])), Err(Error::Layout), "a rotating id alone");
    assert_eq!(
        with(matter(1, &[7; 97])),
        Err(Error::Spake2p(matter_spake2p::Error::VerifierInvalid))
    );
    assert_eq!(with(matter(0, &[7; 3])), unexpected(RecordType::MATTER_1, 0));
    assert_eq!(with(matter(5, &[7; 3])), unexpected(RecordType::MATTER_1, 5));
    assert_eq!(with(matter(128, &[7; 31])), unexpected(RecordType::MATTER_1, 128));
    let hidden = Flags::new(0x80);
    assert_eq!(
        with(matter(0, &[7; 2]).with_flags(hidden)),
        unexpected(RecordType::MATTER_1, 0)
    );
    let user = RawRecord::new(RecordType::USER_DATA_1, 0, b"x");
    assert_eq!(with(user), unexpected(RecordType::USER_DATA_1, 0));
    let configuration = RawRecord::new(RecordType::SEC_CFG, 0, &[5; 40]);
    assert_eq!(with(configuration), unexpected(RecordType::SEC_CFG, 0));
    let second = RawRecord::new(RecordType::DEV_CERT, 1, b"x");
    assert_eq!(with(second), unexpected(RecordType::DEV_CERT, 1));

    let twice = records_with(&dac_only, |records| records.push(records[0]));
    let (kind, subtype, offset) = (RecordType::DEV_CERT, 0, 0);
    let duplicate = SecureCertError::Duplicate { kind, subtype, offset };
    assert_eq!(decode(nvs_dac.nvs(), &twice), Err(Error::SecureCert(duplicate)));

    for (kind, key) in [
        (RecordType::DEV_CERT, "dac-cert"),
        (RecordType::CA_CERT, "pai-cert"),
        (RecordType::PRIV_KEY, "dac-key"),
    ] {
        let image = records_with(&dac_only, |records| records.retain(|record| record.kind != kind));
        let key = key.parse().unwrap();
        assert_eq!(decode(nvs_dac.nvs(), &image), Err(Error::MissingKey { key }));
    }
    let mut damaged = encode(&dac_only).secure_cert().unwrap().to_vec();
    damaged[40] ^= 1;
    let crc = SecureCertError::Crc { offset: 0 };
    assert_eq!(decode(nvs_dac.nvs(), &damaged), Err(Error::SecureCert(crc)));
    let mut longer = encode(&dac_only).secure_cert().unwrap().to_vec();
    let offset = longer.len();
    longer.extend([1; 16]);
    let tail = SecureCertError::Tail { offset };
    assert_eq!(decode(nvs_dac.nvs(), &longer), Err(Error::SecureCert(tail)));

    // The defect of the vendor's tool: key bytes in a record that states that they are in an eFuse.
    let sec1 = full().credentials().unwrap().key().unwrap().to_sec1_der();
    let leaking = records_with(&efuse, |records| {
        let key = records.last_mut().unwrap();
        *key = RawRecord::new(RecordType::PRIV_KEY, 0, sec1.to_vec().leak()).with_flags(Flags::EFUSE_ECDSA);
    });
    let error = decode(nvs_dac.nvs(), &leaking).unwrap_err();
    assert!(
        matches!(error, Error::SecureCert(SecureCertError::KeyNotKeyless { .. })),
        "{error}"
    );
}
