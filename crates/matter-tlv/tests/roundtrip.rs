//! Written elements read back; the reader never panics.
#![allow(clippy::unwrap_used)]

use matter_tlv::{Error, MAX_DEPTH, Reader, Tag, Value, Writer};
use proptest::prelude::*;

#[derive(Clone, Debug)]
enum Node {
    Unsigned(u64),
    Signed(i64),
    Bool(bool),
    Utf8(String),
    Bytes(Vec<u8>),
    Null,
    Structure(Vec<(Tag, Self)>),
    Array(Vec<Self>),
    List(Vec<(Tag, Self)>),
}

fn tag() -> impl Strategy<Value = Tag> {
    prop_oneof![
        any::<u8>().prop_map(Tag::Context),
        any::<u32>().prop_map(Tag::Common),
        any::<u16>().prop_map(|tag| Tag::Implicit(tag.into())),
        (any::<u16>(), any::<u16>(), any::<u32>()).prop_map(|(vendor, profile, tag)| Tag::FullyQualified {
            vendor,
            profile,
            tag
        }),
        Just(Tag::FullyQualified {
            vendor: 0xFFF1,
            profile: 0x3E,
            tag: 1
        }),
    ]
}

fn node() -> impl Strategy<Value = Node> {
    let leaf = prop_oneof![
        any::<u64>().prop_map(Node::Unsigned),
        any::<u16>().prop_map(|v| Node::Unsigned(v.into())),
        any::<i64>().prop_map(Node::Signed),
        any::<i16>().prop_map(|v| Node::Signed(v.into())),
        any::<bool>().prop_map(Node::Bool),
        ".{0,40}".prop_map(Node::Utf8),
        proptest::collection::vec(any::<u8>(), 0..300).prop_map(Node::Bytes),
        Just(Node::Null),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            proptest::collection::vec((tag(), inner.clone()), 0..5).prop_map(Node::Structure),
            proptest::collection::vec(inner.clone(), 0..5).prop_map(Node::Array),
            proptest::collection::vec((prop_oneof![tag(), Just(Tag::Anonymous)], inner), 0..5).prop_map(Node::List),
        ]
    })
}

fn write(writer: &mut Writer<'_>, tag: Tag, node: &Node) -> Result<(), Error> {
    match node {
        Node::Unsigned(v) => writer.put_unsigned(tag, *v),
        Node::Signed(v) => writer.put_signed(tag, *v),
        Node::Bool(v) => writer.put_bool(tag, *v),
        Node::Utf8(v) => writer.put_utf8(tag, v),
        Node::Bytes(v) => writer.put_bytes(tag, v),
        Node::Null => writer.put_null(tag),
        Node::Structure(members) => {
            writer.start_structure(tag)?;
            members.iter().try_for_each(|(tag, node)| write(writer, *tag, node))?;
            writer.end()
        }
        Node::Array(members) => {
            writer.start_array(tag)?;
            members
                .iter()
                .try_for_each(|node| write(writer, Tag::Anonymous, node))?;
            writer.end()
        }
        Node::List(members) => {
            writer.start_list(tag)?;
            members.iter().try_for_each(|(tag, node)| write(writer, *tag, node))?;
            writer.end()
        }
    }
}

fn expect(reader: &mut Reader<'_>, tag: Tag, node: &Node) {
    let element = reader.read().unwrap().unwrap();
    assert_eq!(element.tag, tag);
    let anonymous = |members: &[Node]| members.iter().map(|n| (Tag::Anonymous, n.clone())).collect::<Vec<_>>();
    let (start, members) = match node {
        Node::Unsigned(v) => return assert_eq!(element.value, Value::Unsigned(*v)),
        Node::Signed(v) => return assert_eq!(element.value, Value::Signed(*v)),
        Node::Bool(v) => return assert_eq!(element.value, Value::Bool(*v)),
        Node::Utf8(v) => return assert_eq!(element.value, Value::Utf8(v)),
        Node::Bytes(v) => return assert_eq!(element.value, Value::Bytes(v)),
        Node::Null => return assert_eq!(element.value, Value::Null),
        Node::Structure(members) => (Value::Structure, members.clone()),
        Node::Array(members) => (Value::Array, anonymous(members)),
        Node::List(members) => (Value::List, members.clone()),
    };
    assert_eq!(element.value, start);
    for (tag, node) in &members {
        expect(reader, *tag, node);
    }
    assert_eq!(reader.read().unwrap().unwrap().value, Value::End);
}

fn drain(bytes: &[u8]) {
    let mut reader = Reader::new(bytes);
    let mut offset = 0;
    while let Ok(Some(element)) = reader.read() {
        assert_eq!(element.offset, offset, "no gap between elements");
        assert!(reader.offset() > offset && reader.offset() <= bytes.len());
        assert!(reader.depth() <= MAX_DEPTH);
        offset = reader.offset();
    }
    let _ = Reader::new(bytes).skip_container();
}

#[test]
fn strings_of_64_kib_have_a_length_of_four_bytes() {
    let text = "a".repeat(0x1_0000);
    let mut buffer = vec![0; 0x2_0100];
    let mut writer = Writer::new(&mut buffer);
    writer.put_utf8(Tag::Anonymous, &text).unwrap();
    writer.put_bytes(Tag::Anonymous, text.as_bytes()).unwrap();
    let written = writer.finish().unwrap();
    let (first, second) = written.split_at(5 + text.len());
    // Element types of Matter Core Specification A.7.1.
    assert_eq!(first[..5], [0x0E, 0, 0, 1, 0]);
    assert_eq!(second[..5], [0x12, 0, 0, 1, 0]);
    let mut reader = Reader::new(written);
    assert_eq!(reader.read().unwrap().unwrap().value, Value::Utf8(&text));
    assert_eq!(reader.read().unwrap().unwrap().value, Value::Bytes(text.as_bytes()));
}

#[test]
fn values_are_returned_by_type() {
    let values = [
        Value::Unsigned(7),
        Value::Signed(-7),
        Value::Bool(true),
        Value::Bool(false),
        Value::Utf8("ab"),
        Value::Bytes(&[1, 2]),
        Value::Null,
        Value::Structure,
        Value::Array,
        Value::List,
        Value::End,
    ];
    for (at, value) in values.iter().enumerate() {
        assert_eq!(value.as_unsigned(), (at == 0).then_some(7));
        assert_eq!(value.as_signed(), (at == 1).then_some(-7));
        assert_eq!(value.as_bool(), (at == 2 || at == 3).then_some(at == 2));
        assert_eq!(value.as_str(), (at == 4).then_some("ab"));
        assert_eq!(value.as_bytes(), (at == 5).then_some([1, 2].as_slice()));
        assert_eq!(value.is_container(), (7..10).contains(&at));
    }
}

proptest! {
    #[test]
    fn what_is_written_reads_back(node in node()) {
        let mut buffer = vec![0; 20_000];
        let mut writer = Writer::new(&mut buffer);
        write(&mut writer, Tag::Anonymous, &node).unwrap();
        let bytes = writer.finish().unwrap();
        let mut reader = Reader::new(bytes);
        expect(&mut reader, Tag::Anonymous, &node);
        prop_assert_eq!(reader.read(), Ok(None));
        prop_assert_eq!(reader.offset(), bytes.len());
    }

    #[test]
    fn a_short_buffer_is_an_error(node in node(), missing in 1usize..40) {
        let mut buffer = vec![0; 20_000];
        let mut writer = Writer::new(&mut buffer);
        write(&mut writer, Tag::Anonymous, &node).unwrap();
        let needed = writer.finish().unwrap().len();
        let mut short = vec![0; needed.saturating_sub(missing)];
        let error = write(&mut Writer::new(&mut short), Tag::Anonymous, &node).unwrap_err();
        let too_small = matches!(error, Error::BufferTooSmall { .. });
        prop_assert!(too_small, "{error}");
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        drain(&bytes);
    }

    #[test]
    fn mutated_encodings_never_panic(node in node(), at in any::<proptest::sample::Index>(), xor in 1u8..) {
        let mut buffer = vec![0; 20_000];
        let mut writer = Writer::new(&mut buffer);
        write(&mut writer, Tag::Anonymous, &node).unwrap();
        let mut bytes = writer.finish().unwrap().to_vec();
        let at = at.index(bytes.len());
        bytes[at] ^= xor;
        drain(&bytes);
    }
}
