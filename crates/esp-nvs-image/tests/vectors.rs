//! Images of the reference generator and the values that the firmware reads from them, if the
//! vectors folder exists.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    unreachable_pub,
    dead_code,
    reason = "tests"
)]

#[path = "common/vectors.rs"]
mod vectors;

use std::collections::BTreeMap;

use esp_nvs_image::{
    BlobVersion, Encoder, Entries, Entry, Item, ItemType, Items, Namespace, Number, PartitionSize, StoredValue, Value,
    decode, recover,
};
use serde_json::Value as Json;
use vectors::{device_lines, folder, our_lines};

/// The results of the iterator without an allocator.
fn walked(image: &[u8]) -> Vec<Entry<'_>> {
    Entries::new(image).map(|entry| entry.unwrap().into()).collect()
}

/// Encodes the contents of an image again, in the same order and including namespaces without keys.
fn encode_again(image: &[u8], size: PartitionSize, version: BlobVersion) -> Vec<u8> {
    let values = decode(image).unwrap();
    let blobs = values
        .iter()
        .filter_map(|entry| match &entry.value {
            StoredValue::Blob(blob) => Some(((entry.namespace, entry.key), blob.to_vec())),
            _ => None,
        })
        .collect::<BTreeMap<_, _>>();
    let mut names = BTreeMap::new();
    let mut buffer = vec![0; size.bytes()];
    let mut encoder = Encoder::with_version(&mut buffer, size, version).unwrap();
    for item in Items::new(image) {
        let item: Item<'_> = item.unwrap();
        let data @ [a, b, c, d, ..] = item.data();
        if item.namespace_index() == 0 {
            let namespace = Namespace::new(item.key().as_str()).unwrap();
            names.insert(a, namespace);
            encoder.declare(&namespace).unwrap();
            continue;
        }
        let namespace = names[&item.namespace_index()];
        let value = match item.kind() {
            ItemType::U8 => Value::Number(Number::U8(a)),
            ItemType::I8 => Value::Number(Number::I8(a.cast_signed())),
            ItemType::U16 => Value::Number(Number::U16(u16::from_le_bytes([a, b]))),
            ItemType::I16 => Value::Number(Number::I16(i16::from_le_bytes([a, b]))),
            ItemType::U32 => Value::Number(Number::U32(u32::from_le_bytes([a, b, c, d]))),
            ItemType::I32 => Value::Number(Number::I32(i32::from_le_bytes([a, b, c, d]))),
            ItemType::U64 => Value::Number(Number::U64(u64::from_le_bytes(data))),
            ItemType::I64 => Value::Number(Number::I64(i64::from_le_bytes(data))),
            ItemType::Str => Value::Str(std::str::from_utf8(item.payload()).unwrap().strip_suffix('\0').unwrap()),
            ItemType::BlobV1 => Value::Blob(item.payload()),
            ItemType::BlobChunk if item.chunk_index() == 0 => Value::Blob(&blobs[&(namespace, item.key())]),
            ItemType::BlobChunk | ItemType::BlobIndex => continue,
            other => unreachable!("{other:?}"),
        };
        encoder.push(&namespace, &item.key(), value).unwrap();
    }
    encoder.finish().to_vec()
}

#[test]
fn generator_images_decode_as_on_the_device_and_encode_to_the_same_bytes() {
    let Some(folder) = folder() else {
        println!("nvs vectors: folder not found, 0 cases ran");
        return;
    };
    let folder = folder.join("nvs");
    let manifest: Json = serde_json::from_slice(&std::fs::read(folder.join("manifest.json")).unwrap()).unwrap();
    let mut ran = 0;
    for case in manifest["cases"].as_array().unwrap() {
        // Wrong output of the generator and encrypted images are not part of this test.
        if case["kind"] != "ok" || !case["encryption"].is_null() {
            continue;
        }
        let name = case["name"].as_str().unwrap();
        let image = std::fs::read(folder.join(case["expected"].as_str().unwrap())).unwrap();
        let device = device_lines(&folder.join(case["device"]["file"].as_str().unwrap()));
        assert_eq!(our_lines(&decode(&image).unwrap()), device, "{name}: decoded");
        assert_eq!(our_lines(&walked(&image)), device, "{name}: walked");
        assert_eq!(recover(&image).damage, [], "{name}: recovered");
        let size = case["size"].as_str().unwrap().parse().unwrap();
        let version = if case["version"] == 1 {
            BlobVersion::V1
        } else {
            BlobVersion::V2
        };
        assert!(encode_again(&image, size, version) == image, "{name}: encoded");
        ran += 1;
    }
    println!("nvs vectors: {ran} cases ran");
    assert!(ran >= 25, "the folder holds at least 25 plain cases, {ran} ran");
}
