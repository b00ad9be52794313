//! Entries as JSON.

#![allow(clippy::unwrap_used, reason = "tests")]

use esp_nvs_image::{BlobVersion, Key, Namespace, PartitionSize, Value, decode, encode_to_vec};

#[test]
fn entries_are_objects_with_four_members() {
    let values = [
        ("a", Value::U64(u64::MAX)),
        ("b", Value::I8(-1)),
        ("c", Value::Double(0.5)),
        ("d", Value::Str("\"\u{e9}\"")),
        ("e", Value::Blob(b"\x00\xFF")),
        ("f", Value::Blob(b"")),
    ];
    let namespace = Namespace::new("ns").unwrap();
    let entries = values.map(|(key, value)| (namespace, Key::new(key).unwrap(), value));
    let image = encode_to_vec(PartitionSize::new(0x3000).unwrap(), BlobVersion::V2, entries).unwrap();
    let json = serde_json::to_string(&decode(&image).unwrap()).unwrap();
    let expected = concat!(
        r#"[{"namespace":"ns","key":"a","type":"u64","value":18446744073709551615},"#,
        r#"{"namespace":"ns","key":"b","type":"i8","value":-1},"#,
        r#"{"namespace":"ns","key":"c","type":"double","value":0.5},"#,
        r#"{"namespace":"ns","key":"d","type":"string","value":"\""#,
        "\u{e9}",
        r#"\""},"#,
        r#"{"namespace":"ns","key":"e","type":"blob","value":"00ff"},"#,
        r#"{"namespace":"ns","key":"f","type":"blob","value":""}]"#,
    );
    assert_eq!(json, expected);
}
