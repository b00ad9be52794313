//! Payloads and findings as JSON.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use matter_setup_payload::{Finding, ManualPayload, OptionalData, SetupPayload};
use serde_json::{json, to_value};

#[test]
fn a_payload_has_all_members_and_its_passcode_when_exposed() {
    let payload: SetupPayload = "MT:Y.K9042C00KA0648G00".parse().unwrap();
    assert_eq!(
        to_value(payload.expose()).unwrap(),
        json!({
            "version": 0, "vid": 0xFFF1, "pid": 0x8000, "commissioning_flow": 0, "discovery_mode": 2, "discriminator": 3840,
            "passcode": 20_202_021,
        })
    );
    let data = OptionalData::new()
        .with_serial_number("SN-1")
        .unwrap()
        .with_pbkdf(1000, &[7; 16])
        .unwrap();
    let json = to_value(payload.with_data(data).expose()).unwrap();
    assert_eq!(json["serial"], "SN-1");
    assert_eq!(
        json["tlv"],
        json!([
            {"tag": 0, "type": "utf8", "value": "SN-1"},
            {"tag": 1, "type": "uint", "value": 1000},
            {"tag": 2, "type": "octets", "value": "07".repeat(16)},
        ])
    );
}

#[test]
fn a_manual_code_has_the_flow_or_the_ids() {
    let short: ManualPayload = "3497-011-2332".parse().unwrap();
    assert_eq!(
        to_value(short.expose()).unwrap(),
        json!({"version": 0, "commissioning_flow": 0, "short_discriminator": 15, "passcode": 20_202_021})
    );
    let payload: SetupPayload = "MT:Y.K9042C00KA0648G00".parse().unwrap();
    let custom = payload.with_flow(matter_setup_payload::CommissioningFlow::Custom);
    let json = to_value(ManualPayload::from(&custom).expose()).unwrap();
    assert_eq!((&json["vid"], &json["pid"]), (&json!(0xFFF1), &json!(0x8000)));
    assert_eq!(json.get("commissioning_flow"), None);
}

#[test]
fn debug_of_what_is_exposed_has_no_passcode() {
    let payload: SetupPayload = "MT:Y.K9042C00KA0648G00".parse().unwrap();
    assert!(!format!("{:?}", payload.expose()).contains("20202021"));
}

#[test]
fn findings_and_deviations_are_sentences() {
    let finding = Finding::ExamplePasscode;
    assert_eq!(
        to_value(finding).unwrap(),
        json!({"id": "example-passcode", "severity": "warning", "text": finding.to_string()})
    );
    let read = ManualPayload::parse_lenient("3497 011-2332").unwrap();
    let deviations = to_value(read.deviations()).unwrap();
    assert_eq!(deviations[0]["position"], 4);
    assert_eq!(deviations.as_array().unwrap().len(), 1);
}
