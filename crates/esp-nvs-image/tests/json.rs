//! Entries as JSON, and back.

#![allow(clippy::unwrap_used, reason = "tests")]

use esp_nvs_image::{
    BlobVersion, Key, Namespace, Number, OwnedEntry, OwnedValue, PartitionSize, Value, decode, encode_to_vec,
};
use proptest::prelude::*;

#[test]
fn entries_are_objects_with_four_members() {
    let values = [
        ("a", Value::Number(Number::U64(u64::MAX))),
        ("b", Value::Number(Number::I8(-1))),
        ("c", Value::Number(Number::Double(0.5))),
        ("d", Value::Str("\"\u{e9}\"")),
        ("e", Value::Blob(b"\x00\xFF")),
        ("f", Value::Blob(b"")),
        ("g", Value::Number(Number::Float(0.1))),
        ("h", Value::Number(Number::Float(f32::NEG_INFINITY))),
        ("i", Value::Number(Number::Double(f64::NAN))),
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
        r#"{"namespace":"ns","key":"f","type":"blob","value":""},"#,
        // 0x3DCCCCCD, the float next to 0.1, is 13421773 / 2^27.
        r#"{"namespace":"ns","key":"g","type":"float","value":0.10000000149011612},"#,
        r#"{"namespace":"ns","key":"h","type":"float","value":"-inf"},"#,
        r#"{"namespace":"ns","key":"i","type":"double","value":"NaN"}]"#,
    );
    assert_eq!(json, expected);
}

fn read(text: &str) -> Result<OwnedValue, serde_json::Error> {
    serde_json::from_str::<OwnedEntry>(text).map(|entry| {
        assert_eq!((entry.namespace.as_str(), entry.key.as_str()), ("n", "k"));
        entry.value.clone()
    })
}

fn typed(kind: &str, value: &str) -> Result<OwnedValue, serde_json::Error> {
    let after = read(&format!(
        r#"{{"namespace":"n","key":"k","type":"{kind}","value":{value}}}"#
    ));
    let before = read(&format!(
        r#"{{"value":{value},"type":"{kind}","key":"k","namespace":"n"}}"#
    ));
    assert_eq!(
        after.as_ref().ok(),
        before.as_ref().ok(),
        "{kind} {value} in another order"
    );
    after
}

#[test]
fn values_are_read_according_to_their_types() {
    for (kind, text, value) in [
        ("u8", "255", OwnedValue::Number(Number::U8(255))),
        ("i8", "-128", OwnedValue::Number(Number::I8(-128))),
        ("u16", "65535", OwnedValue::Number(Number::U16(u16::MAX))),
        ("i16", "-32768", OwnedValue::Number(Number::I16(i16::MIN))),
        ("u32", "0", OwnedValue::Number(Number::U32(0))),
        ("i32", "-2147483648", OwnedValue::Number(Number::I32(i32::MIN))),
        ("u64", "18446744073709551615", OwnedValue::Number(Number::U64(u64::MAX))),
        ("i64", "-9223372036854775808", OwnedValue::Number(Number::I64(i64::MIN))),
        ("i64", "9223372036854775807", OwnedValue::Number(Number::I64(i64::MAX))),
        ("float", "1", OwnedValue::Number(Number::Float(1.0))),
        ("float", "-1.5e1", OwnedValue::Number(Number::Float(-15.0))),
        (
            "float",
            "\"-inf\"",
            OwnedValue::Number(Number::Float(f32::NEG_INFINITY)),
        ),
        ("double", "-0.0", OwnedValue::Number(Number::Double(-0.0))),
        (
            "double",
            "5e-324",
            OwnedValue::Number(Number::Double(f64::from_bits(1))),
        ),
        ("double", "\"inf\"", OwnedValue::Number(Number::Double(f64::INFINITY))),
        ("double", "\"NaN\"", OwnedValue::Number(Number::Double(f64::NAN))),
        ("string", r#""a\u00e9\n\r""#, OwnedValue::Str("a\u{e9}\n\r".into())),
        ("string", r#""00ff""#, OwnedValue::Str("00ff".into())),
        ("blob", r#""00ff""#, OwnedValue::Blob(vec![0, 255])),
        ("blob", r#""""#, OwnedValue::Blob(vec![])),
    ] {
        let read = typed(kind, text);
        assert_eq!(read.ok(), Some(value), "{kind} {text}");
    }
}

#[test]
fn other_types_and_ranges_are_refused() {
    for (kind, value, said) in [
        ("u8", "256", "0 to 255"),
        ("u8", "-1", "0 to 255"),
        ("i8", "128", "-128 to 127"),
        ("u16", "1.0", "0 to 65535"),
        ("i64", "9223372036854775808", "9223372036854775807"),
        ("u64", "18446744073709551616", "18446744073709551615"),
        ("u32", "\"5\"", "0 to 4294967295"),
        ("float", "1e39", "decimal number"),
        ("float", "\"1\"", "decimal number"),
        ("double", "null", "nothing"),
        ("double", "[1]", "sequence"),
        ("string", "5", "not a string"),
        ("string", "true", "something else"),
        ("blob", "5", "hexadecimal"),
        ("blob", "\"0\"", "hexadecimal"),
        ("blob", "\"0g\"", "hexadecimal"),
        ("binary", "\"00\"", "unknown type"),
        ("U8", "1", "unknown type"),
    ] {
        let error = typed(kind, value).unwrap_err().to_string();
        assert!(error.contains(said), "{kind} {value}: {error}");
    }
}

#[test]
fn other_shapes_are_refused() {
    for (text, said) in [
        ("{}", "missing field"),
        (r#"{"namespace":"n","key":"k","value":1}"#, "missing field `type`"),
        (r#"{"namespace":"n","key":"k","type":"u8"}"#, "missing field `value`"),
        (r#"{"key":"k","type":"u8","value":1}"#, "missing field `namespace`"),
        (r#"{"namespace":"n","type":"u8","value":1}"#, "missing field `key`"),
        (
            r#"{"namespace":"n","key":"k","type":"u8","value":1,"note":1}"#,
            "unknown member",
        ),
        (
            r#"{"key":"k","key":"k","namespace":"n","type":"u8","value":1}"#,
            "duplicate field `key`",
        ),
        (
            r#"{"value":1,"value":1,"key":"k","namespace":"n","type":"u8"}"#,
            "duplicate field `value`",
        ),
        (
            r#"{"type":"u8","type":"u8","key":"k","namespace":"n","value":1}"#,
            "duplicate field `type`",
        ),
        (
            r#"{"namespace":"","key":"k","type":"u8","value":1}"#,
            "namespace is empty",
        ),
        (
            r#"{"namespace":"n","key":"sixteen bytes...","type":"u8","value":1}"#,
            "key is too long: 16 bytes",
        ),
        (r#"{"namespace":"n","key":5,"type":"u8","value":1}"#, "expected a key"),
        (r#"["n","k","u8",1]"#, "expected an object"),
        ("20202021", "expected an object"),
    ] {
        let error = read(text).unwrap_err().to_string();
        assert!(error.contains(said), "{text}: {error}");
    }
}

#[test]
fn errors_name_line_and_column_but_no_value() {
    for (value, place) in [
        ("20202021", (5, 19)),
        ("\"20202021\"", (5, 21)),
        ("20202021.5", (5, 21)),
        ("-20202021", (5, 20)),
    ] {
        let text =
            format!("[{{\n  \"namespace\": \"n\",\n  \"key\": \"k\",\n  \"type\": \"u8\",\n  \"value\": {value}\n}}]");
        let error = serde_json::from_str::<Vec<OwnedEntry>>(&text).unwrap_err();
        assert_eq!((error.line(), error.column()), place, "{error}");
        assert!(!error.to_string().contains("20202021"), "{error}");
        for secret in [
            format!("[{value}]"),
            format!("[{{\"key\":{value}}}]"),
            format!("[{{\"type\":{value}}}]"),
        ] {
            let error = serde_json::from_str::<Vec<OwnedEntry>>(&secret).unwrap_err();
            assert!(!format!("{error} {error:?}").contains("20202021"), "{secret}: {error}");
        }
    }
}

fn any_value() -> impl Strategy<Value = OwnedValue> {
    let is_kept = |nan: bool, is_canonical: bool| !nan || is_canonical;
    prop_oneof![
        any::<u8>().prop_map(OwnedValue::from),
        any::<i16>().prop_map(OwnedValue::from),
        any::<u32>().prop_map(OwnedValue::from),
        any::<u64>().prop_map(OwnedValue::from),
        any::<i64>().prop_map(OwnedValue::from),
        any::<u32>()
            .prop_map(f32::from_bits)
            .prop_filter("bits of a NaN", move |v| is_kept(
                v.is_nan(),
                v.to_bits() == f32::NAN.to_bits()
            ))
            .prop_map(OwnedValue::from),
        any::<u64>()
            .prop_map(f64::from_bits)
            .prop_filter("bits of a NaN", move |v| is_kept(
                v.is_nan(),
                v.to_bits() == f64::NAN.to_bits()
            ))
            .prop_map(OwnedValue::from),
        "\\PC{0,40}".prop_map(OwnedValue::Str),
        "[\r\n\t\"\\\\]{0,9}".prop_map(OwnedValue::Str),
        proptest::collection::vec(any::<u8>(), 0..300).prop_map(OwnedValue::Blob),
    ]
}

proptest! {
    #[test]
    fn what_is_written_reads_back(
        values in proptest::collection::btree_map("[a-c\"\u{e9}]{1,5}", any_value(), 0..20),
        pretty in any::<bool>(),
    ) {
        let namespace = Namespace::new("ns").unwrap();
        let expected = values
            .into_iter()
            .map(|(key, value)| OwnedEntry { namespace, key: Key::new(&key).unwrap(), value })
            .collect::<Vec<_>>();
        let items = expected.iter().map(|entry| (entry.namespace, entry.key, entry.value.as_value()));
        let image = encode_to_vec(PartitionSize::new(0x10000).unwrap(), BlobVersion::V2, items).unwrap();
        let entries = decode(&image).unwrap();
        let write = if pretty { serde_json::to_string_pretty } else { serde_json::to_string };
        let json = write(&entries).unwrap();
        let read = serde_json::from_str::<Vec<OwnedEntry>>(&json).unwrap();
        prop_assert_eq!(&read, &expected, "{}", json);
        prop_assert_eq!(read, entries.iter().map(OwnedEntry::from).collect::<Vec<_>>());
    }

    #[test]
    fn reading_anything_never_panics(text in "[\\[\\]{}:,\"a-z0-9.-]{0,60}") {
        let _ = serde_json::from_str::<Vec<OwnedEntry>>(&text);
        let _ = read(&format!("{{\"namespace\":\"n\",\"key\":\"k\",{text}}}"));
    }
}
