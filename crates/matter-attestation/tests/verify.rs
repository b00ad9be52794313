//! Verification apart from single rules: separate parts, batches, stores, self-tests, signers.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::as_conversions)]

#[path = "support/chain.rs"]
mod chain;
#[path = "support/der.rs"]
mod der;
#[path = "support/kit.rs"]
mod kit;

use matter_attestation::{
    AttestationElements, AttestationResponse, Certificate, CertificationDeclaration, CertificationType,
    DeclarationSigners, Error, Issuer, Object, PaaStore, PrivateKey, Profile, Rule, SdkResult, Severity,
    TEST_CD_SIGNING_KEY_ID, VendorReserved, Verification, VerificationReport, sign_elements, test_cd_signing_key,
};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;

use self::chain::{PRODUCT, VENDOR, dac_subject, date, key, paa, pai, pai_subject, product, serial, vendor, years};
use self::kit::Kit;

fn dac() -> Certificate {
    let pai = pai(&pai_subject());
    Issuer::new(&pai, &key(2))
        .unwrap()
        .issue_dac(&dac_subject(), &key(3).public_key(), years(2025, 2050), serial(3))
        .unwrap()
}

fn declaration() -> Vec<u8> {
    let kind = CertificationType::DevelopmentAndTest;
    CertificationDeclaration::new(vendor(VENDOR), &[product(PRODUCT)], 0x16, "CSA00000SWC00000-00", kind)
        .unwrap()
        .sign(&test_cd_signing_key(), TEST_CD_SIGNING_KEY_ID)
        .unwrap()
}

fn rules(report: &VerificationReport) -> Vec<Rule> {
    report.errors().map(|finding| finding.rule()).collect()
}

#[test]
fn issued_certificates_pass_alone_and_together() {
    let (paa, pai, dac, cd) = (paa(), pai(&pai_subject()), dac(), declaration());
    let signers = DeclarationSigners::new().with_test_key(true);
    let start = Verification::new().with_declaration_signers(&signers);
    for alone in [
        start.with_paa(paa.as_der()),
        start.with_pai(pai.as_der()),
        start.with_dac(dac.as_der()),
        start.with_declaration(&cd),
        start,
    ] {
        let report = alone.run(Profile::Strict);
        assert!(report.is_accepted(), "{:?}", report.findings());
        assert!(
            report
                .findings()
                .iter()
                .all(|finding| finding.severity() == Severity::Note)
        );
        assert_eq!(report.profile(), Profile::Strict);
    }
    let all = start
        .with_paa(paa.as_der())
        .with_pai(pai.as_der())
        .with_dac(dac.as_der())
        .with_declaration(&cd)
        .with_product(vendor(VENDOR), product(PRODUCT))
        .at(date(2026))
        .complete();
    assert!(all.run(Profile::Strict).is_accepted());
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    assert!(all.self_test(&key(3), &mut rng, Profile::Strict).unwrap().is_accepted());
    let report = all.self_test(&key(4), &mut rng, Profile::Strict).unwrap();
    assert_eq!(rules(&report), [Rule::ElementsSignature]);
    assert_eq!(report.sdk_result(), SdkResult::AttestationSignatureInvalid);
}

#[test]
fn a_self_test_needs_every_part() {
    let dac = dac();
    let mut rng = ChaCha20Rng::seed_from_u64(1);
    let report = Verification::new()
        .with_dac(dac.as_der())
        .self_test(&key(3), &mut rng, Profile::Strict)
        .unwrap();
    assert_eq!(report.sdk_result(), SdkResult::InvalidArgument);
    let missing: Vec<_> = report
        .errors()
        .map(|finding| (finding.rule(), finding.object()))
        .collect();
    assert_eq!(
        missing,
        [
            (Rule::PaiMissing, Object::Pai),
            (Rule::PartMissing, Object::Paa),
            (Rule::PartMissing, Object::Cd),
            (Rule::PartMissing, Object::Chain),
            (Rule::PartMissing, Object::Chain),
        ]
    );
    let long = vec![0; 900];
    let error = Verification::new()
        .with_declaration(&long)
        .self_test(&key(3), &mut rng, Profile::Strict);
    assert!(matches!(error.unwrap_err(), Error::ElementsTooLong { len } if len > 900));
}

#[test]
fn batch_and_single_runs_have_the_same_findings() {
    let (paa, pai, dac, cd) = (paa(), pai(&pai_subject()), dac(), declaration());
    let signers = DeclarationSigners::new();
    let all = Verification::new()
        .with_paa(paa.as_der())
        .with_pai(pai.as_der())
        .with_declaration(&cd)
        .with_declaration_signers(&signers)
        .with_product(vendor(VENDOR), product(0x8001))
        .at(date(2051));
    let mut broken = dac.as_der().to_vec();
    *broken.last_mut().unwrap() ^= 1;
    for profile in [Profile::Strict, Profile::Sdk] {
        let batch = all.prepare(profile);
        for dac in [dac.as_der(), &broken, &[], &[0x30, 0]] {
            assert_eq!(batch.verify(dac), all.with_dac(dac).run(profile));
            assert!(!batch.verify(dac).is_accepted());
        }
        let elements = AttestationElements::new(&cd, &[1; 32], 0).encode().unwrap();
        let signature = sign_elements(&elements, &[2; 16], &key(3)).unwrap();
        let response = AttestationResponse {
            elements: &elements,
            signature: &signature,
            challenge: &[2; 16],
            nonce: &[3; 32],
        };
        let report = batch.verify_response(dac.as_der(), response);
        assert_eq!(report, all.with_dac(dac.as_der()).with_response(response).run(profile));
        let expected = [
            Rule::DacExpired,
            Rule::CdTestKey,
            Rule::CdProductId,
            Rule::ElementsNonce,
        ];
        assert_eq!(rules(&report), expected);
        assert_eq!(report.sdk_result(), SdkResult::DacExpired);
    }
}

#[test]
fn a_store_finds_the_paa_by_key_identifier_and_then_by_name() {
    let (paa, pai) = (paa(), pai(&pai_subject()));
    let mut store = PaaStore::new();
    let (mut other, mut third) = (Kit::new().paa, Kit::new().paa);
    let same_id = paa.subject_key_id().unwrap();
    other.set(der::SKI, false, &der::tlv(der::OCTETS, same_id.as_bytes()));
    third.remove(der::SKI);
    assert_eq!(store.insert(other.encode()), Ok(same_id));
    assert_eq!(store.insert(paa.as_der()), Ok(same_id));
    assert_eq!(store.insert(paa.as_der()), Ok(same_id));
    assert_eq!(store.len(), 2);
    assert_eq!(store.certificates().nth(1), Some(paa.as_der()));
    assert_eq!(store.insert(third.encode()), Err(Error::SubjectKeyIdMissing));
    assert_eq!(store.insert([0x30]), Err(Error::CertificateMalformed { offset: None }));
    let report = Verification::new()
        .with_paa_store(&store)
        .with_pai(pai.as_der())
        .run(Profile::Strict);
    assert!(report.is_accepted(), "{:?}", report.findings());
}

#[test]
fn signers_are_added_only_below_the_root_of_the_csa() {
    let certificate = pai(&pai_subject());
    let error = DeclarationSigners::new().with_certificate(&certificate).unwrap_err();
    assert_eq!(error, Error::IssuerNameMismatch);
}

#[test]
fn elements_round_trip() {
    let entry = |tag, data| VendorReserved {
        vendor_id: 0xFFF1,
        profile: 0x3E,
        tag,
        data,
    };
    let elements = AttestationElements::new(b"cd", &[7; 32], u32::MAX)
        .with_firmware_information(b"firmware")
        .with_vendor_reserved(entry(1, b"one"))
        .with_vendor_reserved(entry(0x1_0000, b""));
    let encoded = elements.encode().unwrap();
    assert_eq!(AttestationElements::decode(&encoded), Ok(elements.clone()));
    // Encoded by hand according to Matter Core Specification A and 11.18.4.9.
    let mut expected = vec![0x15, 0x30, 1, 2, b'c', b'd', 0x30, 2, 32];
    expected.extend([7; 32]);
    expected.extend([0x26, 3, 0xFF, 0xFF, 0xFF, 0xFF, 0x30, 4, 8]);
    expected.extend(b"firmware");
    expected.extend([0xD0, 0xF1, 0xFF, 0x3E, 0, 1, 0, 3]);
    expected.extend(b"one");
    expected.extend([0xF0, 0xF1, 0xFF, 0x3E, 0, 0, 0, 1, 0, 0, 0x18]);
    assert_eq!(encoded, expected);
    let long = vec![0; 900];
    let error = AttestationElements::new(&long, &[7; 32], 0).encode().unwrap_err();
    // The structure, 4 bytes before the declaration, 3 before the nonce, and a timestamp of one byte.
    let len = 2 + 4 + 900 + 3 + 32 + 3;
    assert_eq!(error, Error::ElementsTooLong { len });
    assert_eq!(error.to_string(), "attestation elements have more than 900 bytes: 944");
    assert!(matches!(
        AttestationElements::decode(&encoded[..encoded.len() - 1]),
        Err(Error::ElementsMalformed { .. })
    ));
    assert_eq!(
        AttestationElements::decode(&[0x15, 0x18]),
        Err(Error::ElementsMember { tag: 1, offset: 1 })
    );
}

#[test]
fn sdk_results_have_the_numbers_and_names_of_the_sdk() {
    for (result, number, name) in [
        (SdkResult::Success, 0, "kSuccess"),
        (SdkResult::PaaNotFound, 101, "kPaaNotFound"),
        (SdkResult::PaiFormatInvalid, 203, "kPaiFormatInvalid"),
        (SdkResult::DacFormatInvalid, 303, "kDacFormatInvalid"),
        (
            SdkResult::CertificationDeclarationInvalidPAA,
            606,
            "kCertificationDeclarationInvalidPAA",
        ),
    ] {
        assert_eq!((result.number(), result.name()), (number, name));
        assert_eq!(SdkResult::from_number(number), Some(result));
        assert_eq!(result.to_string(), format!("{number} {name}"));
    }
    assert_eq!(SdkResult::from_number(99), None);
}

#[test]
fn every_byte_of_a_chain_counts() {
    let (paa, pai, dac, cd) = (paa(), pai(&pai_subject()), dac(), declaration());
    let signers = DeclarationSigners::new().with_test_key(true);
    let parts = [paa.as_der(), pai.as_der(), dac.as_der(), &cd];
    let run = |parts: [&[u8]; 4]| {
        Verification::new()
            .with_paa(parts[0])
            .with_pai(parts[1])
            .with_dac(parts[2])
            .with_declaration(parts[3])
            .with_declaration_signers(&signers)
            .with_product(vendor(VENDOR), product(PRODUCT))
            .at(date(2026))
            .complete()
            .run(Profile::Strict)
    };
    assert!(run(parts).is_accepted());
    for which in 0..parts.len() {
        for at in 0..parts[which].len() {
            let mut changed = parts[which].to_vec();
            changed[at] ^= 0x10;
            let mut all = parts;
            all[which] = &changed;
            assert!(!run(all).is_accepted(), "part {which}, byte {at}");
        }
    }
}

#[test]
fn a_finding_reads_as_one_line() {
    let mut broken = paa().as_der().to_vec();
    broken.push(0);
    let report = Verification::new().with_paa(&broken).run(Profile::Strict);
    let finding = report.errors().next().unwrap();
    assert_eq!(finding.text(), "There are bytes after the certificate (1 of them).");
    assert_eq!(finding.detail(), "1 of them");
    assert_eq!(finding.sdk_result(), None);
    assert_eq!(
        finding.to_string(),
        "error paa [certificate-trailing-bytes]: There are bytes after the certificate (1 of them). Remedy: cut the file at the end \
         of the certificate."
    );
    let report = Verification::new().with_dac(&[0x31]).run(Profile::Sdk);
    assert_eq!(
        report.errors().next().unwrap().to_string(),
        "error dac [certificate-malformed]: The certificate is not well-formed DER (at byte 0). The SDK returns 303 \
         kDacFormatInvalid. Remedy: get the certificate again from its issuer."
    );
    let key = PrivateKey::from_scalar(&[9; 32]).unwrap();
    let dac = dac();
    let report = Verification::new()
        .with_dac(dac.as_der())
        .with_dac_key(key.public_key())
        .run(Profile::Strict);
    assert_eq!(rules(&report), [Rule::DacKeyMismatch]);
}

#[cfg(feature = "serde")]
#[test]
fn findings_are_json_in_the_documented_form() {
    let report = Verification::new().with_dac(&[0x31]).run(Profile::Strict);
    assert_eq!(
        serde_json::to_string(report.findings()).unwrap(),
        r#"[{"id":"certificate-malformed","severity":"error","object":"dac","text":"The certificate is not well-formed DER (at byte 0).","sdk_code":303,"remedy":"get the certificate again from its issuer"}]"#
    );
    let cd = declaration();
    let signers = DeclarationSigners::new().with_test_key(true);
    let report = Verification::new()
        .with_declaration(&cd)
        .with_declaration_signers(&signers)
        .run(Profile::Strict);
    let json = serde_json::to_value(report.findings()).unwrap();
    assert_eq!(json[0]["id"], "cd-needs-ledger");
    assert_eq!(json[0]["severity"], "note");
    assert!(json[0].get("sdk_code").is_none() && json[0].get("remedy").is_none());
}
