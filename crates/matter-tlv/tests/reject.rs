//! Input and calls that the reader and the writer reject, with the offset of the error.
#![allow(clippy::unwrap_used)]

use hex_literal::hex;
use matter_tlv::{Error, MAX_DEPTH, Reader, Tag, Value, Writer};

fn first_error(bytes: &[u8]) -> Option<Error> {
    let mut reader = Reader::new(bytes);
    loop {
        match reader.read() {
            Ok(Some(_)) => {}
            Ok(None) => return None,
            Err(error) => {
                assert_eq!(reader.read(), Err(error), "the next call returns the same error");
                return Some(error);
            }
        }
    }
}

#[test]
fn reader_refuses_malformed_input_with_its_offset() {
    let table: &[(&[u8], Error)] = &[
        (&hex!("15"), Error::UnclosedContainer { offset: 1 }),
        (&hex!("18"), Error::UnexpectedEnd { offset: 0 }),
        (&hex!("15 18 18"), Error::UnexpectedEnd { offset: 2 }),
        (&hex!("04"), Error::Truncated { offset: 0 }),
        (&hex!("15 25 01 2A"), Error::Truncated { offset: 1 }),
        (&hex!("15 24"), Error::Truncated { offset: 1 }),
        (&hex!("0C 05 41"), Error::Truncated { offset: 0 }),
        (&hex!("13 FF FF FF FF FF FF FF FF"), Error::Truncated { offset: 0 }),
        (&hex!("0C 01 FF"), Error::NotUtf8 { offset: 0 }),
        (
            &hex!("19"),
            Error::ReservedType {
                offset: 0,
                control: 0x19,
            },
        ),
        (
            &hex!("1F"),
            Error::ReservedType {
                offset: 0,
                control: 0x1F,
            },
        ),
        // An end-of-container element has no tag.
        (
            &hex!("15 38 01"),
            Error::ReservedType {
                offset: 1,
                control: 0x38,
            },
        ),
        (&hex!("24 01 2A"), Error::TagNotAllowed { offset: 0 }),
        (&hex!("15 04 2A 18"), Error::TagNotAllowed { offset: 1 }),
        (&hex!("16 24 01 2A 18"), Error::TagNotAllowed { offset: 1 }),
    ];
    for &(bytes, error) in table {
        assert_eq!(first_error(bytes), Some(error), "{bytes:02X?}");
        assert!(error.to_string().contains(&error.offset().to_string()));
    }
}

#[test]
fn nesting_is_bounded_on_both_sides() {
    let mut bytes = vec![0x16; MAX_DEPTH];
    bytes.extend(vec![0x18; MAX_DEPTH]);
    assert_eq!(first_error(&bytes), None);
    bytes.insert(0, 0x16);
    bytes.push(0x18);
    assert_eq!(first_error(&bytes), Some(Error::NestingTooDeep { offset: MAX_DEPTH }));

    let mut buffer = [0; 64];
    let mut writer = Writer::new(&mut buffer);
    for _ in 0..MAX_DEPTH {
        writer.start_array(Tag::Anonymous).unwrap();
    }
    assert_eq!(
        writer.start_array(Tag::Anonymous),
        Err(Error::NestingTooDeep { offset: MAX_DEPTH })
    );
}

#[test]
fn writer_refuses_unbalanced_containers_and_misplaced_tags() {
    let mut buffer = [0; 16];
    let mut writer = Writer::new(&mut buffer);
    assert_eq!(writer.end(), Err(Error::UnexpectedEnd { offset: 0 }));
    assert_eq!(
        writer.put_bool(Tag::Context(0), true),
        Err(Error::TagNotAllowed { offset: 0 })
    );
    writer.start_structure(Tag::Anonymous).unwrap();
    assert_eq!(writer.put_null(Tag::Anonymous), Err(Error::TagNotAllowed { offset: 1 }));
    writer.start_array(Tag::Context(7)).unwrap();
    assert_eq!(
        writer.put_bytes(Tag::Context(0), b"x"),
        Err(Error::TagNotAllowed { offset: 3 })
    );
    assert_eq!(writer.finish(), Err(Error::UnclosedContainer { offset: 3 }));
}

#[test]
fn writer_fills_the_buffer_to_the_last_byte_and_no_further() {
    let mut buffer = [0; 5];
    let mut writer = Writer::new(&mut buffer);
    writer.start_structure(Tag::Anonymous).unwrap();
    assert_eq!(
        writer.put_unsigned(Tag::Context(1), 0x1_0000),
        Err(Error::BufferTooSmall { offset: 1 })
    );
    writer.put_unsigned(Tag::Context(1), 42).unwrap();
    writer.end().unwrap();
    assert_eq!(writer.end(), Err(Error::UnexpectedEnd { offset: 5 }));
    assert_eq!(writer.finish().unwrap(), hex!("15 24 01 2A 18"));

    assert_eq!(
        Writer::new(&mut []).put_null(Tag::Anonymous),
        Err(Error::BufferTooSmall { offset: 0 })
    );
}

#[test]
fn skip_container_stops_after_its_end() {
    let bytes = hex!("15 36 01 16 04 01 18 04 02 18 24 02 07 18");
    let mut reader = Reader::new(&bytes);
    assert_eq!(reader.read().unwrap().unwrap().value, Value::Structure);
    assert_eq!(reader.read().unwrap().unwrap().value, Value::Array);
    reader.skip_container().unwrap();
    assert_eq!((reader.offset(), reader.depth()), (10, 1));
    assert_eq!(reader.read().unwrap().unwrap().value, Value::Unsigned(7));
    assert_eq!(reader.remaining(), [0x18]);
    reader.skip_container().unwrap();
    assert_eq!(reader.read(), Ok(None));
}
