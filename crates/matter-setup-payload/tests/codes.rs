//! Codes of other implementations, round trips and rejected codes.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use matter_setup_payload::{CommissioningFlow, DiscoveryCapabilities, ErrorKind, ManualPayload, SetupPayload};
use matter_types::{Discriminator, Error as ValueError, Passcode, ProductId, VendorId};
use proptest::prelude::*;

fn payload(vendor: u16, product: u16, flow: u32, discovery: u8, discriminator: u16, passcode: u32) -> SetupPayload {
    let discriminator = Discriminator::new(discriminator).unwrap();
    let passcode = Passcode::new(passcode).unwrap();
    let payload = if vendor == 0 {
        SetupPayload::without_ids(discriminator, passcode)
    } else {
        SetupPayload::new(
            VendorId::new(vendor).unwrap(),
            ProductId::new(product).unwrap(),
            discriminator,
            passcode,
        )
    };
    payload
        .with_flow(CommissioningFlow::new(flow).unwrap())
        .with_discovery(DiscoveryCapabilities::new(discovery).unwrap())
}

#[test]
fn codes_of_other_implementations_are_made_and_read() {
    // The first is the default of every SDK example, the others are from esp-matter-mfg-tool
    // 1.0.29, the two long ones from connectedhomeip's TestHelpers and rs-matter's tests.
    for (fields, qr, manual) in [
        (
            (0xFFF1, 0x8000, 0, 2, 3840, 20_202_021),
            "MT:Y.K9042C00KA0648G00",
            "3497-011-2332",
        ),
        (
            (0xFFF2, 0x8001, 0, 2, 3840, 20_202_021),
            "MT:634J042C00KA0648G00",
            "3497-011-2332",
        ),
        (
            (0x131B, 0x1000, 0, 2, 601, 19_861_989),
            "MT:Q3R00SSJ01ZCS41-F00",
            "0373-491-2128",
        ),
        (
            (0xFFF2, 0x8001, 0, 2, 1198, 94_286_410),
            "MT:634J0E.N165W463R.10",
            "1128-745-7542",
        ),
    ] {
        let (vendor, product, flow, discovery, discriminator, passcode) = fields;
        let payload = payload(vendor, product, flow, discovery, discriminator, passcode);
        assert_eq!(payload.qr_text().as_str(), qr);
        assert_eq!(payload.manual_code().grouped().as_str(), manual);
        let read: SetupPayload = qr.parse().unwrap();
        assert_eq!(read.vendor_id().map(VendorId::get), Some(vendor));
        assert_eq!(read.passcode().expose(), passcode);
        let typed: ManualPayload = manual.parse().unwrap();
        assert_eq!(typed.passcode().expose(), passcode);
        assert_eq!(u16::from(typed.short_discriminator().get()), discriminator >> 8);
        assert_eq!(typed.ids(), None);
    }
}

#[test]
fn long_code_carries_the_ids_and_is_printed_in_one_line() {
    // connectedhomeip, TestHelpers.h: 45367 is above 0x8000 and 14526 below.
    let payload = payload(1, 1, 2, 2, 0x0A00, 20_202_021);
    let code = payload.manual_code();
    assert_eq!(code.as_str().len(), 21);
    assert_eq!(code.grouped().as_str().len(), 27);
    assert_eq!(code.grouped().as_str().replace('-', ""), code.as_str());
    let read: ManualPayload = code.grouped().as_str().parse().unwrap();
    assert_eq!(read.ids().unwrap().vendor_id.map(VendorId::get), Some(1));
    assert_eq!(read.ids().unwrap().product_id.map(ProductId::get), Some(1));
    assert_eq!(read.short_discriminator().get(), 0xA);
}

#[test]
fn broken_qr_texts_are_refused_for_the_right_reason_and_place() {
    use ErrorKind as E;
    let value = ErrorKind::Value;
    for (text, kind, position) in [
        ("", E::Prefix, 0),
        ("mt:-24J0AFN00KA0648G00", E::Prefix, 0),
        ("-24J0AFN00KA0648G00", E::Prefix, 0),
        ("MT:-24J0AFN00KA0648G00 ", E::Character, 22),
        ("MT:-24J0AFN00Ka0648G00", E::Character, 14),
        ("MT:-24J0AFN00KA0648Gü0", E::Character, 20),
        ("MT:-24J0AFN00KA0648G00*-24J0AFN00KA0648G00", E::SeveralPayloads, 22),
        ("MT:-24J0AFN00KA064....", E::Base38Overflow, 18),
        ("MT:-24J0AFN00KA0640A30", E::Padding, 18),
        ("MT:534J0AFN00KA0648G00", E::Version { version: 7 }, 3),
        ("MT:-24J0-OR00KA0648G00", E::CommissioningFlow { value: 3 }, 8),
        ("MT:-24J0-Q000KA0648G00", E::DiscoveryCapabilities { mask: 0 }, 8),
        ("MT:-24J0AFN00OC0000000", value(ValueError::PasscodeTrivial), 13),
        ("MT:-24J0AFN00Y58S4HO10", value(ValueError::PasscodeTrivial), 13),
        ("MT:-24J0AFN0061R36B420", value(ValueError::PasscodeOutOfRange), 13),
        ("MT:", E::Length { len: 0 }, 3),
        ("MT:-24J0AFN00", E::Length { len: 10 }, 13),
        ("MT:-24J0AFN0", E::Length { len: 9 }, 12),
        ("MT:-24J0AFN00KA064IJ3P061000O0", E::DataRange { tag: 0 }, 23),
        ("MT:-24J0AFN00KA064IJ3P0IB810WC40", E::DataReserved { tag: 5 }, 23),
        ("MT:-24J0AFN00KA064SAIR0UF7109C40", E::DataShape, 18),
        ("MT:-24J0AFN00KA064IJ3P0UF7109C400", E::DataTrailing, 28),
    ] {
        let error = text.parse::<SetupPayload>().unwrap_err();
        assert_eq!((error.kind(), error.position()), (kind, Some(position)), "{text}");
        let sentence = error.to_string();
        assert!(sentence.ends_with(&format!("(at character {position})")), "{sentence}");
        assert!(text.len() < 4 || !sentence.contains(&text[3..]), "{sentence}");
    }
}

#[test]
fn broken_manual_codes_are_refused_for_the_right_reason_and_place() {
    use ErrorKind as E;
    let value = ErrorKind::Value;
    for (text, kind, position) in [
        ("", E::Length { len: 0 }, 0),
        ("34970", E::Length { len: 5 }, 5),
        ("34970-11", E::Length { len: 7 }, 8),
        ("+3497011233", E::Character, 0),
        ("3497 011 2332", E::Character, 4),
        ("34970112330", E::CheckDigit, 10),
        ("3497-011-2330", E::CheckDigit, 12),
        ("39470112332", E::CheckDigit, 10),
        ("39999912332", E::ManualGroup, 1),
        ("34970181922", E::ManualGroup, 6),
        ("3497-018-1922", E::ManualGroup, 7),
        ("749701123300001000001", E::ProductIdMissing, 10),
        ("234567891234567856105", E::ManualFirstDigit { len: 21 }, 0),
        ("34915200008", value(ValueError::PasscodeTrivial), 1),
        ("35208147474", value(ValueError::PasscodeTrivial), 1),
        ("35760061030", value(ValueError::PasscodeOutOfRange), 1),
    ] {
        let error = text.parse::<ManualPayload>().unwrap_err();
        assert_eq!((error.kind(), error.position()), (kind, Some(position)), "{text}");
        assert!(text.is_empty() || !error.to_string().contains(text), "{error}");
    }
}

#[test]
fn buffer_of_22_bytes_is_enough_and_21_are_refused() {
    let payload = payload(0xFFF1, 0x8000, 0, 2, 3840, 20_202_021);
    let mut buffer = [0; 22];
    assert_eq!(payload.encode_qr(&mut buffer), Ok("MT:Y.K9042C00KA0648G00"));
    let error = payload.encode_qr(&mut buffer[..21]).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::BufferTooSmall { len: 21 });
}

#[test]
fn manual_code_with_other_separators_is_read_leniently_only() {
    let read = ManualPayload::parse_lenient("3497 011\n2332").unwrap();
    assert_eq!(read.value().passcode().expose(), 20_202_021);
    let places = read.deviations().iter().map(|e| (e.kind(), e.position()));
    assert_eq!(
        places.collect::<Vec<_>>(),
        [(ErrorKind::Character, Some(4)), (ErrorKind::Character, Some(8))]
    );
    assert!(
        ManualPayload::parse_lenient("3497-011-2332")
            .unwrap()
            .deviations()
            .is_empty()
    );
    // The digits without separators must still be a valid code.
    assert!(ManualPayload::parse_lenient("3497 011 2330").is_err());
}

#[test]
fn codes_and_payloads_do_not_show_in_debug() {
    let payload = payload(0xFFF1, 0x8000, 0, 2, 3840, 20_202_021);
    let shown = format!(
        "{payload:?} {:?} {:?} {:?}",
        payload.qr_text(),
        payload.manual_code(),
        payload.manual_code().grouped()
    );
    assert!(
        !shown.contains("20202021") && !shown.contains("Y.K9") && !shown.contains("3497"),
        "{shown}"
    );
}

#[test]
fn fields_out_of_range_are_refused() {
    assert_eq!(
        "3".parse::<CommissioningFlow>(),
        Err(ErrorKind::CommissioningFlow { value: 3 }.into())
    );
    assert_eq!(
        "abc".parse::<CommissioningFlow>(),
        Err(ErrorKind::Value(ValueError::NotANumber).into())
    );
    assert_eq!("0x2".parse::<CommissioningFlow>(), Ok(CommissioningFlow::Custom));
    assert!("-1".parse::<CommissioningFlow>().is_err() && "+1".parse::<CommissioningFlow>().is_err());
    let accepted = (0..=u8::MAX)
        .filter(|&mask| DiscoveryCapabilities::new(mask).is_ok())
        .collect::<Vec<_>>();
    // Every non-empty set of the five bits.
    assert_eq!(accepted, (1..32).map(|set| set << 1).collect::<Vec<_>>());
    for text in ["0", "1", "64", "255", "256", "-2", "x"] {
        assert!(text.parse::<DiscoveryCapabilities>().is_err(), "{text}");
    }
}

fn any_payload() -> impl Strategy<Value = SetupPayload> {
    let passcode = (1u32..=99_999_998).prop_filter("trivial", |p| Passcode::new(*p).is_ok());
    (0u16..=0xFFF4, 1u16.., 0u32..=2, 1u8..32, 0u16..4096, passcode).prop_map(
        |(vendor, product, flow, set, discriminator, passcode)| {
            payload(vendor, product, flow, set << 1, discriminator, passcode)
        },
    )
}

#[test]
fn largest_second_group_of_a_manual_code_is_read() {
    let passcode = Passcode::new(0x7FFF).unwrap();
    let code = SetupPayload::without_ids(Discriminator::MAX, passcode).manual_code();
    assert_eq!(&code.as_str()[1..6], "65535");
    let read: ManualPayload = code.as_str().parse().unwrap();
    assert_eq!(
        (read.passcode().expose(), read.short_discriminator().get()),
        (0x7FFF, 15)
    );
    // The largest third group is in range, but no passcode has it.
    let errors = (0..10).map(|digit| {
        format!("3499688191{digit}")
            .parse::<ManualPayload>()
            .unwrap_err()
            .kind()
    });
    let others = errors.filter(|kind| *kind != ErrorKind::CheckDigit).collect::<Vec<_>>();
    assert_eq!(others, [ErrorKind::Value(ValueError::PasscodeOutOfRange)]);
}

proptest! {
    #[test]
    fn what_is_made_reads_back(payload in any_payload()) {
        let read: SetupPayload = payload.qr_text().as_str().parse().unwrap();
        prop_assert_eq!(read.vendor_id(), payload.vendor_id());
        prop_assert_eq!(read.product_id(), payload.product_id());
        prop_assert_eq!(read.flow(), payload.flow());
        prop_assert_eq!(read.discovery(), payload.discovery());
        prop_assert_eq!(read.discriminator(), payload.discriminator());
        prop_assert_eq!(read.passcode().expose(), payload.passcode().expose());

        let typed: ManualPayload = payload.manual_code().as_str().parse().unwrap();
        prop_assert_eq!(typed.passcode().expose(), payload.passcode().expose());
        prop_assert_eq!(typed.short_discriminator(), payload.discriminator().short());
        if let Some(ids) = typed.ids() {
            prop_assert_eq!((ids.vendor_id, ids.product_id), (payload.vendor_id(), payload.product_id()));
        }
        prop_assert_eq!(typed.ids().is_some(), payload.flow() != CommissioningFlow::Standard);
    }

    #[test]
    fn what_reads_is_made_the_same(text in "MT:[0-9A-Z.-]{19}|MT:-24J0AFN00KA064IJ3P0[0-9A-Z.-]{0,14}") {
        if let Ok(read) = text.parse::<SetupPayload>() {
            let again = read.qr_text();
            prop_assert_eq!(again.as_str(), text);
        }
    }

    #[test]
    fn reading_anything_never_panics(text in ".*", digits in "[0-9-]{0,30}") {
        let _ = text.parse::<SetupPayload>();
        let _ = text.parse::<ManualPayload>();
        let _ = digits.parse::<ManualPayload>();
    }

    #[test]
    fn a_wrong_digit_is_noticed(payload in any_payload(), place in 0usize..21, by in 1u8..10) {
        let mut code = payload.manual_code().as_str().as_bytes().to_vec();
        if let Some(digit) = code.get_mut(place) {
            *digit = b'0' + (*digit - b'0' + by) % 10;
            let code = String::from_utf8(code).unwrap();
            prop_assert!(code.parse::<ManualPayload>().is_err());
        }
    }
}
