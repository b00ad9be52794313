//! TLV data, several payloads in one code, and lenient parsing.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use matter_setup_payload::{
    ConcatenatedPayloads, DataValue, DiscoveryCapabilities, ErrorKind, ManufacturerTag, OptionalData, SetupPayload,
    encode_concatenated, encode_ndef,
};
use matter_types::{Discriminator, Passcode, ProductId, VendorId};
use proptest::prelude::*;

/// Returns the kinds of the deviations of a valid code.
fn deviations(text: &str) -> Vec<ErrorKind> {
    let read = SetupPayload::parse_lenient(text).unwrap();
    assert!(read.deviations().iter().all(|error| error.position().is_some()));
    read.deviations().iter().map(|error| error.kind()).collect()
}

fn example() -> SetupPayload {
    SetupPayload::new(
        VendorId::new(0xFFF1).unwrap(),
        ProductId::new(0x8000).unwrap(),
        Discriminator::new(3840).unwrap(),
        Passcode::new(20_202_021).unwrap(),
    )
    .with_discovery(DiscoveryCapabilities::ON_NETWORK)
}

/// The example's code with other TLV data after the fixed part, with a naive base38.
fn code_with(data: &[u8]) -> String {
    const ALPHABET: &[u8] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-.";
    // vendor 0xFFF1, product 0x8000, on network, discriminator 3840, passcode 20202021
    let fields = 0xFFF1 << 3 | 0x8000 << 19 | 4 << 37 | 3840 << 45 | 20_202_021 << 57_u128;
    let bytes = [&u128::to_le_bytes(fields)[..11], data].concat();
    let mut text = "MT:".to_owned();
    for group in bytes.chunks(3) {
        let mut value = group.iter().rev().fold(0, |v, b| v << 8 | usize::from(*b));
        for _ in 0..[2, 4, 5][group.len() - 1] {
            text.push(char::from(ALPHABET[value % 38]));
            value /= 38;
        }
    }
    text
}

#[test]
fn data_of_other_implementations_are_made_and_read() {
    // rs-matter, rs-matter/src/pairing/qr.rs
    let payload = example()
        .with_ids(VendorId::new(0xFFF1).ok(), ProductId::new(0x8000).ok())
        .unwrap();
    let serial = OptionalData::new().with_serial_number("1234567890").unwrap();
    let tag = |tag| ManufacturerTag::new(tag).unwrap();
    let both = serial
        .clone()
        .with_manufacturer_value(tag(0x83), DataValue::Signed(65550))
        .unwrap()
        .with_manufacturer_value(tag(0x82), DataValue::Utf8("myData"))
        .unwrap();
    for (data, text) in [
        (&serial, "MT:-24J0AFN00KA064IJ3P0IXZB0DK5N1K8SQ1RYCU1-A40"),
        (
            &both,
            "MT:-24J0AFN00KA064IJ3P0IXZB0DK5N1K8SQ1RYCU1UXH34YY0V3KY.O3DKN440F710Q940",
        ),
    ] {
        let read: SetupPayload = text.parse().unwrap();
        assert_eq!((read.data(), read.qr_text().as_str()), (data, text));
        assert_eq!(read.data().serial_number(), Some(DataValue::Utf8("1234567890")));
        assert_eq!(read.qr_len(), text.len());
    }
    assert_eq!(both.manufacturer_values().count(), 2);
    let naive = code_with(&[0x15, 0x24, 0x03, 0x02, 0x18]);
    let made = payload.with_data(OptionalData::new().with_device_count(2).unwrap());
    assert_eq!(made.qr_text().as_str(), naive);
    assert_eq!(made.data().device_count(), Some(2));
}

#[test]
fn data_is_canonical_for_any_order_of_the_calls() {
    let data = OptionalData::new()
        .with_manufacturer_value(ManufacturerTag::MAX, DataValue::Signed(-300))
        .unwrap()
        .with_commissioning_timeout(900)
        .unwrap()
        .with_pbkdf(100_000, &[7; 16])
        .unwrap()
        .with_serial_number("old")
        .unwrap()
        .with_serial_number("N")
        .unwrap();
    let mut expected = vec![0x15, 0x2C, 0, 1, b'N', 0x26, 1, 0xA0, 0x86, 0x01, 0x00, 0x30, 2, 16];
    expected.extend([7; 16]);
    expected.extend([0x25, 4, 0x84, 0x03, 0x21, 0xFF, 0xD4, 0xFE, 0x18]);
    assert_eq!(data.as_bytes(), expected);
    assert_eq!(OptionalData::decode(&expected).unwrap(), data);
    assert_eq!(
        data.pbkdf().map(|p| (p.iterations, p.salt)),
        Some((100_000, &[7; 16][..]))
    );
    assert_eq!((data.commissioning_timeout(), data.device_count()), (Some(900), None));
}

#[test]
fn values_out_of_range_are_refused() {
    let new = OptionalData::new;
    let range = |tag| ErrorKind::DataRange { tag };
    for (made, kind) in [
        (new().with_serial_number(""), range(0)),
        (new().with_serial_number(&"x".repeat(33)), range(0)),
        (new().with_pbkdf(999, &[0; 16]), range(1)),
        (new().with_pbkdf(100_001, &[0; 16]), range(1)),
        (new().with_pbkdf(1000, &[0; 15]), range(2)),
        (new().with_pbkdf(1000, &[0; 33]), range(2)),
        (new().with_device_count(0), range(3)),
        (
            new().with_manufacturer_value(ManufacturerTag::MIN, DataValue::Octets(&[1])),
            ErrorKind::DataType { tag: 0x80 },
        ),
        (
            new().with_manufacturer_value(ManufacturerTag::MIN, DataValue::Utf8(&"x".repeat(138))),
            ErrorKind::DataTooLong,
        ),
    ] {
        assert_eq!(made.map(|_| ()), Err(kind.into()));
    }
    assert!(ManufacturerTag::new(0x7F).is_err() && "0x100".parse::<ManufacturerTag>().is_err());
    // The longest payload has 255 characters after MT:.
    let full = new().with_manufacturer_value(ManufacturerTag::MIN, DataValue::Utf8(&"x".repeat(137)));
    let longest = example().with_data(full.unwrap());
    assert_eq!(longest.qr_len(), 258);
    let text = longest.qr_text();
    let read: SetupPayload = text.as_str().parse().unwrap();
    assert_eq!(read.data(), longest.data());
    let error = format!("{}0", text.as_str()).parse::<SetupPayload>().unwrap_err();
    assert_eq!((error.kind(), error.position()), (ErrorKind::DataTooLong, Some(258)));
}

#[test]
fn codes_that_no_producer_may_emit_are_rejected_and_sometimes_tolerated() {
    use ErrorKind as E;
    // The data, the strict error, and whether a commissioner must tolerate it.
    let cases: [(&[u8], E, bool); 20] = [
        (&[0x15, 0x18], E::DataEmpty, true),
        (
            &[0x15, 0x24, 0x80, 1, 0x2C, 0x00, 1, b'S', 0x18],
            E::DataOrder { tag: 0 },
            true,
        ),
        (&[0x15, 0x25, 0x00, 1, 0, 0x18], E::DataNotCanonical, true),
        (&[0x15, 0x21, 0x80, 1, 0, 0x18], E::DataNotCanonical, true),
        (&[0x15, 0x2D, 0x00, 1, 0, b'S', 0x18], E::DataNotCanonical, true),
        (&[0x15, 0x2C, 0x05, 1, b'x', 0x18], E::DataReserved { tag: 5 }, true),
        (&[0x15, 0x24, 0x7F, 1, 0x18], E::DataReserved { tag: 0x7F }, true),
        (&[0x15, 0x29, 0x80, 0x18], E::DataType { tag: 0x80 }, true),
        (&[0x15, 0x29, 0x00, 0x18], E::DataType { tag: 0 }, true),
        (
            &[0x15, 0x35, 0x05, 0x24, 0x00, 1, 0x18, 0x18],
            E::DataReserved { tag: 5 },
            true,
        ),
        (&[0x15, 0x25, 0x01, 0xE8, 0x03, 0x18], E::PbkdfHalf, true),
        (&[0x15, 0x24, 0x03, 0, 0x18], E::DataRange { tag: 3 }, false),
        (
            &[0x15, 0x24, 0x80, 1, 0x24, 0x80, 2, 0x18],
            E::DataRepeated { tag: 0x80 },
            false,
        ),
        (
            &[0x15, 0x24, 0x81, 1, 0x24, 0x81, 2, 0x18],
            E::DataRepeated { tag: 0x81 },
            false,
        ),
        (&[0x15, 0x2C, 0x00, 1, b'S', 0x18, 0], E::DataTrailing, false),
        (
            &[0x15, 0x27, 0x00, 0, 0, 0, 0, 1, 0, 0, 0, 0x18],
            E::DataRange { tag: 0 },
            false,
        ),
        (
            &[0x35, 0x00, 0x18],
            E::Tlv(matter_tlv::Error::TagNotAllowed { offset: 0 }),
            false,
        ),
        (&[0x17, 0x18], E::DataShape, false),
        (
            &[0x15, 0x04, 1, 0x18],
            E::Tlv(matter_tlv::Error::TagNotAllowed { offset: 1 }),
            false,
        ),
        (
            &[0x15, 0x2C, 0x00, 1, b'S'],
            E::Tlv(matter_tlv::Error::UnclosedContainer { offset: 5 }),
            false,
        ),
    ];
    for (data, kind, tolerated) in cases {
        let text = code_with(data);
        let error = text.parse::<SetupPayload>().unwrap_err();
        assert_eq!(error.kind(), kind, "{data:02x?}");
        assert_eq!(OptionalData::decode(data).unwrap_err(), kind.into());
        if tolerated {
            assert_eq!(deviations(&text), [kind], "{data:02x?}");
            // The rest is allowed for a producer.
            let left = SetupPayload::parse_lenient(&text).unwrap().into_value();
            let again: SetupPayload = left.qr_text().as_str().parse().unwrap();
            assert_eq!(again.data(), left.data());
        } else {
            assert_eq!(
                SetupPayload::parse_lenient(&text).map(|_| ()),
                Err(error),
                "{data:02x?}"
            );
        }
    }
}

#[test]
fn reserved_discovery_bits_are_kept_by_lenient_reading() {
    // connectedhomeip, src/setup_payload/tests/TestHelpers.h: SoftAP only, which is reserved today.
    for (text, mask) in [("MT:M5L90MP500K64J00000", 1), ("MT:-24J0-Q000KA0648G00", 0)] {
        let kind = ErrorKind::DiscoveryCapabilities { mask };
        assert_eq!(text.parse::<SetupPayload>().unwrap_err().kind(), kind);
        assert_eq!(deviations(text), [kind]);
        let read = SetupPayload::parse_lenient(text).unwrap().into_value();
        assert_eq!(u32::from(read.discovery().get()), mask);
        assert_eq!(u32::from(read.discovery().reserved()), mask);
        assert_eq!(read.qr_text().as_str(), text);
    }
}

#[test]
fn many_deviations_are_counted_and_the_first_are_kept() {
    let mut data = vec![0x15];
    (0x10..0x30).for_each(|tag| data.extend([0x28, tag]));
    data.push(0x18);
    let text = code_with(&data);
    let read = SetupPayload::parse_lenient(&text).unwrap();
    assert_eq!((read.deviations().total(), read.deviations().iter().count()), (32, 16));
    let first = read.deviations().iter().next().unwrap();
    assert_eq!(first.kind(), ErrorKind::DataReserved { tag: 0x10 });
}

#[test]
fn payloads_are_joined_and_taken_apart() {
    let serial = OptionalData::new().with_serial_number("SN").unwrap();
    let payloads = [example(), example().with_data(serial), example()];
    let mut buffer = [0; 100];
    let text = encode_concatenated(&payloads, &mut buffer).unwrap().to_owned();
    assert_eq!(text.matches("MT:").count(), 1);
    let bodies = payloads.iter().map(|p| p.qr_text().as_str()[3..].to_owned());
    assert_eq!(text, format!("MT:{}", bodies.collect::<Vec<_>>().join("*")));
    let read = ConcatenatedPayloads::parse(&text).unwrap();
    assert_eq!((read.len(), read.iter().count()), (3, 3));
    assert!(
        read.iter()
            .zip(&payloads)
            .all(|(read, made)| read.data() == made.data())
    );
    assert!(!format!("{read:?}").contains("20202021"));
    let too_small = ErrorKind::BufferTooSmall { len: 40 };
    assert_eq!(encode_concatenated(&payloads, &mut [0; 40]), Err(too_small.into()));
    assert_eq!(encode_concatenated([], &mut buffer), Err(ErrorKind::NoPayloads.into()));
    let mut large = vec![0; 5000];
    let many = vec![example(); 214];
    assert_eq!(encode_concatenated(&many, &mut large).map(str::len), Ok(4282));
    let many = vec![example(); 215];
    assert_eq!(encode_concatenated(&many, &mut large), Err(ErrorKind::TooLong.into()));
    let too_long = format!("MT:{}", vec!["-24J0AFN00KA0648G00"; 215].join("*"));
    assert_eq!(
        ConcatenatedPayloads::parse(&too_long).unwrap_err().kind(),
        ErrorKind::TooLong
    );
}

#[test]
fn joined_payloads_fill_the_largest_code_exactly() {
    let with_serial = |serial: &str| example().with_data(OptionalData::new().with_serial_number(serial).unwrap());
    let mut payloads = vec![example(); 211];
    // Bodies of 30 and 42 characters.
    payloads.extend([with_serial("SN"), with_serial("123456789")]);
    let mut buffer = [0; 4296];
    let text = encode_concatenated(&payloads, &mut buffer).unwrap();
    assert_eq!(text.len(), 4296);
    assert_eq!(ConcatenatedPayloads::parse(text).unwrap().len(), 213);
}

#[test]
fn one_bad_payload_refuses_all_at_its_place() {
    const GOOD: &str = "-24J0AFN00KA0648G00";
    let at = |text: &str| {
        let error = ConcatenatedPayloads::parse(text).unwrap_err();
        (error.kind(), error.position().unwrap())
    };
    assert_eq!(at(&format!("MT:{GOOD}*")), (ErrorKind::Length { len: 0 }, 23));
    assert_eq!(at(&format!("MT:*{GOOD}")), (ErrorKind::Length { len: 0 }, 3));
    assert_eq!(at(&format!("MT:{GOOD}*MT:{GOOD}")), (ErrorKind::Character, 25));
    assert_eq!(
        at(&format!("MT:{GOOD}*534J0AFN00KA0648G00")),
        (ErrorKind::Version { version: 7 }, 23)
    );
    assert_eq!(at(&format!("Z%MT:{GOOD}%")), (ErrorKind::Prefix, 0));
    let lenient = format!("MT:{GOOD}*-24J0-Q000KA0648G00");
    assert_eq!(at(&lenient), (ErrorKind::DiscoveryCapabilities { mask: 0 }, 28));
    let read = ConcatenatedPayloads::parse_lenient(&lenient).unwrap();
    assert_eq!((read.deviations().total(), read.value().iter().count()), (1, 2));
}

#[test]
fn ndef_message_is_one_short_uri_record() {
    let mut buffer = [0; 300];
    let text = example().qr_text();
    let message = encode_ndef(text.as_str(), &mut buffer).unwrap();
    assert_eq!(&message[..5], [0xD1, 0x01, 23, 0x55, 0x00]);
    assert_eq!(&message[5..], text.as_str().as_bytes());
    let longest = format!("MT:{}", "0".repeat(251));
    let message = encode_ndef(&longest, &mut buffer).unwrap();
    assert_eq!((message.len(), message[2]), (259, 255));
    let too_long = format!("{longest}0");
    assert_eq!(
        encode_ndef(&too_long, &mut buffer),
        Err(ErrorKind::NdefTooLong { len: 255 }.into())
    );
    assert!(encode_ndef("mt:0", &mut buffer).is_err());
    assert_eq!(
        encode_ndef("MT:0", &mut [0; 8]),
        Err(ErrorKind::BufferTooSmall { len: 8 }.into())
    );
}

fn any_data() -> impl Strategy<Value = OptionalData> {
    let member = (0x80u8.., any::<i64>(), any::<u64>(), "\\PC{0,12}", 0usize..3);
    let members = prop::collection::vec(member, 0..4);
    let known = (prop::option::of("\\PC{1,8}"), any::<bool>(), 0u8..3, any::<bool>());
    (members, known).prop_map(|(members, (serial, pbkdf, devices, timeout))| {
        let mut data = OptionalData::new();
        for (tag, signed, unsigned, text, kind) in &members {
            let value = [
                DataValue::Signed(*signed),
                DataValue::Unsigned(*unsigned),
                DataValue::Utf8(text),
            ][*kind];
            let tag = ManufacturerTag::new(*tag).unwrap();
            // Members that exceed one payload are skipped.
            data = data.clone().with_manufacturer_value(tag, value).unwrap_or(data);
        }
        if let Some(serial) = serial {
            data = data.clone().with_serial_number(&serial).unwrap_or(data);
        }
        if pbkdf {
            data = data.clone().with_pbkdf(1000, &[1; 16]).unwrap_or(data);
        }
        if devices > 0 {
            data = data.clone().with_device_count(devices).unwrap_or(data);
        }
        if timeout {
            data = data.clone().with_commissioning_timeout(900).unwrap_or(data);
        }
        data
    })
}

proptest! {
    #[test]
    fn data_read_back(data in any_data()) {
        let payload = example().with_data(data.clone());
        let text = payload.qr_text();
        let read: SetupPayload = text.as_str().parse().unwrap();
        prop_assert_eq!(read.data(), &data);
        prop_assert!(SetupPayload::parse_lenient(text.as_str()).unwrap().deviations().is_empty());
        if !data.is_empty() {
            prop_assert_eq!(OptionalData::decode(data.as_bytes()).unwrap(), data);
        }
    }

    #[test]
    fn strict_data_are_their_own_encoding(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
        let bytes = [&[0x15], &bytes[..], &[0x18]].concat();
        if let Ok(data) = OptionalData::decode(&bytes) {
            prop_assert_eq!(data.as_bytes(), bytes);
        }
    }

    #[test]
    fn what_lenient_reading_leaves_is_read_strictly(tag in any::<u8>(), control in 0u8..0x18, tail in any::<[u8; 6]>()) {
        let data = [&[0x15, 0x20 | control, tag], &tail[..], &[0x18]].concat();
        if let Ok(read) = SetupPayload::parse_lenient(&code_with(&data)) {
            let text = read.value().qr_text();
            let again: SetupPayload = text.as_str().parse().unwrap();
            prop_assert_eq!(again.data(), read.value().data());
        }
    }
}
