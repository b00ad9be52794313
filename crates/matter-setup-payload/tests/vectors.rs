//! Published and generated codes, if the vectors folder exists.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "tests")]

use std::path::{Path, PathBuf};

use matter_setup_payload::{
    CommissioningFlow, ConcatenatedPayloads, DataValue, DiscoveryCapabilities, ManualPayload, ManufacturerTag,
    OptionalData, SetupPayload, encode_concatenated,
};
use matter_types::{Discriminator, Passcode, ProductId, VendorId};
use serde_json::Value as Json;

fn folder() -> Option<PathBuf> {
    let folder = std::env::var_os("MATTER_VECTORS").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/vectors"),
        PathBuf::from,
    );
    folder.is_dir().then_some(folder)
}

/// The cases of a file; without the folder none, with a line on standard output.
fn cases(file: &str) -> Vec<Json> {
    let Some(folder) = folder() else {
        println!("{file}: folder not found, 0 cases ran");
        return Vec::new();
    };
    let json: Json = serde_json::from_slice(&std::fs::read(folder.join("payload").join(file)).unwrap()).unwrap();
    let cases = json["vectors"].as_array().unwrap().clone();
    println!("{file}: {} cases ran", cases.len());
    assert!(!cases.is_empty());
    cases
}

fn number<T: TryFrom<u64>>(case: &Json, name: &str) -> T
where
    T::Error: std::fmt::Debug,
{
    case[name].as_u64().unwrap().try_into().unwrap()
}

fn unhex(text: &str) -> Vec<u8> {
    let digits = text.as_bytes().chunks(2);
    digits
        .map(|pair| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap())
        .collect()
}

/// TLV data from the members in a generated case.
fn data(members: &Json) -> OptionalData {
    let mut data = OptionalData::new();
    let tag = |value: &Json| ManufacturerTag::new(value[0].as_u64().unwrap().try_into().unwrap()).unwrap();
    for (name, value) in members.as_object().into_iter().flatten() {
        data = match name.as_str() {
            "serial" => data.with_serial_number(value.as_str().unwrap()),
            "serial_uint" => data.with_numeric_serial_number(value.as_u64().unwrap().try_into().unwrap()),
            "vendor_str" => data.with_manufacturer_value(tag(value), DataValue::Utf8(value[1].as_str().unwrap())),
            "vendor_int" => data.with_manufacturer_value(tag(value), DataValue::Signed(value[1].as_i64().unwrap())),
            // "Enhanced commissioning": number of devices and timeout.
            "ecm" => data
                .with_device_count(value[0].as_u64().unwrap().try_into().unwrap())
                .and_then(|data| data.with_commissioning_timeout(value[1].as_u64().unwrap().try_into().unwrap())),
            "pbkdf" => data.with_pbkdf(
                value[0].as_u64().unwrap().try_into().unwrap(),
                &unhex(value[1].as_str().unwrap()),
            ),
            other => panic!("unknown member {other}"),
        }
        .unwrap();
    }
    data
}

/// The payload from the fields of a case.
fn payload(case: &Json) -> SetupPayload {
    let discriminator = Discriminator::new(number(case, "discriminator")).unwrap();
    let passcode = Passcode::new(number(case, "passcode")).unwrap();
    SetupPayload::without_ids(discriminator, passcode)
        .with_ids(
            VendorId::new(number(case, "vid")).ok(),
            ProductId::new(number(case, "pid")).ok(),
        )
        .unwrap()
        .with_flow(CommissioningFlow::new(number(case, "flow")).unwrap())
        .with_discovery(DiscoveryCapabilities::tolerate(number(case, "caps")))
        .with_data(data(&case["tlv"]))
}

/// Checks strict parsing of a code in which only the discovery bits may be invalid.
fn check_read(case: &Json, made: &SetupPayload) {
    let qr = case["qr"].as_str().unwrap();
    let regular = DiscoveryCapabilities::new(number(case, "caps")).is_ok();
    assert_eq!(qr.parse::<SetupPayload>().is_ok(), regular, "{qr}");
    let read = SetupPayload::parse_lenient(qr).unwrap();
    assert_eq!(read.deviations().is_empty(), regular, "{qr}");
    let read = read.into_value();
    assert_eq!(
        (read.vendor_id(), read.product_id()),
        (made.vendor_id(), made.product_id())
    );
    assert_eq!((read.flow(), read.discovery()), (made.flow(), made.discovery()));
    assert_eq!(read.discriminator(), made.discriminator());
    assert_eq!(read.passcode().expose(), made.passcode().expose());
    assert_eq!(read.qr_text().as_str(), qr);
    if let Some(manual) = case["manual"].as_str() {
        assert_eq!(made.manual_code().as_str(), manual, "{qr}");
        let typed: ManualPayload = manual.parse().unwrap();
        assert_eq!(typed.passcode().expose(), made.passcode().expose());
        assert_eq!(typed.short_discriminator(), made.discriminator().short());
    }
}

#[test]
fn generated_codes_are_made_and_read() {
    for case in cases("payload_500.json") {
        let made = payload(&case);
        assert_eq!(made.qr_text().as_str(), case["qr"].as_str().unwrap());
        assert_eq!(made.data().as_bytes(), unhex(case["tlv_hex"].as_str().unwrap()));
        check_read(&case, &made);
    }
}

#[test]
fn published_codes_are_made_and_read() {
    let (mut regular, mut tolerated, mut refused) = (0, 0, 0);
    for case in cases("payload_qr_and_manual.json") {
        let qr = case["qr"].as_str().unwrap();
        if case["valid"] == false {
            assert!(SetupPayload::parse_lenient(qr).is_err() && qr.parse::<SetupPayload>().is_err());
            refused += 1;
            continue;
        }
        let tlv = unhex(case["tlv_hex"].as_str().unwrap());
        let data = if tlv.is_empty() {
            OptionalData::new()
        } else {
            OptionalData::decode(&tlv).unwrap()
        };
        if let Some(serial) = case["serial"].as_str() {
            assert_eq!(data.serial_number(), Some(DataValue::Utf8(serial)));
        }
        let made = payload(&case).with_data(data);
        assert_eq!(made.qr_text().as_str(), qr);
        check_read(&case, &made);
        if qr.parse::<SetupPayload>().is_ok() {
            regular += 1
        } else {
            tolerated += 1
        }
    }
    println!("payload_qr_and_manual.json: {regular} strict, {tolerated} lenient only, {refused} rejected");
}

#[test]
fn concatenated_codes_are_encoded_and_parsed() {
    let generated = cases("payload_500.json");
    let mut known = 0;
    for case in cases("concatenated_24.json") {
        let qr = case["qr"].as_str().unwrap();
        let read = ConcatenatedPayloads::parse(qr).unwrap();
        assert_eq!(read.len(), number::<usize>(&case, "count"));
        let parts = read.iter().collect::<Vec<_>>();
        let mut buffer = vec![0; qr.len()];
        assert_eq!(encode_concatenated(&parts, &mut buffer).unwrap(), qr);
        // Not every part is among the generated codes.
        for (part, id) in parts.iter().zip(case["ids"].as_array().unwrap()) {
            if let Some(generated) = generated.iter().find(|part| part["id"] == *id) {
                assert_eq!(part.qr_text().as_str(), generated["qr"].as_str().unwrap());
                known += 1;
            }
        }
    }
    println!("concatenated_24.json: {known} parts are generated codes");
    for case in cases("payload_concatenated.json") {
        let qr = case["qr"].as_str().unwrap();
        // SoftAP, which is reserved today, is in all of them.
        assert!(ConcatenatedPayloads::parse(qr).is_err());
        let read = ConcatenatedPayloads::parse_lenient(qr);
        assert_eq!(read.is_ok(), case["ok"] == true, "{qr}");
        let fields = case["fields"].as_array();
        if let (Ok(read), Some(fields)) = (read, fields) {
            assert_eq!(read.value().len(), fields.len());
            for (read, fields) in read.value().iter().zip(fields) {
                assert_eq!(read.qr_text().as_str(), payload(fields).qr_text().as_str());
            }
        }
    }
}

#[test]
fn manual_codes_are_read() {
    for case in cases("manual_codes.json") {
        let code = case["code"].as_str().unwrap();
        // Older test data has passcodes above today's limit.
        let expected = case["ok"] == true && case["passcode"].as_u64().is_some_and(|p| p <= 99_999_998);
        let read = code.parse::<ManualPayload>();
        assert_eq!(read.is_ok(), expected, "{code}");
        assert_eq!(ManualPayload::parse_lenient(code).is_ok(), expected, "{code}");
        let Ok(read) = read else { continue };
        assert_eq!(read.passcode().expose(), number::<u32>(&case, "passcode"));
        assert_eq!(
            read.short_discriminator().get(),
            number::<u8>(&case, "short_discriminator")
        );
        if let Some(ids) = read.ids() {
            assert_eq!(ids.vendor_id, VendorId::new(number(&case, "vid")).ok());
            assert_eq!(ids.product_id, ProductId::new(number(&case, "pid")).ok());
        }
    }
}

#[test]
fn sdk_s_own_extension_is_refused() {
    for case in cases("extract_payload_chip_legacy.json") {
        let text = case["in"].as_str().unwrap();
        assert!(ConcatenatedPayloads::parse_lenient(text).is_err(), "{text}");
    }
}

#[test]
fn edge_strings_get_their_verdicts() {
    let (mut strict, mut lenient) = (0, 0);
    let all = cases("malformed.json");
    for case in &all {
        let (input, why) = (case["input"].as_str().unwrap(), case["why"].as_str().unwrap());
        let [accepted, tolerated] = match case["kind"].as_str().unwrap() {
            "qr" => [
                ConcatenatedPayloads::parse(input).is_ok(),
                ConcatenatedPayloads::parse_lenient(input).is_ok(),
            ],
            _ => [
                input.parse::<ManualPayload>().is_ok(),
                ManualPayload::parse_lenient(input).is_ok(),
            ],
        };
        let expected = match case["expect"].as_str().unwrap() {
            "reject" => [false, false],
            "accept-consume" => [false, true],
            _ => [true, true],
        };
        assert_eq!([accepted, tolerated], expected, "{why}: {input}");
        strict += usize::from(accepted);
        lenient += usize::from(tolerated);
    }
    println!(
        "malformed.json: of {}, {strict} accepted strictly, {lenient} leniently",
        all.len()
    );
    assert!(all.is_empty() || all.len() >= 90);
}
