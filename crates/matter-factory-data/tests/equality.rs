//! Constant-time comparison of records covers every part.

#![allow(clippy::unwrap_used, unreachable_pub, dead_code, reason = "tests")]

#[path = "support/records.rs"]
mod records;

use matter_factory_data::esp_nvs_image::OwnedValue;
use matter_factory_data::matter_setup_payload::CommissioningFlow;
use matter_factory_data::subtle::ConstantTimeEq;
use matter_factory_data::{AttestationCredentials, DeviceRecord, RotatingId, SecureCertNumbers};
use records::{Chain, PRODUCT, VENDOR, chain, entry, full, plain, size};

type Change = (&'static str, fn(&mut DeviceRecord));

fn are_equal(ours: &DeviceRecord, theirs: &DeviceRecord) -> bool {
    bool::from(ours.ct_eq(theirs))
}

#[test]
fn a_record_equals_itself_and_differs_in_each_part() {
    assert!(are_equal(&plain(), &plain()) && are_equal(&full(), &full()));
    assert!(!are_equal(&plain(), &full()));
    let changes: [Change; 9] = [
        ("flow", |record| record.flow = CommissioningFlow::Custom),
        ("declaration", |record| record.declaration = None),
        ("rotating id", |record| {
            record.rotating_id = Some(RotatingId::new([9; 16]))
        }),
        ("no rotating id", |record| record.rotating_id = None),
        ("numbers", |record| {
            record.secure_cert_numbers = Some(SecureCertNumbers::new([[1; 32]; 2]))
        }),
        ("product", |record| record.product.part_number = None),
        ("locales", |record| record.locales.clear()),
        ("entries", |record| {
            record
                .add_entry(entry("app", "more", OwnedValue::Str("x".into())))
                .unwrap();
        }),
        ("credentials", |record| {
            let Chain { key, dac, pai } = chain(VENDOR, PRODUCT, 5);
            let other = AttestationCredentials::new(dac, key, pai).unwrap();
            record.set_credentials(other).unwrap();
        }),
    ];
    for (what, change) in changes {
        let mut other = full();
        change(&mut other);
        assert!(!are_equal(&full(), &other), "{what}");
        assert!(!are_equal(&other, &full()), "{what}");
    }
}

#[test]
fn a_record_that_was_read_has_no_passcode_and_differs() {
    let record = full();
    let read = DeviceRecord::decode_nvs(&record.encode_nvs(size()).unwrap()).unwrap();
    assert!(record.first_difference(&read).is_none() && !are_equal(&record, &read));
    let again = DeviceRecord::decode_nvs(&record.encode_nvs(size()).unwrap()).unwrap();
    assert!(are_equal(&read, &again));
}

#[test]
fn values_of_one_type_and_length_differ_by_their_bytes() {
    let with = |bytes: &[u8]| entry("app", "key", OwnedValue::Blob(bytes.to_vec()));
    assert!(bool::from(with(b"abc").ct_eq(&with(b"abc"))));
    for other in [
        with(b"abd"),
        with(b"ab"),
        entry("app", "key", OwnedValue::Str("abc".into())),
    ] {
        assert!(!bool::from(with(b"abc").ct_eq(&other)));
    }
    assert!(!bool::from(with(b"abc").ct_eq(&entry(
        "app",
        "other",
        OwnedValue::Blob(b"abc".to_vec())
    ))));
}
