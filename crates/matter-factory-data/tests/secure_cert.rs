//! Records in two partitions: locations and round trips.

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

use esp_secure_cert::{Image, PartitionSize, Writer};
use layouts::{decode, encode, keys, layout, layouts, record};
use matter_factory_data::{AttestationCredentials, DacKeyStorage, DeviceRecord, Error, Place, StorageLayout};
use records::{PRODUCT, VENDOR, chain, full, plain, size};

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
fn every_layout_round_trips() {
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

        // With erased flash after it, and a digest as the firmware appends it.
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

/// The order of esp-matter-mfg-tool 1.0.29, without key bytes where its own image has them.
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
fn nvs_omits_values_of_secure_cert() {
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
        assert_eq!(plain.map(|_| ()), Err(missing.clone()));
        for images in [efuse, hmac] {
            let images = images.unwrap();
            decode(images.nvs(), images.secure_cert().unwrap()).unwrap();
        }
    }
    assert_eq!(record.encode_nvs(size()).map(|_| ()), Err(missing.clone()));
    let other = records::chain(VENDOR, PRODUCT, 2);
    let dac = record.credentials().unwrap().dac().clone();
    assert!(
        AttestationCredentials::without_key(dac, other.pai).is_err(),
        "of another PAI"
    );
}

#[test]
fn record_must_have_the_values_of_its_layout() {
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

#[test]
fn debug_shows_no_secret() {
    let all = layout(Place::SecureCert, DacKeyStorage::Plain);
    let (record, images) = (record(&all), encode(&all));
    let shown = format!("{record:?} {images:?} {all:?}");
    assert!(
        shown.contains("SecureCertNumbers([elided])") && shown.contains("Images { nvs: 24576, secure_cert: Some(1")
    );
    assert!(
        !shown.contains("1, 1, 1, 1") && !shown.contains("2, 2, 2, 2"),
        "{shown}"
    );
}
