//! Findings and records in JSON.

#![cfg(feature = "serde")]
#![allow(clippy::unwrap_used, unreachable_pub, dead_code, reason = "tests")]

#[path = "support/records.rs"]
mod records;

use matter_factory_data::matter_attestation::SdkResult;
use matter_factory_data::{Check, Finding};
use records::{full, plain};
use serde_json::{Value, json};

#[test]
fn a_finding_has_the_members_that_the_audit_prints() {
    let finding = Finding::new(Check::KeyMissing, "salt", "It is missing.");
    let expected = json!({
        "id": "key-missing",
        "severity": "error",
        "object": "salt",
        "text": "It is missing.",
        "remedy": Check::KeyMissing.remedy().unwrap(),
    });
    assert_eq!(serde_json::to_value(&finding).unwrap(), expected);

    let mut refused = finding;
    refused.sdk_code = Some(SdkResult::PaiFormatInvalid);
    assert_eq!(serde_json::to_value(&refused).unwrap()["sdk_code"], 203);
}

#[test]
fn a_record_has_no_secret() {
    let record = full();
    let text = serde_json::to_string(&record).unwrap();
    let shown: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&shown["vid"], &shown["pid"]), (&json!(0xFFF1), &json!(0x8000)));
    assert_eq!(shown["discriminator"], 3840);
    assert_eq!(shown["iterations"], 1000);
    assert_eq!(shown["product"]["vendor-name"], "ESP");
    assert_eq!(shown["product"]["hw-ver"], 1);
    assert_eq!(shown["locales"], json!(["en-US", "de"]));
    assert_eq!(shown["fixed_labels"][1]["endpoint"], 11);
    assert_eq!(
        shown["supported_modes"][0]["semantic_tags"][1],
        json!({"mfg_code": 0, "value": 8})
    );
    assert_eq!(shown["entries"], json!(["app/secret", "chip-factory/own", "app/name"]));
    assert!(shown["dac_serial"].is_string());
    let verifier = record.verifier().unwrap().to_base64();
    for secret in [
        "20202021",
        "c0398f4980b07c9460f71c5421e1a3c5",
        verifier.as_str(),
        "-5",
        "MT:",
    ] {
        assert!(!text.contains(secret), "{secret}");
    }
    assert_eq!(serde_json::to_value(plain()).unwrap()["dac_serial"], Value::Null);
}
