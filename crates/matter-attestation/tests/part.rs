//! Detection of a file's type.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

#[path = "support/chain.rs"]
mod chain;

use matter_attestation::{
    CertificationDeclaration, CertificationType, Error, Issuer, KeyId, Object, Part, TEST_CD_SIGNING_KEY_ID,
    test_cd_signing_key,
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
    };
    assert_eq!(Part::read(pem.as_bytes()), Err(label.clone()));
    assert_eq!(Part::read_as(Object::Dac, pem.as_bytes()), Err(label.clone()));
    let two = paa().to_pem().repeat(2);
    assert_eq!(Part::read(two.as_bytes()), Err(Error::PemMalformed));
    let part = Part::read_as(Object::Pai, b"broken").unwrap();
    assert_eq!((part.object(), part.as_der()), (Object::Pai, &b"broken"[..]));
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
        assert_eq!(bad.parse::<KeyId>(), Err(Error::KeyIdMalformed), "{bad}");
    }
}
