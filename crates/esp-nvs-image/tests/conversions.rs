//! Conversions in the API: names as strings, values as Rust types, entries as decoded.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use esp_nvs_image::{
    BlobVersion, Editor, Encoder, Entry, Error, Key, Namespace, Number, NvsKeys, OwnedEntry, OwnedValue, PartitionSize,
    StoredValue, Value, decode, encode_to_vec, encrypt, recover,
};

/// Longer than one page, so that it has two chunks.
const LONG: [u8; 5000] = [0xA5; 5000];

fn image() -> Vec<u8> {
    let entries = [
        ("a", "u8", Value::from(1_u8)),
        ("a", "text", Value::from("one")),
        ("b", "long", Value::from(&LONG)),
        ("b", "i64", Value::from(-5_i64)),
        ("b", "double", Value::from(0.5)),
    ];
    encode_to_vec(0x6000, BlobVersion::V2, entries).unwrap()
}

#[test]
fn decoded_entries_are_encoded_again() {
    let image = image();
    let entries = decode(&image).unwrap();
    assert_eq!(encode_to_vec(0x6000, BlobVersion::V2, &entries).unwrap(), image);
    let owned = entries.iter().map(OwnedEntry::from).collect::<Vec<_>>();
    assert_eq!(encode_to_vec(0x6000, BlobVersion::V2, &owned).unwrap(), image);
    assert_eq!(encode_to_vec(0x6000, BlobVersion::V2, owned).unwrap(), image);
    assert_eq!(encode_to_vec(0x6000, BlobVersion::V2, entries).unwrap(), image);
}

#[test]
fn tuples_of_names_and_texts_give_the_same_image() {
    let (a, b) = (Namespace::new("a").unwrap(), Namespace::new("b").unwrap());
    let mut buffer = vec![0; 0x6000];
    let mut encoder = Encoder::new(&mut buffer, PartitionSize::new(0x6000).unwrap()).unwrap();
    encoder
        .push(&a, &Key::new("u8").unwrap(), Value::Number(Number::U8(1)))
        .unwrap();
    encoder.push(a, "text", "one").unwrap();
    encoder.push(b, String::from("long"), &LONG[..]).unwrap();
    encoder.push("b", &String::from("i64"), -5_i64).unwrap();
    encoder
        .push("b", Key::new("double").unwrap(), Number::Double(0.5))
        .unwrap();
    assert_eq!(encoder.finish(), image());
}

#[test]
fn a_value_is_found_changed_and_removed() {
    let image = image();
    let mut entries = decode(&image).unwrap();
    let stored = |value| Some(StoredValue::from(value));
    assert_eq!(entries.get("a", "text").and_then(StoredValue::as_str), Some("one"));
    assert_eq!(entries.get("b", "text"), None);
    assert_eq!(entries.get("", "text"), None);
    assert_eq!(entries.get("a", "a key that is far too long"), None);
    assert_eq!(entries.set("a", "text", "two").unwrap(), stored(Value::Str("one")));
    assert_eq!(entries.set("c", "new", 7_u16).unwrap(), None);
    assert_eq!(entries.set("", "new", 7_u16), Err(Error::NamespaceEmpty));
    assert_eq!(entries.set("c", "", 7_u16), Err(Error::KeyEmpty));
    assert_eq!(entries.remove("a", "u8"), stored(Value::from(1_u8)));
    assert_eq!(entries.remove("a", "u8"), None);
    let changed = encode_to_vec(0x6000, BlobVersion::V2, entries).unwrap();
    let names = |entry: &Entry<'_>| format!("{}.{}", entry.namespace, entry.key);
    let read = decode(&changed).unwrap();
    assert_eq!(
        read.iter().map(names).collect::<Vec<_>>(),
        ["a.text", "b.long", "b.i64", "b.double", "c.new"]
    );
    assert_eq!(read.get("a", "text"), stored(Value::Str("two")).as_ref());
    assert_eq!(recover(&changed).entries, read);
}

#[test]
fn a_getter_of_another_type_gives_nothing() {
    let value = Value::from(7_u32);
    let stored = StoredValue::from(value);
    let owned = OwnedValue::from(value);
    assert_eq!(
        (value.as_u32(), stored.as_u32(), owned.as_u32()),
        (Some(7), Some(7), Some(7))
    );
    assert_eq!((value.as_u16(), stored.as_u64(), owned.as_i32()), (None, None, None));
    assert_eq!((value.as_str(), stored.as_str(), owned.as_str()), (None, None, None));
    assert_eq!(
        (value.as_bytes(), stored.as_blob(), owned.as_bytes()),
        (None, None, None)
    );
    assert_eq!(value.as_number(), Some(Number::U32(7)));
    assert_eq!(Value::from(0.5).as_f64(), Some(0.5));
    assert_eq!(Value::from(0.5).as_f32(), None);
    assert_eq!(Value::from(&[1, 2]).as_bytes(), Some(&[1, 2][..]));
    assert_eq!(OwnedValue::from("a").as_str(), Some("a"));
    assert_eq!(OwnedValue::from(vec![1]).as_bytes(), Some(&[1][..]));
}

#[test]
fn blobs_are_equal_when_their_bytes_are() {
    let image = image();
    let entries = decode(&image).unwrap();
    let long = entries.get("b", "long").and_then(StoredValue::as_blob).unwrap();
    assert!(long.chunks().count() > 1);
    assert_eq!(*long, LONG);
    assert_eq!(*entries.get("b", "long").unwrap(), Value::from(&LONG));
    assert_ne!(*long, LONG[1..]);
}

#[test]
fn the_editor_returns_existing_values() {
    let keys = NvsKeys::new([1; 32], [2; 32]).unwrap();
    let (mut plain, mut encrypted) = (image(), image());
    encrypt(&mut encrypted, &keys).unwrap();
    for mut editor in [Editor::new(&mut plain), Editor::encrypted(&mut encrypted, &keys)] {
        assert_eq!(editor.get("a", "u8"), Ok(Some(OwnedValue::from(1_u8))));
        assert_eq!(editor.get("b", "long"), Ok(Some(OwnedValue::from(&LONG[..]))));
        assert_eq!(editor.get("a", "other"), Ok(None));
        assert_eq!(editor.get("a", ""), Err(Error::KeyEmpty));
        assert_eq!(editor.set("a", "u8", 2_u8), Ok(true));
        assert_eq!(editor.get("a", "u8").unwrap().and_then(|value| value.as_u8()), Some(2));
        assert_eq!(editor.remove("a", "u8"), Ok(true));
        assert_eq!(editor.get("a", "u8"), Ok(None));
    }
}

#[test]
fn an_encrypted_image_is_reported_as_such() {
    let keys = NvsKeys::new([1; 32], [2; 32]).unwrap();
    let mut image = image();
    encrypt(&mut image, &keys).unwrap();
    let error = decode(&image).unwrap_err();
    assert!(matches!(error, Error::Illegible(_)));
    assert_eq!(error.finding(), recover(&image).damage.first());
    let sentence = error.to_string();
    assert!(
        sentence.contains("at offset 0x40, the checksum of the entry is wrong"),
        "{sentence}"
    );
    assert!(
        sentence.starts_with("no entry can be read: the image may be encrypted"),
        "{sentence}"
    );
    assert!(matches!(
        Editor::new(&mut image).set("a", "u8", 2_u8),
        Err(Error::Illegible(_))
    ));
    let others = NvsKeys::new([3; 32], [2; 32]).unwrap();
    assert!(matches!(
        Editor::encrypted(&mut image, &others).get("a", "u8"),
        Err(Error::Illegible(_))
    ));
}

#[test]
fn a_size_is_a_number_or_a_checked_one() {
    let entries = [("a", "b", 1_u8)];
    let image = encode_to_vec(0x3000, BlobVersion::V2, entries).unwrap();
    assert_eq!(encode_to_vec(0x3000_u32, BlobVersion::V2, entries).unwrap(), image);
    assert_eq!(encode_to_vec(0x3000_usize, BlobVersion::V2, entries).unwrap(), image);
    assert_eq!(
        encode_to_vec(PartitionSize::new(0x3000).unwrap(), BlobVersion::V2, entries).unwrap(),
        image
    );
    for wrong in [-0x3000, 0, 0x3001] {
        assert!(matches!(
            encode_to_vec(wrong, BlobVersion::V2, entries),
            Err(Error::PartitionSize { .. })
        ));
    }
    assert_eq!(
        PartitionSize::try_from(usize::MAX).unwrap_err(),
        Error::PartitionSize { bytes: u32::MAX }
    );
    assert_eq!(u32::from(PartitionSize::MIN), 0x1000);
}

#[test]
fn a_partition_that_is_too_small_is_reported_for_all_entries() {
    let long = [
        ("a", "x", Value::from(&LONG)),
        ("a", "y", Value::from(&LONG)),
        ("a", "z", Value::from(&LONG)),
    ];
    let error = encode_to_vec(0x3000, BlobVersion::V2, long).unwrap_err();
    let (size, needed) = (PartitionSize::new(0x3000).unwrap(), PartitionSize::new(0x5000).unwrap());
    assert_eq!(error, Error::PartitionTooSmall { size, needed });
    // An invalid name after the one that does not fit.
    let wrong = [
        ("a", "x", Value::from(&LONG)),
        ("a", "y", Value::from(&LONG)),
        ("a", "", Value::from(&LONG)),
    ];
    assert_eq!(
        encode_to_vec(0x3000, BlobVersion::V2, wrong).unwrap_err(),
        Error::KeyEmpty
    );
}

#[test]
fn names_are_compared_with_texts() {
    let key = Key::try_from("serial").unwrap();
    assert!(key == *"serial" && key == "serial" && key != "other");
    assert_eq!(key.as_ref(), "serial");
    assert_eq!(String::from(key), "serial");
    assert_eq!(
        Namespace::try_from("sixteen letters.").unwrap_err(),
        Error::NamespaceTooLong { len: 16 }
    );
}
