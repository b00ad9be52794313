//! The detected type of a file given in place of another.
#![allow(clippy::unwrap_used, clippy::indexing_slicing)]

#[path = "support/der.rs"]
mod der;

use matter_attestation::{
    CertificationDeclaration, CertificationType, DateTime, Error, InputKind, Object, PaaSubject, Part, PrivateKey,
    SerialNumber, TEST_CD_SIGNING_KEY_ID, Validity, issue_paa, test_cd_signing_key,
};
use matter_types::{ProductId, VendorId};

fn paa(name: &str) -> matter_attestation::Certificate {
    let validity = Validity::without_expiry(DateTime::new(2026, 1, 1, 0, 0, 0).unwrap());
    let serial = SerialNumber::new(&[1]).unwrap();
    issue_paa(
        &test_cd_signing_key(),
        &PaaSubject::new(name).unwrap(),
        validity,
        serial,
    )
    .unwrap()
}

fn declaration() -> Vec<u8> {
    let (vendor, product) = (VendorId::new(0xFFF1).unwrap(), ProductId::new(0x8000).unwrap());
    let id = "CSA00000SWC00000-00";
    let content =
        CertificationDeclaration::new(vendor, &[product], 0x16, id, CertificationType::DevelopmentAndTest).unwrap();
    content
        .sign(&test_cd_signing_key(), TEST_CD_SIGNING_KEY_ID)
        .unwrap()
        .as_slice()
        .to_vec()
}

/// PKCS#7 without content that contains certificates (RFC 5652, 5.1).
fn pkcs7(certificates: &[&[u8]]) -> Vec<u8> {
    signed_data(&der::tlv(0xA0, &certificates.concat()))
}

fn signed_data(certificates: &[u8]) -> Vec<u8> {
    let set = der::tlv(der::SET, &[]);
    let signed = der::seq(&[
        &der::tlv(der::INTEGER, &[1]),
        &set,
        &der::seq(&[&der::oid(der::DATA)]),
        certificates,
        &set,
    ]);
    der::seq(&[&der::oid(der::SIGNED_DATA), &der::tlv(0xA0, &signed)])
}

/// A PEM block around any bytes.
fn armored(label: &str, der: &[u8]) -> Vec<u8> {
    let text = ::der::pem::encode_string(label, ::der::pem::LineEnding::LF, der).unwrap();
    text.into_bytes()
}

/// The outermost element with an indefinite length (X.690, 8.1.3.6).
fn in_ber(der: &[u8]) -> Vec<u8> {
    assert_eq!(der[..2], [0x30, 0x82]);
    [&[0x30, 0x80], &der[4..], &[0, 0]].concat()
}

#[test]
fn file_types_are_detected() {
    let paa = paa("PAA");
    let (der, pem) = (paa.as_der().to_vec(), paa.to_pem());
    let key = PrivateKey::from_scalar(&[1; 32]).unwrap();
    let key_pem = key.to_pkcs8_pem().unwrap();
    let hex: String = declaration().iter().map(|byte| format!("{byte:02x}")).collect();
    let block = |label: &str| format!("-----BEGIN {label}-----\nMAA=\n-----END {label}-----\n").into_bytes();
    for (input, kind) in [
        (Vec::new(), InputKind::Empty),
        (b" \n".to_vec(), InputKind::Empty),
        (der.clone(), InputKind::Certificate),
        (pem.clone().into_bytes(), InputKind::Certificate),
        (pem.repeat(3).into_bytes(), InputKind::Certificates { count: 3 }),
        (declaration(), InputKind::Declaration),
        (pkcs7(&[&der]), InputKind::Pkcs7),
        (in_ber(&pkcs7(&[&der])), InputKind::IndefiniteLength),
        (armored("PKCS7", &in_ber(&pkcs7(&[&der]))), InputKind::IndefiniteLength),
        // A PKCS#12 file begins with its version, 3.
        (vec![0x30, 0x80, 2, 1, 3, 0, 0], InputKind::IndefiniteLength),
        (vec![0x30, 0x80, 2, 1, 4, 0, 0], InputKind::Unknown),
        (vec![0x30, 0x80, 4, 1, 3, 0, 0], InputKind::Unknown),
        (block("PKCS7"), InputKind::Pkcs7),
        (key.to_pkcs8_der().to_vec(), InputKind::PrivateKey),
        (key_pem.as_bytes().to_vec(), InputKind::PrivateKey),
        ([key_pem.as_bytes(), pem.as_bytes()].concat(), InputKind::PrivateKey),
        (block("EC PRIVATE KEY"), InputKind::PrivateKey),
        (block("ENCRYPTED PRIVATE KEY"), InputKind::PrivateKey),
        (block("PUBLIC KEY"), InputKind::PublicKey),
        (block("CERTIFICATE REQUEST"), InputKind::CertificateRequest),
        (block("X509 CRL"), InputKind::Crl),
        (block("OPENSSH THING"), InputKind::OtherPem),
        (der::seq(&[&[2, 1, 3], &der::seq(&[])]), InputKind::Pkcs12),
        (hex.clone().into_bytes(), InputKind::HexText),
        (
            format!("30:82\n{}\n", hex.to_uppercase()).into_bytes(),
            InputKind::HexText,
        ),
        (
            b"MIIBgTCCASegAwIBAgIBATAKBggq\nhkjOPQQDAjA=\n".to_vec(),
            InputKind::Base64Text,
        ),
        (b"{\"not\": \"DER\"}".to_vec(), InputKind::Unknown),
        // PKCS#7 of another content type.
        (
            der::seq(&[&der::oid(der::DATA), &der::tlv(0xA0, &[4, 0])]),
            InputKind::Unknown,
        ),
        (vec![0xFF; 9], InputKind::Unknown),
    ] {
        assert_eq!(InputKind::of(&input), kind, "{}", String::from_utf8_lossy(&input));
    }
    for input in [&der, &declaration()] {
        for len in [4, 5, 100, input.len() - 1] {
            let expected = input.len();
            assert_eq!(InputKind::of(&input[..len]), InputKind::Truncated { len, expected });
        }
    }
}

#[test]
fn a_bundle_is_read_in_its_order() {
    let (one, two) = (paa("One"), paa("Two"));
    let parts = Part::read_all(format!("{}text\n{}", one.to_pem(), two.to_pem()).as_bytes()).unwrap();
    let read: Vec<_> = parts.iter().map(|part| (part.object(), part.as_der())).collect();
    assert_eq!(read, [(Object::Paa, one.as_der()), (Object::Paa, two.as_der())]);
    assert_eq!(Part::read_all(one.as_der()).unwrap().len(), 1);
    let key = PrivateKey::from_scalar(&[1; 32]).unwrap().to_pkcs8_pem().unwrap();
    Part::read_all([key.as_bytes(), one.to_pem().as_bytes()].concat().as_slice()).unwrap_err();
}

#[test]
fn certificates_in_pkcs7_are_read_in_their_order() {
    let (one, two) = (paa("One"), paa("Two"));
    // With an attribute certificate of version 2 between them.
    let other: &[u8] = &[0xA2, 2, 0x30, 0];
    let bundle = pkcs7(&[one.as_der(), other, two.as_der()]);
    let expected = [(Object::Paa, one.as_der()), (Object::Paa, two.as_der())];
    for input in [bundle.clone(), armored("PKCS7", &bundle), armored("CMS", &bundle)] {
        let parts = Part::read_all(&input).unwrap();
        let read: Vec<_> = parts.iter().map(|part| (part.object(), part.as_der())).collect();
        assert_eq!(read, expected);
    }
    let beside = [armored("PKCS7", &bundle), two.to_pem().into_bytes()].concat();
    assert_eq!(Part::read_all(&beside).unwrap().len(), 3);
    // A single certificate is required here.
    Part::read(&bundle).unwrap_err();
}

#[test]
fn pkcs7_that_is_broken_or_empty_is_refused() {
    let der = paa("PAA").as_der().to_vec();
    for empty in [
        signed_data(&[]),
        pkcs7(&[&[0xA2, 2, 0x30, 0]]),
        pkcs7(&[]),
        declaration(),
    ] {
        assert_eq!(Part::read_all(&armored("PKCS7", &empty)), Err(Error::Pkcs7Empty));
    }
    let cut = pkcs7(&[&der[..100]]);
    for malformed in [&cut, &in_ber(&pkcs7(&[&der])), &der] {
        let error = Part::read_all(&armored("PKCS7", malformed)).unwrap_err();
        assert!(matches!(error, Error::Pkcs7Malformed { .. }), "{error:?}");
    }
    assert_eq!(
        Part::read_all(&cut).unwrap_err().to_string(),
        "not well-formed PKCS#7 in DER, at 38"
    );
}
