//! Single certificates, chains and tables of the Matter SDK's unit tests, located as in `vectors.rs`.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::as_conversions)]

#[path = "support/der.rs"]
mod der;
#[path = "support/kit.rs"]
mod kit;
#[path = "support/vectors.rs"]
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use matter_attestation::{
    AttestationElements, AttestationResponse, Certificate, DeclarationSigners, PaaStore, Profile, Rule, VendorReserved,
    Verification, VerificationReport,
};

use self::support::{bytes, files, json, vectors};

fn role(name: &str) -> &'static str {
    if name.contains("-DAC-") {
        "DAC"
    } else if name.contains("-PAI-") {
        "PAI"
    } else {
        "PAA"
    }
}

fn lint(der: &[u8], role: &str, profile: Profile) -> VerificationReport {
    let verification = Verification::new();
    match role {
        "PAA" => verification.with_paa(der),
        "PAI" => verification.with_pai(der),
        "DAC" => verification.with_dac(der),
        _ => panic!("{role}"),
    }
    .run(profile)
}

fn ids(report: &VerificationReport) -> BTreeSet<&'static str> {
    report.errors().map(|finding| finding.rule().id()).collect()
}

/// The rules broken by certificates that are broken on purpose, or longer than 600 bytes, by name.
fn truly_broken() -> BTreeMap<String, BTreeSet<&'static str>> {
    let (points, duplicate, long) = ("crl-distribution-points", "extension-duplicate", "certificate-too-long");
    [
        ("2CDPs", &[points, duplicate][..]),
        ("2CDPs-Issuer-PAA-FFF1", &[points, duplicate, long]),
        ("2CDPs-Issuer-PAI-FFF2-8004", &[points, long]),
        ("CDP-2CRLIssuers-PAA-FFF1", &[points, long]),
        ("CDP-2DPs", &[points]),
        ("CDP-2URIs", &[points]),
        ("CDP-CRL-Issuer-PAA-FFF1-2DPs", &[points, long]),
        ("CDP-Issuer-PAA-FFF1", &[long]),
        ("CDP-Issuer-PAI-FFF2-8004", &[long]),
        ("CDP-Issuer-PAI-FFF2-8004-Long", &[long]),
        ("CDP-Wrong-Prefix", &[points]),
    ]
    .into_iter()
    .map(|(name, ids)| {
        (
            format!("Chip-Test-DAC-FFF1-8000-0000-{name}"),
            ids.iter().copied().collect(),
        )
    })
    .collect()
}

#[test]
fn published_certificates_lint_clean_except_for_known_faults() {
    let Some(root) = vectors() else { return };
    let mut cases = 0;
    let mut broken = BTreeMap::new();
    for folder in ["attestation_test", "attestation_development", "revocation"] {
        for (name, der) in files(&root.join("attestation").join(folder), "-Cert.der") {
            let report = lint(&der, role(&name), Profile::Strict);
            if !report.is_accepted() {
                broken.insert(name, ids(&report));
            }
            cases += 1;
        }
    }
    assert_eq!(broken, truly_broken());
    println!("attestation lint: {cases} cases ran");
}

#[test]
fn formats_are_judged_as_by_the_sdk() {
    let Some(root) = vectors() else { return };
    let mut cases = 0;
    let folder = root.join("attestation/attestation_test");
    for row in json(&root.join("attestation/unit/table_verify_format.json"))
        .as_array()
        .unwrap()
    {
        // Certificates embedded in the SDK's source are not in the data.
        let Some(name) = row["cert"].as_str().filter(|name| !name.contains(':')) else {
            continue;
        };
        let der = fs::read(folder.join(format!("{name}.der"))).unwrap();
        let role = row["as"].as_str().unwrap();
        // The SDK's verifier does not check the format of a PAA; its strict counterpart does.
        let profile = if role == "PAA" { Profile::Strict } else { Profile::Sdk };
        let report = lint(&der, role, profile);
        assert_eq!(
            report.is_accepted(),
            row["ok"].as_bool().unwrap(),
            "{name} {:?}",
            ids(&report)
        );
        cases += 1;
    }
    println!("attestation formats: {cases} cases ran");
}

#[test]
fn chains_are_judged_as_by_the_sdk() {
    let Some(root) = vectors() else { return };
    let mut cases = 0;
    let folder = root.join("attestation/attestation_test");
    let read = |name: &str| fs::read(folder.join(format!("{name}.der"))).unwrap();
    for row in json(&root.join("attestation/unit/table_chain.json"))
        .as_array()
        .unwrap()
    {
        let names: Vec<_> = ["paa", "pai", "dac"]
            .iter()
            .filter_map(|part| row[part].as_str())
            .collect();
        let [paa, pai, dac] = names[..] else { continue };
        if names.iter().any(|name| name.contains(':')) {
            continue;
        }
        let (paa, pai, dac) = (read(paa), read(pai), read(dac));
        let report = Verification::new()
            .with_paa(&paa)
            .with_pai(&pai)
            .with_dac(&dac)
            .run(Profile::Sdk);
        // The table concerns only the chain, and a PAA in place of a PAI breaks further rules.
        let chain = [
            Rule::IssuerName,
            Rule::AuthorityKeyId,
            Rule::CertificateSignature,
            Rule::IssuerNotValidThen,
        ];
        let broken = report
            .errors()
            .any(|finding| chain.contains(&finding.rule()) || finding.rule() == Rule::PaaNotFound);
        assert_eq!(!broken, row["ok"].as_bool().unwrap(), "{names:?} {:?}", ids(&report));
        cases += 1;
    }
    println!("attestation chains: {cases} cases ran");
}

#[test]
fn paa_stores_hold_all_published_paas() {
    let Some(root) = vectors() else { return };
    let mut store = PaaStore::new();
    let mut insert = |folder: &Path| {
        for (name, der) in files(folder, "-Cert.der") {
            if role(&name) == "PAA" {
                let key_id = store.insert(&der).unwrap();
                assert!(store.contains(key_id));
            }
        }
    };
    insert(&root.join("attestation/attestation_test"));
    insert(&root.join("attestation/attestation_development"));
    assert!(store.len() >= 5 && !store.is_empty());
    println!("attestation PAA store: {} cases ran", store.len());
}

#[test]
fn ids_in_subjects_are_read_as_by_the_sdk() {
    let Some(root) = vectors() else { return };
    let mut cases = 0;
    for row in json(&root.join("attestation/unit/table_vidpid_string.json"))
        .as_array()
        .unwrap()
    {
        let attribute = match row["attr"].as_str().unwrap() {
            "MatterVID" => der::VENDOR_ID,
            "MatterPID" => der::PRODUCT_ID,
            "CommonName" => der::COMMON_NAME,
            _ => der::ORGANIZATION,
        };
        let value = row["value"].as_str().unwrap();
        let mut dac = kit::Kit::new().dac;
        dac.subject = der::name(&[(attribute, der::UTF8, value)]);
        let found = ids(&lint(&dac.encode(), "DAC", Profile::Sdk));
        let malformed = ["vendor-id-malformed", "product-id-malformed", "name-malformed"];
        let refused = malformed.iter().any(|id| found.contains(id));
        assert_eq!(!refused, row["result"] == "CHIP_NO_ERROR", "{value} {found:?}");
        if !refused {
            assert_eq!(found.contains("vendor-id-missing"), row["vid"].is_null(), "{value}");
            assert_eq!(found.contains("product-id-missing"), row["pid"].is_null(), "{value}");
        }
        cases += 1;
    }
    println!("attestation ids in subjects: {cases} cases ran");
}

#[test]
fn a_published_attestation_response_verifies() {
    let Some(root) = vectors() else { return };
    let arrays = json(&root.join("attestation/unit/device_attestation_credentials_arrays.json"));
    let first = |name: &str| bytes(&arrays[name][0]);
    let elements = first("attestationElementsTestVector");
    let decoded = AttestationElements::decode(&elements).unwrap();
    assert_eq!(decoded.declaration(), bytes(&arrays["sTest_CD"]));
    assert_eq!(decoded.nonce(), first("attestationNonceTestVector"));
    let entries: Vec<_> = decoded
        .vendor_reserved()
        .iter()
        .map(|entry| (entry.vendor_id, entry.profile, entry.tag, entry.data))
        .collect();
    assert_eq!(
        entries,
        [
            (0xFFF1, 0x3E, 1, &b"sample_vendor_reserved1"[..]),
            (0xFFF1, 0x3E, 3, b"vendor_reserved3_example"),
        ]
    );
    let nonce = decoded.nonce().try_into().unwrap();
    let again = entries.iter().fold(
        AttestationElements::new(decoded.declaration(), nonce, decoded.timestamp()),
        |elements, &(vendor_id, profile, tag, data)| {
            elements.with_vendor_reserved(VendorReserved {
                vendor_id,
                profile,
                tag,
                data,
            })
        },
    );
    assert_eq!(again.encode().unwrap(), elements);

    let (signature, challenge) = (
        first("attestationSignatureTestVector"),
        first("attestationChallengeTestVector"),
    );
    let folder = root.join("attestation/attestation_test");
    let dac = fs::read(folder.join("Chip-Test-DAC-FFF1-8000-0004-Cert.der")).unwrap();
    let response = AttestationResponse {
        elements: &elements,
        signature: &signature,
        challenge: &challenge,
        nonce: decoded.nonce(),
    };
    let signers = DeclarationSigners::new().with_test_key(true);
    let verification = Verification::new().with_dac(&dac).with_declaration_signers(&signers);
    let report = verification.with_response(response).run(Profile::Strict);
    assert!(report.is_accepted(), "{:?}", ids(&report));
    let wrong = bytes(&arrays["wrongAttestationSignatureTestVector"]);
    let report = verification
        .with_response(AttestationResponse {
            signature: &wrong,
            ..response
        })
        .run(Profile::Sdk);
    assert_eq!(report.sdk_result().number(), 500);
    println!("attestation responses: 2 cases ran");
}

#[test]
fn the_signers_of_the_csa_chain_to_its_root() {
    let Some(root) = vectors() else { return };
    let mut cases = 0;
    for folder in ["cd_signing_production", "cd_signing_development"] {
        for (name, der) in files(&root.join("attestation").join(folder), ".der") {
            let certificate = Certificate::from_der(&der).unwrap();
            DeclarationSigners::new()
                .with_certificate(&certificate)
                .unwrap_or_else(|error| panic!("{name}: {error}"));
            cases += 1;
        }
    }
    let arrays = json(&root.join("attestation/unit/certification_declaration_arrays.json"));
    let untrusted = Certificate::from_der(&bytes(&arrays["gUntrustedCdCert"])).unwrap();
    assert!(DeclarationSigners::new().with_certificate(&untrusted).is_err());
    println!("attestation declaration signers below the root: {cases} cases ran");
}

#[test]
fn an_untrusted_declaration_is_refused() {
    let Some(root) = vectors() else { return };
    let arrays = json(&root.join("attestation/unit/certification_declaration_arrays.json"));
    let cd = bytes(&arrays["gUntrustedCd"]);
    let report = Verification::new().with_declaration(&cd).run(Profile::Sdk);
    assert_eq!(report.sdk_result().number(), 601);
    assert!(ids(&report).contains("cd-signer-unknown"), "{:?}", ids(&report));
    println!("attestation untrusted declaration: 1 cases ran");
}
