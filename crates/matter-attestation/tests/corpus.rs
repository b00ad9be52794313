//! Replays the fuzz corpora, with the property of each fuzz target.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

#[path = "support/chain.rs"]
mod chain;

use std::path::Path;

use matter_attestation::{
    AttestationElements, Certificate, CertificateRequest, CertificationDeclaration, CertificationType, Crl,
    CrlDistributionPoint, DeclarationSigners, Issuer, PaaStore, PrivateKey, Profile, SignedDeclaration,
    TEST_CD_SIGNING_KEY_ID, Verification, test_cd_signing_key,
};

/// Hands every file of a corpus over; there must be some.
fn replay(target: &str, check: impl Fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/corpus")
        .join(target);
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|f| f.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty(), "no files in {}", folder.display());
    for file in &files {
        // Captured, and shown when the check fails.
        println!("{}", file.display());
        check(&std::fs::read(file).unwrap());
    }
    println!("{target}: {} files", files.len());
}

#[test]
fn what_is_accepted_decodes_to_the_same() {
    replay("matter_attestation_decode", |input| {
        let Some((selector, input)) = input.split_first() else {
            return;
        };
        match selector % 3 {
            0 => {
                if let Ok(certificate) = Certificate::decode(input) {
                    assert_eq!(Certificate::decode(certificate.as_der()), Ok(certificate.clone()));
                    assert_eq!(Certificate::from_pem(&certificate.to_pem()), Ok(certificate));
                }
            }
            1 => {
                if let Ok(key) = PrivateKey::decode(input) {
                    let copy = PrivateKey::decode(&key.to_sec1_der().unwrap()).unwrap();
                    assert_eq!(copy.expose_scalar(), key.expose_scalar());
                }
            }
            _ => {
                if let Ok(declaration) = SignedDeclaration::decode(input) {
                    let _ = declaration.verify(&test_cd_signing_key().public_key());
                }
            }
        }
    });
}

#[test]
fn only_what_is_the_same_is_accepted() {
    let valid = valid();
    replay("matter_attestation_verify", |input| {
        let Some((selector, edits)) = input.split_first() else {
            return;
        };
        let mut parts = valid.clone();
        let part = &mut parts[usize::from(selector % 4)];
        for edit in edits.chunks_exact(4) {
            let at = usize::from(u16::from_be_bytes([edit[0], edit[1]])) % (part.len() + 1);
            match edit[2] % 4 {
                0 => part.insert(at, edit[3]),
                1 => part.truncate(at.max(1)),
                2 if at < part.len() => drop(part.remove(at)),
                _ if at < part.len() => part[at] = edit[3],
                _ => {}
            }
        }
        let signers = DeclarationSigners::new().with_test_key(true);
        let verification = Verification::new()
            .with_paa(&parts[0])
            .with_pai(&parts[1])
            .with_dac(&parts[2])
            .with_declaration(&parts[3])
            .with_declaration_signers(&signers)
            .with_product(chain::vendor(chain::VENDOR), chain::product(chain::PRODUCT))
            .at(chain::date(2026))
            .complete();
        let (strict, sdk) = (verification.run(Profile::Strict), verification.run(Profile::Sdk));
        assert_eq!(strict.is_accepted(), parts == valid, "{:?}", strict.findings());
        assert_eq!(strict.sdk_result(), sdk.sdk_result());
        assert!(sdk.is_accepted() || parts != valid);
    });
}

/// PAA, PAI, DAC and declaration.
fn valid() -> [Vec<u8>; 4] {
    let (paa, pai) = (chain::paa(), chain::pai(&chain::pai_subject()));
    let dac = Issuer::new(&pai, &chain::key(2))
        .unwrap()
        .issue_dac(
            &chain::dac_subject(),
            &chain::key(3).public_key(),
            chain::years(2025, 2050),
            chain::serial(3),
        )
        .unwrap();
    let kind = CertificationType::DevelopmentAndTest;
    let products = [chain::product(chain::PRODUCT)];
    let declaration =
        CertificationDeclaration::new(chain::vendor(chain::VENDOR), &products, 22, "CSA00000SWC00000-00", kind)
            .unwrap()
            .sign(&test_cd_signing_key(), TEST_CD_SIGNING_KEY_ID)
            .unwrap();
    [
        paa.as_der().to_vec(),
        pai.as_der().to_vec(),
        dac.as_der().to_vec(),
        declaration,
    ]
}

#[test]
fn whatever_is_linted_is_judged_without_a_panic() {
    replay("matter_attestation_lint", |input| {
        let Some((selector, input)) = input.split_first() else {
            return;
        };
        let signers = DeclarationSigners::new().with_test_key(true);
        let start = Verification::new().with_declaration_signers(&signers);
        let verification = match selector % 6 {
            0 => {
                let _ = PaaStore::new().insert(input);
                start.with_paa(input)
            }
            1 => start.with_pai(input),
            2 => start.with_dac(input),
            3 => start.with_declaration(input),
            4 => {
                let elements = AttestationElements::decode(input).unwrap();
                let encoded = elements.encode().unwrap();
                assert_eq!(AttestationElements::decode(&encoded), Ok(elements));
                return;
            }
            _ => {
                let point = CrlDistributionPoint::of_der(input).unwrap();
                assert!(point.uri().is_some() && point.crl_issuer_der().is_some());
                return;
            }
        };
        let (strict, sdk) = (verification.run(Profile::Strict), verification.run(Profile::Sdk));
        assert_eq!(strict.findings().len(), sdk.findings().len());
        assert!(sdk.is_accepted() || !strict.is_accepted(), "{:?}", sdk.findings());
        assert_eq!(sdk.is_accepted(), sdk.sdk_result().number() == 0);
    });
}

#[test]
fn a_request_that_is_accepted_decodes_to_the_same() {
    replay("matter_attestation_csr", |input| {
        if let Ok(request) = CertificateRequest::decode(input) {
            assert_eq!(CertificateRequest::from_der(request.as_der()), Ok(request.clone()));
            assert_eq!(CertificateRequest::decode(request.to_pem().as_bytes()), Ok(request));
        }
    });
}

#[test]
fn a_list_that_is_accepted_decodes_to_the_same() {
    replay("matter_attestation_crl", |input| {
        if let Ok(crl) = Crl::decode(input) {
            assert_eq!(Crl::from_der(crl.as_der()), Ok(crl.clone()));
            assert_eq!(Crl::decode(crl.to_pem().as_bytes()), Ok(crl));
        }
    });
}
