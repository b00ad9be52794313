//! Any list of entries: a push is a duplicate exactly if a plain map has the key, a rejected push
//! changes nothing, and the image decodes to the map.

use std::collections::BTreeMap;

use arbitrary::Arbitrary;
use esp_nvs_image::{BlobVersion, Encoder, Error, Key, Namespace, OwnedValue, PartitionSize, decode};

use crate::content::Content;

#[derive(Arbitrary, Debug)]
pub(crate) struct Input {
    pages: u8,
    version_1: bool,
    /// Namespace, key and value.
    entries: Vec<(u8, u8, Content)>,
}

pub(crate) fn property(input: Input) {
    let size = PartitionSize::new((1 + u32::from(input.pages % 16)) * 4096).unwrap();
    let version = if input.version_1 {
        BlobVersion::V1
    } else {
        BlobVersion::V2
    };
    let mut buffer = vec![0; size.bytes()];
    let mut encoder = Encoder::with_version(&mut buffer, size, version).unwrap();
    let mut model = BTreeMap::new();
    for (namespace, key, content) in input.entries {
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
}
