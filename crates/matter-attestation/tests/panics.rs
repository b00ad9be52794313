//! No input makes a decoder panic, and accepted input encodes to the same bytes.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::as_conversions)]

use matter_attestation::{
    AttestationElements, Certificate, CertificationDeclaration, CertificationType, CrlDistributionPoint, DateTime,
    DeclarationSigners, PaaSubject, Part, PrivateKey, Profile, PublicKey, SerialNumber, SignedDeclaration,
    TEST_CD_SIGNING_KEY_ID, Validity, Verification, issue_paa, test_cd_signing_key,
};
use matter_types::{ProductId, VendorId};
use proptest::prelude::*;
use proptest::sample::Index;

fn decode_all(bytes: &[u8]) {
    if let Ok(certificate) = Certificate::decode(bytes) {
        assert_eq!(Certificate::from_pem(&certificate.to_pem()).unwrap(), certificate);
        let _ = certificate.verify_issued_by(&certificate);
    }
    if let Ok(key) = PrivateKey::decode(bytes) {
        let _ = PrivateKey::decode(&key.to_sec1_der()).unwrap();
    }
    if let Ok(signed) = SignedDeclaration::decode(bytes) {
        let _ = signed.verify(&test_cd_signing_key().public_key());
        let _ = signed.content().encode_tlv().unwrap();
    }
    let signers = DeclarationSigners::new().with_test_key(true);
    let start = Verification::new().with_declaration_signers(&signers);
    for verification in [
        start.with_paa(bytes).with_pai(bytes).with_dac(bytes),
        start.with_declaration(bytes),
    ] {
        let (strict, sdk) = (verification.run(Profile::Strict), verification.run(Profile::Sdk));
        assert_eq!(strict.sdk_result(), sdk.sdk_result());
        assert!(sdk.is_accepted() || !strict.is_accepted());
    }
    if let Ok(part) = Part::read(bytes) {
        assert_eq!(Part::read(part.as_der()), Ok(part.clone()));
        assert_eq!(Part::read_as(part.object(), bytes), Ok(part));
    }
    let _ = AttestationElements::decode(bytes);
    let _ = CrlDistributionPoint::of_der(bytes);
    let _ = PublicKey::new(bytes);
    let _ = SerialNumber::new(bytes);
    let _ = test_cd_signing_key().public_key().verify_der(b"", bytes);
}

fn samples() -> Vec<Vec<u8>> {
    let key = test_cd_signing_key();
    let start = DateTime::new(2026, 1, 1, 0, 0, 0).unwrap();
    let vendor = VendorId::new(0xFFF1).unwrap();
    let subject = PaaSubject::new("PAA")
        .unwrap()
        .with_vendor_id(vendor)
        .with_vendor_id_in_common_name();
    let paa = issue_paa(
        &key,
        &subject,
        Validity::without_expiry(start),
        SerialNumber::new(&[1]).unwrap(),
    )
    .unwrap();
    let declaration = CertificationDeclaration::new(
        VendorId::new(0xFFF1).unwrap(),
        &[ProductId::new(0x8000).unwrap()],
        1,
        "CSA00000SWC00000-00",
        CertificationType::DevelopmentAndTest,
    )
    .unwrap();
    vec![
        paa.as_der().to_vec(),
        paa.to_pem().into_bytes(),
        key.to_sec1_der().to_vec(),
        key.to_pkcs8_pem().unwrap().as_bytes().to_vec(),
        declaration.sign(&key, TEST_CD_SIGNING_KEY_ID).unwrap(),
    ]
}

proptest! {
    #[test]
    fn arbitrary_bytes(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        decode_all(&bytes);
    }

    #[test]
    fn arbitrary_text_between_pem_boundaries(body in "[ -~\n\r]{0,200}", label in "(CERTIFICATE|PRIVATE KEY|EC PRIVATE KEY|)") {
        decode_all(format!("-----BEGIN {label}-----\n{body}\n-----END {label}-----\n").as_bytes());
    }

    #[test]
    fn mutated_samples(which in any::<Index>(), changes in proptest::collection::vec((any::<Index>(), any::<u8>()), 1..4)) {
        let samples = samples();
        let mut bytes = samples[which.index(samples.len())].clone();
        for (at, value) in changes {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        decode_all(&bytes);
    }

    #[test]
    fn spliced_samples(which in any::<Index>(), from in any::<Index>(), to in any::<Index>(), insert in proptest::collection::vec(any::<u8>(), 0..8)) {
        let samples = samples();
        let mut bytes = samples[which.index(samples.len())].clone();
        let (a, b) = (from.index(bytes.len()), to.index(bytes.len()));
        bytes.splice(a.min(b)..a.max(b), insert);
        decode_all(&bytes);
    }
}
