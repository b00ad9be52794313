//! Detection of a file's type.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

#[path = "support/chain.rs"]
mod chain;

use matter_attestation::{
    Certificate, CertificationDeclaration, CertificationType, Error, Issuer, KeyId, Object, Part,
    TEST_CD_SIGNING_KEY_ID, test_cd_signing_key,
};

use self::chain::{PRODUCT, VENDOR, dac_subject, key, paa, pai, pai_subject, product, serial, vendor, years};

#[test]
fn four_file_types_are_distinguished() {
    let declaration = CertificationDeclaration::new(
        vendor(VENDOR),
        &[product(PRODUCT)],
        0x0100,
        "CSA00000SWC00000-00",
        CertificationType::DevelopmentAndTest,
    );
    let declaration = declaration
        .unwrap()
        .sign(&test_cd_signing_key(), TEST_CD_SIGNING_KEY_ID);
    let declaration = declaration.unwrap();
    assert_eq!(Part::read(&declaration).unwrap().object(), Object::Cd);
    assert_eq!(Part::read(&declaration).unwrap().as_der(), declaration);
    let intermediate = pai(&pai_subject());
    let issuer_key = key(2);
    let issuer = Issuer::new(&intermediate, &issuer_key).unwrap();
    let dac = issuer.issue_dac(&dac_subject(), &key(3).public_key(), years(2026, 2050), serial(3));
    let dac = dac.unwrap();
    for (certificate, object) in [
        (paa(), Object::Paa),
        (pai(&pai_subject()), Object::Pai),
        (dac, Object::Dac),
    ] {
        for input in [certificate.as_der(), certificate.to_pem().as_bytes()] {
            let part = Part::read(input).unwrap();
            assert_eq!((part.object(), part.as_der()), (object, certificate.as_der()));
        }
    }
}

#[test]
fn certificate_that_breaks_rules_is_still_detected() {
    let mut pai = pai(&pai_subject()).as_der().to_vec();
    *pai.last_mut().unwrap() ^= 1;
    pai.push(0);
    let part = Part::read(&pai).unwrap();
    assert_eq!((part.object(), part.as_der()), (Object::Pai, &pai[..]));
}

#[test]
fn other_files_are_refused_unless_the_type_is_given() {
    let key = key(9).to_pkcs8_der();
    for (input, error) in [
        (&[][..], Error::CertificateMalformed { offset: Some(0) }),
        (b"no certificate", Error::CertificateMalformed { offset: Some(0) }),
    ] {
        assert_eq!(Part::read(input), Err(error));
    }
    assert!(matches!(Part::read(&key), Err(Error::CertificateMalformed { .. })));
    let pem = chain::key(9).to_pkcs8_pem().unwrap();
    let label = Error::PemLabel {
        expected: "CERTIFICATE",
        found: Some("PRIVATE KEY".to_owned()),
    };
    assert_eq!(
        label.to_string(),
        "PEM block is not a CERTIFICATE: its label is PRIVATE KEY"
    );
    assert_eq!(Part::read(pem.as_bytes()), Err(label.clone()));
    assert_eq!(Part::read_as(Object::Dac, pem.as_bytes()), Err(label.clone()));
    let two = paa().to_pem().repeat(2);
    assert_eq!(Part::read(two.as_bytes()), Err(Error::PemMalformed));
    let part = Part::read_as(Object::Pai, b"broken").unwrap();
    assert_eq!((part.object(), part.as_der()), (Object::Pai, &b"broken"[..]));
}

#[test]
fn only_plain_labels_are_in_an_error() {
    for (label, found) in [
        ("A".repeat(64), true),
        ("A".repeat(65), false),
        ("A\u{7}".to_owned(), false),
    ] {
        let text = format!("-----BEGIN {label}-----\nMAA=\n-----END {label}-----\n");
        let error = Part::read(text.as_bytes()).unwrap_err().to_string();
        let expected = if found {
            format!("PEM block is not a CERTIFICATE: its label is {label}")
        } else {
            "PEM block is not a CERTIFICATE".to_owned()
        };
        assert_eq!(error, expected);
    }
}

#[test]
fn errors_of_a_certificate_state_the_value_found() {
    let der = paa().as_der().to_vec();
    let refused = |der: &[u8]| Certificate::from_der(der).unwrap_err().to_string();
    let replaced = |from: &[u8], to: &[u8]| {
        let mut der = der.clone();
        for at in 0..der.len() {
            if der[at..].starts_with(from) {
                der[at..at + to.len()].copy_from_slice(to);
            }
        }
        der
    };
    let version = replaced(&[0xA0, 3, 2, 1, 2], &[0xA0, 3, 2, 1, 1]);
    assert_eq!(refused(&version), "certificate version is not 3 but 2");
    let ecdsa = [0x2A, 0x86, 0x48, 0xCE, 0x3D, 4, 3];
    let sha384 = replaced(&[&ecdsa[..], &[2]].concat(), &[&ecdsa[..], &[3]].concat());
    assert_eq!(
        refused(&sha384),
        "signature algorithm is not ecdsa-with-SHA256 but 1.2.840.10045.4.3.3"
    );
}

#[test]
fn key_identifiers_are_read_in_both_cases() {
    let id: KeyId = "abCDef00112233445566778899AaBbCcDdEeFf01".parse().unwrap();
    assert_eq!(id.to_string(), "ABCDEF00112233445566778899AABBCCDDEEFF01");
    assert_eq!(id.as_bytes()[..4], [0xAB, 0xCD, 0xEF, 0]);
    for bad in [
        "",
        "ABCDEF00112233445566778899AABBCCDDEEFF0",
        "ABCDEF00112233445566778899AABBCCDDEEFF012",
        "ABCDEF00112233445566778899AABBCCDDEEFFéé",
        "+BCDEF00112233445566778899AABBCCDDEEFF01",
        "GBCDEF00112233445566778899AABBCCDDEEFF01",
    ] {
        let len = bad.len();
        assert_eq!(bad.parse::<KeyId>(), Err(Error::KeyIdMalformed { len }), "{bad}");
    }
    assert_eq!(
        "ABCD".parse::<KeyId>().unwrap_err().to_string(),
        "key identifier is not 40 hexadecimal digits (its text has 4 bytes)"
    );
}
