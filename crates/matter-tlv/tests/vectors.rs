//! Encodings from the examples in Matter Core Specification appendix A, and some at the limits of
//! each width, both ways.
#![allow(clippy::unwrap_used, clippy::panic)]

use hex_literal::hex;
use matter_tlv::{Element, Reader, Tag, Value, Writer};

fn put(writer: &mut Writer<'_>, tag: Tag, value: Value<'_>) {
    match value {
        Value::Unsigned(v) => writer.put_unsigned(tag, v),
        Value::Signed(v) => writer.put_signed(tag, v),
        Value::Bool(v) => writer.put_bool(tag, v),
        Value::Utf8(v) => writer.put_utf8(tag, v),
        Value::Bytes(v) => writer.put_bytes(tag, v),
        Value::Null => writer.put_null(tag),
        Value::Structure => writer.start_structure(tag),
        Value::Array => writer.start_array(tag),
        Value::List => writer.start_list(tag),
        Value::End => writer.end(),
        other => panic!("{other:?} has no writer"),
    }
    .unwrap();
}

const fn full(tag: u32) -> Tag {
    Tag::FullyQualified {
        vendor: 0xFFF1,
        profile: 0xDEED,
        tag,
    }
}

#[test]
fn single_elements_have_the_listed_bytes() {
    let table: &[(Tag, Value<'_>, &[u8])] = &[
        (Tag::Anonymous, Value::Bool(false), &hex!("08")),
        (Tag::Anonymous, Value::Bool(true), &hex!("09")),
        (Tag::Anonymous, Value::Signed(42), &hex!("00 2A")),
        (Tag::Anonymous, Value::Signed(-17), &hex!("00 EF")),
        (Tag::Anonymous, Value::Signed(-128), &hex!("00 80")),
        (Tag::Anonymous, Value::Signed(-129), &hex!("01 7F FF")),
        (Tag::Anonymous, Value::Signed(-170_000), &hex!("02 F0 67 FD FF")),
        (
            Tag::Anonymous,
            Value::Signed(40_000_000_000),
            &hex!("03 00 90 2F 50 09 00 00 00"),
        ),
        (Tag::Anonymous, Value::Unsigned(42), &hex!("04 2A")),
        (Tag::Anonymous, Value::Unsigned(255), &hex!("04 FF")),
        (Tag::Anonymous, Value::Unsigned(256), &hex!("05 00 01")),
        (Tag::Anonymous, Value::Unsigned(65_536), &hex!("06 00 00 01 00")),
        (
            Tag::Anonymous,
            Value::Unsigned(1 << 32),
            &hex!("07 00 00 00 00 01 00 00 00"),
        ),
        (Tag::Anonymous, Value::Utf8("Hello!"), &hex!("0C 06 48 65 6C 6C 6F 21")),
        (
            Tag::Anonymous,
            Value::Utf8("Tsch\u{FC}s"),
            &hex!("0C 07 54 73 63 68 C3 BC 73"),
        ),
        (
            Tag::Anonymous,
            Value::Bytes(&[0, 1, 2, 3, 4]),
            &hex!("10 05 00 01 02 03 04"),
        ),
        (Tag::Anonymous, Value::Null, &hex!("14")),
        (Tag::Common(1), Value::Unsigned(42), &hex!("44 01 00 2A")),
        (Tag::Common(100_000), Value::Unsigned(42), &hex!("64 A0 86 01 00 2A")),
        (Tag::Implicit(1), Value::Unsigned(42), &hex!("84 01 00 2A")),
        (Tag::Implicit(100_000), Value::Unsigned(42), &hex!("A4 A0 86 01 00 2A")),
        (full(1), Value::Unsigned(42), &hex!("C4 F1 FF ED DE 01 00 2A")),
        (
            full(0xAA55_FEED),
            Value::Unsigned(42),
            &hex!("E4 F1 FF ED DE ED FE 55 AA 2A"),
        ),
    ];
    for &(tag, value, bytes) in table {
        let mut buffer = [0; 32];
        let mut writer = Writer::new(&mut buffer);
        put(&mut writer, tag, value);
        assert_eq!(writer.finish().unwrap(), bytes, "{value:?}");
        let mut reader = Reader::new(bytes);
        assert_eq!(reader.read().unwrap(), Some(Element { offset: 0, tag, value }));
        assert_eq!(reader.read(), Ok(None));
    }
}

#[test]
fn a_context_tag_is_allowed_only_inside_a_structure() {
    check(
        &[
            (Tag::Anonymous, Value::Structure),
            (Tag::Context(1), Value::Unsigned(42)),
            (Tag::Anonymous, Value::End),
        ],
        &hex!("15 24 01 2A 18"),
    );
}

#[test]
fn containers_have_the_listed_bytes() {
    check(
        &[(Tag::Anonymous, Value::Structure), (Tag::Anonymous, Value::End)],
        &hex!("15 18"),
    );
    check(
        &[(Tag::Anonymous, Value::Array), (Tag::Anonymous, Value::End)],
        &hex!("16 18"),
    );
    check(
        &[(Tag::Anonymous, Value::List), (Tag::Anonymous, Value::End)],
        &hex!("17 18"),
    );
    // { 0 = 42, 1 = -17 }
    check(
        &[
            (Tag::Anonymous, Value::Structure),
            (Tag::Context(0), Value::Signed(42)),
            (Tag::Context(1), Value::Signed(-17)),
            (Tag::Anonymous, Value::End),
        ],
        &hex!("15 20 00 2A 20 01 EF 18"),
    );
    // [ 0, 1, 2, 3, 4 ]
    check(
        &[
            (Tag::Anonymous, Value::Array),
            (Tag::Anonymous, Value::Signed(0)),
            (Tag::Anonymous, Value::Signed(1)),
            (Tag::Anonymous, Value::Signed(2)),
            (Tag::Anonymous, Value::Signed(3)),
            (Tag::Anonymous, Value::Signed(4)),
            (Tag::Anonymous, Value::End),
        ],
        &hex!("16 00 00 00 01 00 02 00 03 00 04 18"),
    );
    // [[ 1, 0 = 42, 2, 3, 0 = -17 ]]
    check(
        &[
            (Tag::Anonymous, Value::List),
            (Tag::Anonymous, Value::Signed(1)),
            (Tag::Context(0), Value::Signed(42)),
            (Tag::Anonymous, Value::Signed(2)),
            (Tag::Anonymous, Value::Signed(3)),
            (Tag::Context(0), Value::Signed(-17)),
            (Tag::Anonymous, Value::End),
        ],
        &hex!("17 00 01 20 00 2A 00 02 00 03 20 00 EF 18"),
    );
    // A structure with a fully-qualified tag that contains a member with one.
    check(
        &[
            (full(1), Value::Structure),
            (full(0xAA), Value::Signed(42)),
            (Tag::Anonymous, Value::End),
        ],
        &hex!("D5 F1 FF ED DE 01 00 C0 F1 FF ED DE AA 00 2A 18"),
    );
}

#[test]
fn floating_point_numbers_are_read() {
    let table: &[(&[u8], f64)] = &[
        (&hex!("0A 00 00 00 00"), 0.0),
        (&hex!("0A 33 33 8F 41"), f64::from(17.9f32)),
        (&hex!("0A 00 00 80 7F"), f64::INFINITY),
        (&hex!("0B 66 66 66 66 66 E6 31 40"), 17.9),
        (&hex!("0B 00 00 00 00 00 00 F0 FF"), f64::NEG_INFINITY),
    ];
    for &(bytes, value) in table {
        let element = Reader::new(bytes).read().unwrap().unwrap();
        assert_eq!(element.value, Value::Float(value));
    }
}

#[test]
fn wider_forms_than_needed_are_read() {
    let table: &[(&[u8], Value<'_>)] = &[
        (&hex!("05 2A 00"), Value::Unsigned(42)),
        (&hex!("07 2A 00 00 00 00 00 00 00"), Value::Unsigned(42)),
        (&hex!("02 EF FF FF FF"), Value::Signed(-17)),
        (&hex!("0D 01 00 41"), Value::Utf8("A")),
        (&hex!("13 01 00 00 00 00 00 00 00 41"), Value::Bytes(b"A")),
    ];
    for &(bytes, value) in table {
        let element = Reader::new(bytes).read().unwrap().unwrap();
        assert_eq!(element.value, value);
    }
}

fn check(elements: &[(Tag, Value<'_>)], bytes: &[u8]) {
    let mut buffer = [0; 64];
    let mut writer = Writer::new(&mut buffer);
    for &(tag, value) in elements {
        put(&mut writer, tag, value);
    }
    assert_eq!(writer.finish().unwrap(), bytes);
    let mut reader = Reader::new(bytes);
    for &(tag, value) in elements {
        let element = reader.read().unwrap().unwrap();
        assert_eq!((element.tag, element.value), (tag, value));
    }
    assert_eq!(reader.read(), Ok(None));
}
