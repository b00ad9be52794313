//! The JSON forms of the Matter SDK's revocation sets and of the DCL's points.
#![cfg(feature = "serde")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::as_conversions)]

#[path = "support/chain.rs"]
mod chain;

use matter_attestation::{RevocationEntry, RevocationPoint, RevocationSet, RevocationStatus, SerialNumber};
use serde_json::{Value, json};

use self::chain::{paa, pai, pai_subject, serial};

/// A naive base64.
fn base64(bytes: &[u8]) -> String {
    let alphabet: Vec<char> = ('A'..='Z')
        .chain('a'..='z')
        .chain('0'..='9')
        .chain(['+', '/'])
        .collect();
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let group = chunk.iter().fold(0, |group, &byte| group << 8 | usize::from(byte)) << (8 * (3 - chunk.len()));
        for at in 0..4 {
            text.push(if at <= chunk.len() {
                alphabet[group >> (18 - 6 * at) & 63]
            } else {
                '='
            });
        }
    }
    text
}

fn set() -> Value {
    let (paa, pai) = (paa(), pai(&pai_subject()));
    json!([{
        "type": "revocation_set",
        "issuer_subject_key_id": pai.subject_key_id().unwrap().to_string(),
        "issuer_name": base64(pai.subject_der()),
        "revoked_serial_numbers": ["0A", "80", "7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"],
        "crl_signer_cert": base64(paa.as_der()),
        "crl_signer_delegator": base64(pai.as_der()),
    }])
}

#[test]
fn a_set_is_read_and_written_the_same() {
    let (paa, pai) = (paa(), pai(&pai_subject()));
    let read: RevocationSet = serde_json::from_value(set()).unwrap();
    let numbers = [&[10][..], &[0x80], &[&[0x7F][..], &[0xFF; 19]].concat()].map(|n| SerialNumber::new(n).unwrap());
    let id = pai.subject_key_id().unwrap();
    let entry = RevocationEntry::new(pai.subject_der(), id, numbers, paa, Some(pai.clone()));
    assert_eq!(read.entries(), [entry]);
    assert_eq!(
        read.status(pai.subject_der(), id, serial(10)),
        RevocationStatus::Revoked
    );
    let text = serde_json::to_string(&read).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), set());
    // In the order of the SDK's script.
    let at: Vec<_> = [
        "type",
        "issuer_subject_key_id",
        "issuer_name",
        "revoked_serial",
        "crl_signer_cert",
        "crl_signer_delegator",
    ]
    .map(|name| text.find(&format!("\"{name}")).unwrap())
    .into();
    assert!(at.is_sorted(), "{text}");

    // As the script writes without a delegator, and with an unknown member.
    let mut script = set();
    script[0]["crl_signer_delegator"] = Value::Null;
    script[0]["another"] = json!(1);
    let read: RevocationSet = serde_json::from_value(script).unwrap();
    assert_eq!(read.entries()[0].delegator(), None);
    assert!(
        serde_json::to_value(&read).unwrap()[0]
            .get("crl_signer_delegator")
            .is_none()
    );
}

#[test]
fn faulty_members_are_named() {
    let id = "6AFD22771F511FECBF1641976710DCDC31A1717E";
    for (member, value, error) in [
        ("type", json!("crl"), "type is not"),
        (
            "issuer_subject_key_id",
            json!(id.to_lowercase()),
            "issuer_subject_key_id: not 40 upper-case",
        ),
        (
            "issuer_subject_key_id",
            json!(&id[2..]),
            "issuer_subject_key_id: not 40 upper-case",
        ),
        ("issuer_name", json!("MA"), "issuer_name: not base64"),
        ("issuer_name", json!("****"), "issuer_name: not base64"),
        ("revoked_serial_numbers", json!(["A"]), "\"A\" must be an even number"),
        ("revoked_serial_numbers", json!(["0a"]), "\"0a\" must be"),
        ("revoked_serial_numbers", json!(["00"]), "\"00\" must be"),
        ("revoked_serial_numbers", json!([""]), "\"\" must be"),
        ("revoked_serial_numbers", json!(["80".repeat(20)]), "must be"),
        ("revoked_serial_numbers", json!([7]), "invalid type"),
        ("crl_signer_cert", json!("MAA="), "crl_signer_cert: not a certificate"),
        (
            "crl_signer_delegator",
            json!("MAA="),
            "crl_signer_delegator: not a certificate",
        ),
    ] {
        let mut set = set();
        set[0][member] = value.clone();
        let refused = serde_json::from_value::<RevocationSet>(set).unwrap_err().to_string();
        assert!(refused.contains(error), "{member} {value}: {refused}");
    }
    for member in [
        "type",
        "issuer_subject_key_id",
        "issuer_name",
        "revoked_serial_numbers",
        "crl_signer_cert",
    ] {
        let mut set = set();
        set[0].as_object_mut().unwrap().remove(member);
        assert!(serde_json::from_value::<RevocationSet>(set).is_err(), "{member}");
    }
    assert!(serde_json::from_value::<RevocationSet>(json!({})).is_err());
}

#[test]
fn a_point_of_the_dcl_is_read() {
    let (paa, pai) = (paa(), pai(&pai_subject()));
    let id = pai.subject_key_id().unwrap();
    let object = json!({
        "vid": 0xFFF1,
        "label": "a point",
        "issuerSubjectKeyID": id.to_string(),
        "pid": 0x8000,
        "isPAA": false,
        "crlSignerCertificate": paa.to_pem(),
        "crlSignerDelegator": pai.to_pem(),
        "dataURL": "https://example.com/crl",
        "dataFileSize": "0",
        "dataDigest": "",
        "dataDigestType": 0,
        "revocationType": 1,
        "schemaVersion": 0,
    });
    let plain = RevocationPoint::new(chain::vendor(0xFFF1), false, id, paa, "https://example.com/crl");
    let expected = plain
        .clone()
        .with_product_id(chain::product(0x8000))
        .with_delegator(pai);
    assert_eq!(
        serde_json::from_value::<RevocationPoint>(object.clone()).unwrap(),
        expected
    );
    let with = |member: &str, value: Value| {
        let mut object = object.clone();
        object[member] = value;
        serde_json::from_value::<RevocationPoint>(object).map_err(|error| error.to_string())
    };
    let mut none = object.clone();
    (none["pid"], none["crlSignerDelegator"]) = (json!(0), json!(""));
    assert_eq!(serde_json::from_value::<RevocationPoint>(none).unwrap(), plain);
    for (member, value, error) in [
        ("revocationType", json!(2), "revocationType is not 1"),
        ("vid", json!(0), "vid: "),
        ("vid", json!(0x1_0000), "invalid value"),
        ("issuerSubjectKeyID", json!("6A:FD"), "issuerSubjectKeyID: not 40"),
        (
            "crlSignerCertificate",
            json!(""),
            "crlSignerCertificate: text does not contain",
        ),
        (
            "crlSignerDelegator",
            json!("x"),
            "crlSignerDelegator: text does not contain",
        ),
    ] {
        let refused = with(member, value).unwrap_err();
        assert!(refused.contains(error), "{member}: {refused}");
    }
}
