//! Any list of entries: a push is a duplicate exactly when a plain map has the key, a refused push changes nothing, and
//! the image decodes to the map.
#![no_main]

use std::collections::BTreeMap;

use arbitrary::Arbitrary;
use esp_nvs_image::{BlobVersion, Encoder, Error, Key, Namespace, OwnedValue, PartitionSize, decode};
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
enum Content {
    U8(u8),
    I16(i16),
    U32(u32),
    I64(i64),
    /// A length and what the text repeats.
    Str(u16, u8),
    /// A length and the first byte of what counts up.
    Blob(u16, u8),
}

impl Content {
    fn value(&self) -> OwnedValue {
        match *self {
            Self::U8(v) => OwnedValue::U8(v),
            Self::I16(v) => OwnedValue::I16(v),
            Self::U32(v) => OwnedValue::U32(v),
            Self::I64(v) => OwnedValue::I64(v),
            Self::Str(len, v) => {
                OwnedValue::Str(["a", "\u{e9}", "\u{20ac}", "\0"][usize::from(v % 4)].repeat(len.into()))
            }
            Self::Blob(len, v) => OwnedValue::Blob((0..len).map(|i| v.wrapping_add((i % 251) as u8)).collect()),
        }
    }
}

fuzz_target!(|input: (u8, bool, Vec<(u8, u8, Content)>)| {
    let (pages, version_1, entries) = input;
    let size = PartitionSize::new((1 + u32::from(pages % 16)) * 4096).unwrap();
    let version = if version_1 { BlobVersion::V1 } else { BlobVersion::V2 };
    let mut buffer = vec![0; size.bytes()];
    let mut encoder = Encoder::with_version(&mut buffer, size, version).unwrap();
    let mut model = BTreeMap::new();
    for (namespace, key, content) in entries {
        let name = (
            Namespace::new(&format!("{namespace:x}")).unwrap(),
            Key::new(&format!("{key:015}")).unwrap(),
        );
        let value = content.value();
        let duplicate = model.contains_key(&name);
        match encoder.push(&name.0, &name.1, value.as_value()) {
            Err(error) => assert_eq!(matches!(error, Error::DuplicateKey { .. }), duplicate, "{error}"),
            Ok(()) => assert!(model.insert(name, value).is_none()),
        }
    }
    let entries = decode(encoder.finish()).expect("our own image decodes");
    let read = entries
        .iter()
        .map(|e| ((e.namespace, e.key), OwnedValue::from(&e.value)));
    assert_eq!((entries.len(), read.collect::<BTreeMap<_, _>>()), (model.len(), model));
});
