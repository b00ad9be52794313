//! Records round-trip through images; faulty images are refused.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, unreachable_pub, reason = "tests")]

#[path = "support/records.rs"]
mod records;

use esp_nvs_image::{BlobVersion, Key, Number, OwnedValue, StoredValue, encode_to_vec};
use matter_factory_data::{AttestationCredentials, DeviceRecord, Error, FactoryEntry, NAMESPACE};
use matter_types::{ProductId, VendorId};
use proptest::prelude::*;
use records::{Chain, PRODUCT, VENDOR, chain, entry, full, ids, plain, size};

#[test]
fn every_field_round_trips() {
    let record = full();
    let read = DeviceRecord::decode_nvs(&record.encode_nvs(size()).unwrap()).unwrap();
    assert_eq!(record.first_difference(&read), None);
    assert!(
        read.passcode().is_none() && read.setup_payload().is_none(),
        "the device does not know its passcode"
    );
    assert_eq!(read.discriminator(), record.discriminator());
    // Values of one endpoint stay together, in the order of the firmware's lists.
    let labels = read
        .fixed_labels
        .iter()
        .map(|l| (l.endpoint, l.label.as_str()))
        .collect::<Vec<_>>();
    assert_eq!(labels, [(1, "a"), (1, "c"), (11, "b")]);
    assert_eq!(
        read.supported_modes[0].semantic_tags,
        record.supported_modes[0].semantic_tags
    );
    assert_eq!(read.supported_modes[1].mode, 255);
    assert_eq!(read.entries().len(), 3);
    assert_eq!(read.product.product_color, record.product.product_color);
}

#[test]
fn keys_have_the_order_of_the_reference_tool() {
    let image = full().encode_nvs(size()).unwrap();
    let entries = esp_nvs_image::decode(&image).unwrap();
    let keys = entries.iter().map(|e| e.key.to_string()).collect::<Vec<_>>();
    let head = [
        "discriminator",
        "iteration-count",
        "salt",
        "vendor-id",
        "vendor-name",
        "product-id",
        "product-name",
        "hardware-ver",
        "hw-ver-str",
        "mfg-date",
        "rd-id-uid",
        "product-finish",
        "product-color",
        "part-number",
        "serial-num",
        "dac-cert",
        "dac-key",
        "dac-pub-key",
        "pai-cert",
        "verifier",
        "cert-dclrn",
        "own",
        "cal-types",
        "locale-sz",
        "locale/0",
        "locale/1",
        "fl-sz/1",
        "fl-k/1/0",
        "fl-v/1/0",
        "fl-k/1/1",
        "fl-v/1/1",
        "fl-sz/b",
        "fl-k/b/0",
        "fl-v/b/0",
        "sm-sz/2",
        "sm-label/2/0",
        "sm-mode/2/0",
        "sm-st-sz/2/0",
        "st-v/2/0/0",
        "st-mfg/2/0/0",
        "st-v/2/0/1",
        "st-mfg/2/0/1",
        "sm-sz/1",
    ];
    assert_eq!(keys[..head.len()], head);
    assert_eq!(
        keys[keys.len() - 4..],
        ["product-label", "product-url", "secret", "name"]
    );
    assert_eq!(entries.last().unwrap().namespace.as_str(), "app");
}

#[test]
fn differences_are_named() {
    let record = full();
    let change = |f: fn(&mut DeviceRecord)| {
        let mut other = full();
        f(&mut other);
        record.first_difference(&other).map(|key| key.to_string())
    };
    assert_eq!(
        change(|r| r.product.serial_number = Some("SO".parse().unwrap())).as_deref(),
        Some("serial-num")
    );
    assert_eq!(change(|r| r.product.product_url = None).as_deref(), Some("product-url"));
    let mut other = full();
    other
        .add_entry(entry("app", "more", OwnedValue::Number(Number::U8(1))))
        .unwrap();
    assert_eq!(record.first_difference(&other).unwrap().as_str(), "more");
    assert_eq!(other.first_difference(&record).unwrap().as_str(), "more");
}

#[test]
fn credentials_must_fit_together_and_to_the_product() {
    let good = chain(VENDOR, PRODUCT, 1);
    let other = chain(VENDOR, PRODUCT, 2);
    let error = AttestationCredentials::new(good.dac.clone(), other.key, good.pai.clone()).unwrap_err();
    assert_eq!(error, Error::Attestation(matter_attestation::Error::KeyMismatch));
    assert!(
        AttestationCredentials::new(good.dac, good.key, other.pai).is_err(),
        "another PAI of the same name"
    );

    let Chain { key, dac, pai } = chain(VENDOR, 0x8001, 3);
    let credentials = AttestationCredentials::new(dac, key, pai).unwrap();
    let found = ProductId::new(0x8001).ok();
    assert_eq!(
        plain().set_credentials(credentials),
        Err(Error::DacProductId {
            expected: ids().1,
            found
        })
    );
    let Chain { key, dac, pai } = chain(0xFFF2, PRODUCT, 4);
    let credentials = AttestationCredentials::new(dac, key, pai).unwrap();
    let found = VendorId::new(0xFFF2).ok();
    assert_eq!(
        plain().set_credentials(credentials),
        Err(Error::DacVendorId {
            expected: ids().0,
            found
        })
    );
}

#[test]
fn vendor_keys_cannot_replace_matter_keys() {
    for key in [
        "discriminator",
        "verifier",
        "dac-key",
        "pin-code",
        "locale/7",
        "fl-sz/0",
        "st-mfg/1/0/0",
    ] {
        let error = plain()
            .add_entry(entry("chip-factory", key, OwnedValue::Number(Number::U32(1))))
            .unwrap_err();
        assert_eq!(
            error,
            Error::KeyReserved {
                key: Key::new(key).unwrap()
            }
        );
        plain()
            .add_entry(entry("app", key, OwnedValue::Number(Number::U32(1))))
            .unwrap();
    }
    let mut record = plain();
    record
        .add_entry(entry("app", "k", OwnedValue::Number(Number::U8(1))))
        .unwrap();
    assert!(
        record
            .add_entry(entry("app", "k", OwnedValue::Number(Number::U16(1))))
            .is_err()
    );
}

#[test]
fn texts_are_measured_in_bytes() {
    use matter_factory_data::{LabelText, SerialNumber, VendorName};
    assert!(VendorName::new(&"x".repeat(32)).is_ok());
    let long = "\u{e9}".repeat(17);
    assert_eq!(
        VendorName::new(&long),
        Err(Error::TextLength {
            field: "vendor name",
            len: 34,
            max: 32
        })
    );
    assert!(SerialNumber::new("").is_err() && SerialNumber::new("a\nb").is_err());
    assert!(LabelText::new("sixteen letters!").is_ok() && LabelText::new("seventeen letters").is_err());
}

/// The stored values of a good image with one of them changed, removed or added.
fn image_with(change: impl Fn(&str) -> Option<OwnedValue>, extra: &[(&str, OwnedValue)]) -> Vec<u8> {
    let image = full().encode_nvs(size()).unwrap();
    let mut entries = Vec::new();
    for stored in esp_nvs_image::decode(&image).unwrap() {
        match change(stored.key.as_str()) {
            Some(OwnedValue::Number(Number::U64(0))) => {}
            Some(value) => entries.push((stored.namespace, stored.key, value)),
            None => entries.push((stored.namespace, stored.key, OwnedValue::from(&stored.value))),
        }
    }
    for (key, value) in extra {
        entries.push((NAMESPACE, Key::new(key).unwrap(), value.clone()));
    }
    let values = entries
        .iter()
        .map(|(namespace, key, value)| (*namespace, *key, value.as_value()));
    encode_to_vec(size(), BlobVersion::V2, values).unwrap()
}

#[test]
fn required_values_must_be_present_with_the_right_type() {
    for key in [
        "discriminator",
        "iteration-count",
        "salt",
        "vendor-id",
        "product-id",
        "dac-key",
        "pai-cert",
    ] {
        let missing = image_with(|k| (k == key).then_some(OwnedValue::Number(Number::U64(0))), &[]);
        let key = Key::new(key).unwrap();
        assert_eq!(
            DeviceRecord::decode_nvs(&missing).map(|_| ()),
            Err(Error::MissingKey { key })
        );
        let wrong = image_with(
            |k| (k == key.as_str()).then_some(OwnedValue::Number(Number::U8(1))),
            &[],
        );
        let error = DeviceRecord::decode_nvs(&wrong).unwrap_err();
        assert!(
            matches!(error, Error::WrongType { key: k, .. } if k == key),
            "{key}: {error}"
        );
    }
}

#[test]
fn stored_values_are_validated_like_new_ones() {
    let with = |key: &str, value: OwnedValue| {
        let image = image_with(|k| (k == key).then(|| value.clone()), &[]);
        DeviceRecord::decode_nvs(&image).map(|_| ()).unwrap_err().to_string()
    };
    assert_eq!(
        with("discriminator", OwnedValue::Number(Number::U32(4096))),
        "value 4096 of key 'discriminator' is not in the range 0 to 4095"
    );
    assert_eq!(
        with("iteration-count", OwnedValue::Number(Number::U32(999))),
        "iteration count 999 is not in the range 1000 to 100000"
    );
    assert_eq!(
        with("vendor-id", OwnedValue::Number(Number::U32(0xFFFF))),
        "vendor id 0xFFFF is not in the range 0x0001 to 0xFFF4"
    );
    assert_eq!(
        with("vendor-id", OwnedValue::Number(Number::U32(0xFFF2))),
        "DAC is for vendor 0xFFF1, not 0xFFF2"
    );
    assert_eq!(
        with("product-color", OwnedValue::Number(Number::U32(21))),
        "value 21 of key 'product-color' is not in the range 0 to 20"
    );
    assert_eq!(
        with("rd-id-uid", OwnedValue::Blob(vec![1; 15])),
        "rotating device id is not 32 hexadecimal digits"
    );
    assert!(with("mfg-date", OwnedValue::Str("20230230".into())).starts_with("manufacturing date must be a day"));
    assert!(with("salt", OwnedValue::Str("AAAA".into())).contains("16 to 32"));
    assert!(with("locale-sz", OwnedValue::Number(Number::U32(u32::MAX))).contains("'locale/2' is missing"));
    assert!(with("cert-dclrn", OwnedValue::Blob(vec![0x5A; 64])).len() > 10);
}

#[test]
fn items_beyond_a_list_s_length_are_refused() {
    let image = image_with(|_| None, &[("fl-k/1/2", OwnedValue::Str("x".into()))]);
    let key = Key::new("fl-k/1/2").unwrap();
    assert_eq!(
        DeviceRecord::decode_nvs(&image).map(|_| ()),
        Err(Error::KeyReserved { key })
    );
}

#[test]
fn location_capability_is_a_number_that_the_firmware_takes() {
    let with = |value: OwnedValue| DeviceRecord::decode_nvs(&image_with(|_| None, &[("loc-capability", value)]));
    assert_eq!(
        with(OwnedValue::Number(Number::U32(2))).unwrap().entries().len(),
        full().entries().len() + 1
    );
    let key = Key::new("loc-capability").unwrap();
    let wrong = |value| with(value).map(|_| ()).unwrap_err();
    let (value, max) = (3, 2);
    assert_eq!(
        wrong(OwnedValue::Number(Number::U32(3))),
        Error::NumberOutOfRange { key, value, max }
    );
    assert_eq!(
        wrong(OwnedValue::Number(Number::U8(1))),
        Error::WrongType { key, expected: "u32" }
    );
    let namespace = NAMESPACE;
    let entry = FactoryEntry {
        namespace,
        key,
        value: OwnedValue::Number(Number::U8(1)),
    };
    assert!(full().add_entry(entry).is_err());
}

#[test]
fn label_and_image_come_from_the_same_value() {
    let record = full();
    let payload = record.setup_payload().unwrap();
    let image = record.encode_nvs(size()).unwrap();
    let entries = esp_nvs_image::decode(&image).unwrap();
    let stored = entries
        .iter()
        .find(|entry| entry.key.as_str() == "discriminator")
        .unwrap();
    assert_eq!(
        stored.value,
        StoredValue::Number(Number::U32(payload.discriminator().get().into()))
    );
    assert_eq!(payload.vendor_id(), Some(record.vendor_id()));
}

#[test]
fn debug_shows_no_secret() {
    let record = full();
    let shown = format!("{record:?}");
    assert!(!shown.contains("20202021") && !shown.contains("c0398f"));
    let scalar = record.credentials().unwrap().key().unwrap().expose_scalar();
    let bytes = scalar.iter().map(u8::to_string).collect::<Vec<_>>().join(", ");
    assert!(!shown.contains(&bytes));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn damaged_images_never_panic(changes in proptest::collection::vec((0usize..0x6000, any::<u8>()), 1..8)) {
        let mut image = plain().encode_nvs(size()).unwrap().to_vec();
        for (at, byte) in changes {
            image[at % 0x400] = byte;
        }
        let _ = DeviceRecord::decode_nvs(&image);
    }
}
