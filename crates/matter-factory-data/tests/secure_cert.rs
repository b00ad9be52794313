//! Records in two partitions: what goes where, both ways, and images that do not fit together.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, unreachable_pub, reason = "tests")]

#[path = "support/records.rs"]
mod records;

use esp_nvs_image::{BlobVersion, OwnedValue, encode_to_vec};
use esp_secure_cert::{
    EfuseKey, Error as SecureCertError, Flags, Image, KeySalt, PartitionSize, RawRecord, RecordType, Writer,
};
use matter_factory_data::{
    AttestationCredentials, DacKeyStorage, DeviceRecord, Error, Images, NAMESPACE, Place, SecureCertNumbers,
    StorageLayout,
};
use records::{PRODUCT, VENDOR, chain, full, plain, size};

const SALT: &[u8] = &[0x5A; 32];

fn keys() -> [DacKeyStorage<'static>; 3] {
    [
        DacKeyStorage::Plain,
        DacKeyStorage::EfuseEcdsa(EfuseKey::new(3).unwrap()),
        DacKeyStorage::HmacDerived(KeySalt::new(SALT).unwrap()),
    ]
}

/// All that there are.
fn layouts() -> Vec<StorageLayout<'static>> {
    let mut layouts = vec![StorageLayout::NVS];
    for key in keys() {
        for others in [Place::Nvs, Place::SecureCert] {
            layouts.push(StorageLayout::new(Place::SecureCert, others, others, key).unwrap());
        }
    }
    layouts
}

fn layout(others: Place, key: DacKeyStorage<'static>) -> StorageLayout<'static> {
    StorageLayout::new(Place::SecureCert, others, others, key).unwrap()
}

/// The full record, with the vendor's numbers where the layout has a place for them.
fn record(layout: &StorageLayout<'_>) -> DeviceRecord {
    let mut record = full();
    if layout.commissionable_data() == Place::SecureCert {
        record.secure_cert_numbers = Some(SecureCertNumbers::new([[1; 32], [2; 32]]));
    }
    record
}

fn encode(layout: &StorageLayout<'_>) -> Images {
    record(layout).encode(size(), layout).unwrap()
}

fn decode(nvs: &[u8], secure_cert: &[u8]) -> Result<(), Error> {
    DeviceRecord::decode(nvs, Some(secure_cert)).map(|_| ())
}

/// Type, subtype, flags and length of every record.
fn listed(image: &[u8]) -> Vec<(u8, u8, u8, usize)> {
    let records = Image::new(image).records().map(Result::unwrap);
    records
        .map(|r| (r.kind().code(), r.subtype(), r.flags().bits(), r.data().len()))
        .collect()
}

fn contains(image: &[u8], bytes: &[u8]) -> bool {
    image.windows(bytes.len()).any(|window| window == bytes)
}

#[test]
fn only_the_combinations_of_the_vendor_s_tool_are_layouts() {
    let mut accepted = 0;
    for bits in 0..8u8 {
        let place = |bit: u8| if bits & bit == 0 { Place::Nvs } else { Place::SecureCert };
        for key in keys() {
            let made = StorageLayout::new(place(1), place(2), place(4), key);
            let plain = key == DacKeyStorage::Plain;
            match bits {
                0 if plain => assert_eq!(made, Ok(StorageLayout::NVS)),
                0 => assert_eq!(made, Err(Error::LayoutKey)),
                1 | 7 => {
                    let made = made.unwrap();
                    assert_eq!((made.key(), made.is_keyless()), (key, !plain));
                    assert_eq!(made.attestation(), Place::SecureCert);
                    assert_eq!(made.commissionable_data(), place(2));
                    assert_eq!(made.rotating_id(), place(4));
                    accepted += 1;
                }
                _ => assert_eq!(made, Err(Error::Layout), "{bits}"),
            }
        }
    }
    assert_eq!(accepted, 6);
}

#[test]
fn every_layout_comes_back() {
    for layout in layouts() {
        let record = record(&layout);
        let images = record.encode(size(), &layout).unwrap();
        assert_eq!(images.secure_cert().is_some(), layout.has_secure_cert());
        let (read, found) = DeviceRecord::decode(images.nvs(), images.secure_cert()).unwrap();
        assert_eq!(found, layout);
        assert_eq!(record.first_difference(&read), None, "{layout:?}");
        assert_eq!(read.first_difference(&record), None, "{layout:?}");
        assert_eq!(read.credentials().unwrap().key().is_none(), layout.is_keyless());
        let numbers = |record: &DeviceRecord| record.secure_cert_numbers.as_ref().map(|n| *n.expose_bytes());
        assert_eq!(numbers(&read), numbers(&record));

        // With erased flash behind it, and a digest that the firmware appends.
        if let Some(image) = images.secure_cert() {
            let mut partition = vec![0xFF; 0x2000];
            partition[..image.len()].copy_from_slice(image);
            decode(images.nvs(), &partition).unwrap();
            let mut writer = Writer::append(&mut partition, image.len(), PartitionSize::DEFAULT).unwrap();
            writer.push_integrity().unwrap();
            decode(images.nvs(), writer.as_bytes()).unwrap();
        }
    }
}

/// The order of esp-matter-mfg-tool 1.0.29; without key bytes where its own image has them.
#[test]
fn records_have_the_order_and_lengths_of_the_vendor_s_tool() {
    let full = full();
    let credentials = full.credentials().unwrap();
    let dac = (1, 0, 0, credentials.dac().as_der().len());
    let pai = (0, 0, 0, credentials.pai().as_der().len());
    let others = [
        (201, 0, 0, 2),
        (201, 1, 0, 97),
        (201, 2, 0, 32),
        (201, 3, 0, 4),
        (201, 4, 0, 16),
    ];
    let numbers = [(201, 128, 0, 32), (201, 129, 0, 32)];
    for (key, first, last) in [
        (keys()[0], None, (2, 0, 0, 121)),
        (keys()[1], Some((6, 0, 0, 40)), (2, 0, 0x08, 0)),
        (keys()[2], Some((5, 0, 0, 32)), (2, 0, 0x40, 0)),
    ] {
        let credentials = [first.as_slice(), &[dac, pai, last]].concat();
        let image = encode(&layout(Place::Nvs, key));
        assert_eq!(listed(image.secure_cert().unwrap()), credentials);
        let image = encode(&layout(Place::SecureCert, key));
        let all = [&credentials[..], &others, &numbers].concat();
        assert_eq!(listed(image.secure_cert().unwrap()), all);
    }
}

#[test]
fn nvs_leaves_out_what_is_in_secure_cert() {
    let names = |layout: &StorageLayout<'_>| {
        let mut names = Vec::new();
        let visited = record(layout).visit_nvs(layout, |_, key, _| {
            names.push(key.to_string());
            Ok::<(), Error>(())
        });
        visited.unwrap();
        names
    };
    let credentials = ["dac-cert", "dac-key", "dac-pub-key", "pai-cert"];
    let others = ["discriminator", "iteration-count", "salt", "verifier", "rd-id-uid"];
    let all = names(&StorageLayout::NVS);
    for key in keys() {
        let mut expected = all.clone();
        expected.retain(|name| !credentials.contains(&name.as_str()));
        assert_eq!(names(&layout(Place::Nvs, key)), expected);
        expected.retain(|name| !others.contains(&name.as_str()));
        assert_eq!(names(&layout(Place::SecureCert, key)), expected);
    }
    assert!(
        all.iter().any(|name| name == "cert-dclrn"),
        "the declaration stays in NVS"
    );
}

#[test]
fn scalar_is_in_one_image_at_most() {
    for layout in layouts() {
        let images = encode(&layout);
        let scalar = full().credentials().unwrap().key().unwrap().expose_scalar();
        let found = [
            contains(images.nvs(), &*scalar),
            images.secure_cert().is_some_and(|image| contains(image, &*scalar)),
        ];
        let expected = [
            !layout.has_secure_cert(),
            layout.has_secure_cert() && !layout.is_keyless(),
        ];
        assert_eq!(found, expected, "{layout:?}");
    }
}

#[test]
fn credentials_without_a_key_are_for_keyless_layouts() {
    let chain = chain(VENDOR, PRODUCT, 1);
    let mut record = full();
    let keyless = AttestationCredentials::without_key(chain.dac, chain.pai).unwrap();
    record.set_credentials(keyless).unwrap();
    let missing = Error::MissingKey {
        key: "dac-key".parse().unwrap(),
    };
    for others in [Place::Nvs, Place::SecureCert] {
        let [plain, efuse, hmac] = keys().map(|key| record.encode(size(), &layout(others, key)));
        assert_eq!(plain.map(|_| ()), Err(missing));
        for images in [efuse, hmac] {
            let images = images.unwrap();
            decode(images.nvs(), images.secure_cert().unwrap()).unwrap();
        }
    }
    assert_eq!(record.encode_nvs(size()).map(|_| ()), Err(missing));
    let other = records::chain(VENDOR, PRODUCT, 2);
    let dac = record.credentials().unwrap().dac().clone();
    assert!(
        AttestationCredentials::without_key(dac, other.pai).is_err(),
        "of another PAI"
    );
}

#[test]
fn what_a_layout_needs_must_be_in_the_record() {
    let missing = |key: &str| {
        Err(Error::MissingKey {
            key: key.parse().unwrap(),
        })
    };
    let all = layout(Place::SecureCert, DacKeyStorage::Plain);
    let encode = |record: &DeviceRecord, layout: &StorageLayout<'_>| record.encode_secure_cert(layout).map(|_| ());
    assert_eq!(encode(&plain(), &all), missing("dac-cert"));
    let mut record = full();
    record.rotating_id = None;
    assert_eq!(encode(&record, &all), missing("rd-id-uid"));
    assert_eq!(encode(&record, &layout(Place::Nvs, DacKeyStorage::Plain)), Ok(()));
    assert_eq!(encode(&record, &StorageLayout::NVS), Err(Error::LayoutKey));
}

#[test]
fn device_with_a_dynamic_passcode_has_no_verifier_and_no_code() {
    let known = plain();
    let (vendor, product) = (known.vendor_id(), known.product_id());
    let mut record = DeviceRecord::with_dynamic_passcode(vendor, product, known.discriminator(), *known.parameters());
    assert!(record.passcode().is_none() && record.verifier().is_none() && record.setup_payload().is_none());
    let read = DeviceRecord::decode_nvs(&record.encode_nvs(size()).unwrap()).unwrap();
    assert_eq!(record.first_difference(&read), None);
    assert_eq!(record.first_difference(&known).unwrap().as_str(), "verifier");
    assert_eq!(read.parameters(), known.parameters());

    let records::Chain { key, dac, pai } = chain(VENDOR, PRODUCT, 1);
    record
        .set_credentials(AttestationCredentials::new(dac, key, pai).unwrap())
        .unwrap();
    record.rotating_id = full().rotating_id;
    let all = layout(Place::SecureCert, DacKeyStorage::Plain);
    let images = record.encode(size(), &all).unwrap();
    let (read, found) = DeviceRecord::decode(images.nvs(), images.secure_cert()).unwrap();
    assert_eq!(found, all);
    assert!(read.verifier().is_none());
    assert_eq!(record.first_difference(&read), None);
}

/// The values that NVS has under one layout, some of them changed.
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
    // All values in NVS as well: nothing contradicts.
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
        ("discriminator", OwnedValue::U32(3841)),
        ("iteration-count", OwnedValue::U32(1001)),
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

/// The image of a layout with its records changed.
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
    // Discriminator, salt and iteration count, and the rotating id beside them.
    for subtype in [0, 2, 3, 4] {
        assert_eq!(without(subtype), Err(Error::Layout), "{subtype}");
    }
    assert_eq!(without(128), Err(Error::SecureCertNumbers));
    // Nothing in it tells a verifier that was lost from one that the device makes; the record does.
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

    // The defect of the vendor's tool: key bytes in a record that says that they are in an eFuse.
    let sec1 = full().credentials().unwrap().key().unwrap().to_sec1_der().unwrap();
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
