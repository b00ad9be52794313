//! Functions that need no allocator. The suite runs this file with and without the `alloc` feature.

#![allow(clippy::unwrap_used, reason = "tests")]

use esp_nvs_image::{Encoder, Error, Items, Key, Namespace, Number, PartitionSize, Value};

#[test]
fn duplicate_key_is_rejected() {
    let mut buffer = [0; 0x4000];
    let mut encoder = Encoder::new(&mut buffer, PartitionSize::new(0x4000).unwrap()).unwrap();
    let [one, two] = ["one", "two"].map(|name| Namespace::new(name).unwrap());
    let [a, b] = ["a", "b"].map(|name| Key::new(name).unwrap());
    encoder.push(&one, &a, Value::Number(Number::U8(1))).unwrap();
    encoder.push(&two, &a, Value::Blob(&[0; 5000])).unwrap();
    encoder.push(&one, &b, Value::Str("text")).unwrap();
    assert_eq!(
        encoder.push(&one, &a, Value::Number(Number::U16(2))),
        Err(Error::DuplicateKey { key: a })
    );
    assert_eq!(
        encoder.push(&two, &a, Value::Number(Number::U8(2))),
        Err(Error::DuplicateKey { key: a })
    );
    assert_eq!(
        encoder.push(&one, &b, Value::Blob(b"b")),
        Err(Error::DuplicateKey { key: b })
    );
    encoder.push(&two, &b, Value::Number(Number::U8(2))).unwrap();

    let image = encoder.finish();
    // Two namespaces, three single entries, one blob of two chunks and an index.
    assert_eq!(Items::new(image).map(Result::unwrap).count(), 2 + 3 + 3);
}
