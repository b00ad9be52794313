//! Sequences of edits compared with a plain map.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;

use esp_nvs_image::{
    BlobVersion, Editor, Entry, Error, Key, Namespace, Number, OwnedValue, PartitionSize, Severity, Value, check,
    decode, encode_to_vec,
};
use proptest::prelude::*;

const PAGE: usize = 4096;

fn ns(name: &str) -> Namespace {
    Namespace::new(name).unwrap()
}

fn key(name: &str) -> Key {
    Key::new(name).unwrap()
}

fn values(image: &[u8]) -> BTreeMap<(Namespace, Key), OwnedValue> {
    let entry = |e: &Entry<'_>| ((e.namespace, e.key), OwnedValue::from(&e.value));
    let entries = decode(image).unwrap();
    let values = entries.iter().map(entry).collect::<BTreeMap<_, _>>();
    assert_eq!(values.len(), entries.len());
    values
}

#[derive(Clone, Debug)]
enum Step {
    Set(u8, u8, OwnedValue),
    Remove(u8, u8),
}

fn step() -> impl Strategy<Value = Step> {
    let value = prop_oneof![
        4 => any::<u8>().prop_map(OwnedValue::from),
        4 => any::<i64>().prop_map(OwnedValue::from),
        3 => "[a-z]{0,200}".prop_map(OwnedValue::Str),
        1 => (3000..4000usize).prop_map(|len| OwnedValue::Str("x".repeat(len))),
        3 => prop::collection::vec(any::<u8>(), 0..600).prop_map(OwnedValue::Blob),
        2 => (any::<u8>(), 0..12_000usize).prop_map(|(byte, len)| OwnedValue::Blob(vec![byte; len])),
    ];
    prop_oneof![
        5 => (0..3u8, 0..8u8, value).prop_map(|(n, k, v)| Step::Set(n, k, v)),
        2 => (0..3u8, 0..8u8).prop_map(|(n, k)| Step::Remove(n, k)),
    ]
}

/// The approximate number of slots of a value.
fn slots(value: &OwnedValue) -> usize {
    match value {
        OwnedValue::Str(text) => 1 + (text.len() + 1).div_ceil(32),
        OwnedValue::Blob(bytes) => 2 + bytes.len().div_ceil(32) + bytes.len() / 2000,
        _ => 1,
    }
}

/// Runs steps on an image and a plain map; after each the image decodes to the map and has no
/// errors. `others` is the number of slots with values that are not in the map.
fn run(
    mut image: Vec<u8>,
    others: usize,
    steps: &[Step],
    edit: impl Fn(&mut [u8], &Step) -> Result<bool, Error>,
    plain: impl Fn(&[u8]) -> Vec<u8>,
) {
    let mut model = BTreeMap::new();
    for step in steps {
        let before = image.clone();
        let result = edit(&mut image, step);
        match (step, result) {
            (_, Err(error)) => {
                assert!(
                    matches!(error, Error::PartitionFull { .. } | Error::BlobTooLong { .. }),
                    "{error}"
                );
                assert_eq!(image, before);
                if let Step::Set(_, _, OwnedValue::Number(Number::U8(_)) | OwnedValue::Number(Number::I64(_))) = step {
                    // For a number a page can be moved until all slots are in use.
                    let used = others + model.values().map(slots).sum::<usize>();
                    assert!(used + 20 >= (image.len() / PAGE - 1) * 126, "refused at {used} slots");
                }
            }
            (Step::Set(n, k, value), Ok(changed)) => {
                let old = model.insert((ns(&n.to_string()), key(&k.to_string())), value.clone());
                assert_eq!(changed, old.as_ref() != Some(value));
            }
            (Step::Remove(n, k), Ok(changed)) => {
                assert_eq!(
                    changed,
                    model.remove(&(ns(&n.to_string()), key(&k.to_string()))).is_some()
                );
            }
        }
        let image = plain(&image);
        assert_eq!(values(&image), model);
        let errors = check(&image)
            .into_iter()
            .filter(|finding| finding.severity == Severity::Error);
        assert_eq!(errors.collect::<Vec<_>>(), []);
    }
}

fn apply(editor: &mut Editor<'_>, step: &Step) -> Result<bool, Error> {
    match step {
        Step::Set(n, k, value) => editor.set(&ns(&n.to_string()), &key(&k.to_string()), value.as_value()),
        Step::Remove(n, k) => editor.remove(&ns(&n.to_string()), &key(&k.to_string())),
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn edits_are_those_of_a_map(pages in 2..8usize, steps in prop::collection::vec(step(), 1..60)) {
        run(vec![0xFF; pages * PAGE], 0, &steps, |image, step| apply(&mut Editor::new(image), step), <[u8]>::to_vec);
    }

    #[test]
    fn edits_of_a_made_image_are_those_of_a_map(
        version_1 in any::<bool>(),
        first in "[a-z]{0,1900}",
        steps in prop::collection::vec(step(), 1..30),
    ) {
        let version = if version_1 { BlobVersion::V1 } else { BlobVersion::V2 };
        let (namespace, name) = (ns("made"), key("key"));
        let size = PartitionSize::new(0x5000).unwrap();
        let entries = [(namespace, name, Value::Blob(first.as_bytes()))];
        let image = encode_to_vec(size, version, entries).unwrap();
        let made = OwnedValue::Blob(first.into());
        run(image, slots(&made), &steps, |image, step| apply(&mut Editor::new(image), step), |image| {
            // The prepared entry remains; it is removed for the comparison.
            let mut image = image.to_vec();
            assert_eq!(values(&image)[&(namespace, name)], made);
            Editor::new(&mut image).remove(&namespace, &name).unwrap();
            image
        });
    }

    #[cfg(feature = "encryption")]
    #[test]
    fn edits_of_an_encrypted_image_are_those_of_a_map(pages in 2..6usize, steps in prop::collection::vec(step(), 1..30)) {
        let keys = esp_nvs_image::NvsKeys::new([3; 32], [4; 32]).unwrap();
        let plain = |image: &[u8]| {
            let mut image = image.to_vec();
            esp_nvs_image::decrypt(&mut image, &keys).unwrap();
            image
        };
        run(vec![0xFF; pages * PAGE], 0, &steps, |image, step| apply(&mut Editor::encrypted(image, &keys), step), plain);
    }

    /// An edit of an encrypted image writes the encrypted form of the same edit of the plain image,
    /// including slots that are erased again, so that no slot is plain.
    #[cfg(feature = "encryption")]
    #[test]
    fn an_encrypted_image_has_every_written_slot_of_the_plain_one_encrypted(
        pages in 2..6usize,
        steps in prop::collection::vec(step(), 1..30),
    ) {
        let keys = esp_nvs_image::NvsKeys::new([3; 32], [4; 32]).unwrap();
        let (mut plain, mut secret) = (vec![0xFF; pages * PAGE], vec![0xFF; pages * PAGE]);
        for step in &steps {
            prop_assert_eq!(
                apply(&mut Editor::new(&mut plain), step),
                apply(&mut Editor::encrypted(&mut secret, &keys), step)
            );
        }
        // Erased slots keep their bytes: mark all slots with contents as written, and encrypt them.
        let mut expected = plain.clone();
        for page in expected.chunks_mut(PAGE) {
            for slot in 0..126 {
                if page[32 + slot / 4] >> (2 * (slot % 4)) & 3 == 0 {
                    page[32 + slot / 4] |= 0b10 << (2 * (slot % 4));
                }
            }
        }
        esp_nvs_image::encrypt(&mut expected, &keys).unwrap();
        for (page, plain) in expected.chunks_mut(PAGE).zip(plain.chunks(PAGE)) {
            page[..64].copy_from_slice(&plain[..64]);
        }
        prop_assert!(secret == expected);
    }
}
