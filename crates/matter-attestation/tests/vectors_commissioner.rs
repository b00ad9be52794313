//! The commissioner test vectors of the Matter SDK, located as in `vectors.rs`, in both profiles.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::as_conversions)]

#[path = "support/vectors.rs"]
mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use matter_attestation::{
    AttestationElements, AttestationResponse, DateTime, DeclarationSigners, Object, PaaStore, PrivateKey, Profile,
    Rule, Severity, Verification, VerificationReport, sign_elements,
};
use matter_types::{ProductId, VendorId};
use serde_json::Value;

use self::support::{bytes, files, vectors};

/// A vector marked as failing for a reason that only the DCL can show.
const LEDGER: [&str; 1] = ["struct_cd_version_number_wrong"];
/// Vectors marked as failing for values that no declaration has and that commissioners ignore.
const DISREGARDED: [&str; 3] = [
    "struct_cd_device_type_id_mismatch",
    "struct_cd_security_info_wrong",
    "struct_cd_security_level_wrong",
];

fn date(year: u16) -> DateTime {
    DateTime::new(year, 6, 1, 0, 0, 0).unwrap()
}

fn paas(root: &Path) -> PaaStore {
    let mut store = PaaStore::new();
    for folder in ["attestation_test", "attestation_development"] {
        for (name, der) in files(&root.join("attestation").join(folder), "-Cert.der") {
            if name.contains("-PAA-") && !name.contains("-DAC-") && !name.contains("Resign") {
                store.insert(&der).unwrap_or_else(|error| panic!("{name}: {error}"));
            }
        }
    }
    store
}

fn run(vector: &Value, paas: &PaaStore, time: DateTime, profile: Profile) -> VerificationReport {
    let part = |name: &str| bytes(&vector[name]);
    let (dac, pai, cd) = (part("dac_cert"), part("pai_cert"), part("certification_declaration"));
    let key = PrivateKey::from_scalar(&part("dac_private_key").try_into().unwrap()).unwrap();
    let (nonce, challenge) = ([7; 32], [9; 16]);
    let elements = AttestationElements::new(&cd, &nonce, 0).encode().unwrap();
    let signature = sign_elements(&elements, &challenge, &key).unwrap();
    let signers = DeclarationSigners::new().with_test_key(true);
    let product = vector["basic_info_pid"].as_u64().unwrap();
    Verification::new()
        .with_paa_store(paas)
        .with_pai(&pai)
        .with_dac(&dac)
        .with_declaration(&cd)
        .with_declaration_signers(&signers)
        .with_product(
            VendorId::new(0xFFF1).unwrap(),
            ProductId::new(product.try_into().unwrap()).unwrap(),
        )
        .with_response(AttestationResponse {
            elements: &elements,
            signature: &signature,
            challenge: &challenge,
            nonce: &nonce,
        })
        .at(time)
        .complete()
        .run(profile)
}

/// The faulty part according to a vector's name.
fn wrong_part(name: &str) -> Object {
    match name.split('_').nth(1) {
        _ if name == "invalid_paa" => Object::Paa,
        // This PAI has no product id. DAC and declaration are for another product than Basic Information.
        _ if name == "struct_pai_subject_pid_mismatch" => Object::Dac,
        Some("cd") => Object::Cd,
        Some("dac") => Object::Dac,
        Some("pai") => Object::Pai,
        _ => panic!("{name}"),
    }
}

fn family(name: &str) -> String {
    name.split('_').take(2).collect::<Vec<_>>().join("_")
}

fn describe(report: &VerificationReport) -> String {
    report
        .findings()
        .iter()
        .map(|finding| format!("\n  {finding}"))
        .collect()
}

#[test]
fn verdicts_match_the_sdk_and_the_flags() {
    let Some(root) = vectors() else { return };
    let paas = paas(&root);
    let mut counts = BTreeMap::<String, (u32, u32)>::new();
    let mut unseen: BTreeSet<_> = LEDGER.iter().chain(&DISREGARDED).copied().collect();
    for (name, text) in files(&root.join("attestation/commissioner_dut"), ".json") {
        let vector: Value = serde_json::from_slice(&text).unwrap();
        let flag = vector["is_success_case"] == "true";
        let ledger = LEDGER.contains(&name.as_str());
        let disregarded = DISREGARDED.contains(&name.as_str());
        let sdk = run(&vector, &paas, date(2026), Profile::Sdk);
        let strict = run(&vector, &paas, date(2026), Profile::Strict);
        assert_eq!(
            sdk.is_accepted(),
            flag || ledger || disregarded,
            "{name}{}",
            describe(&sdk)
        );
        assert_eq!(sdk.is_accepted(), sdk.sdk_result().number() == 0, "{name}");
        assert_eq!(strict.sdk_result(), sdk.sdk_result(), "{name}");
        assert_eq!(strict.is_accepted(), flag || ledger, "{name}{}", describe(&strict));
        if ledger {
            let note = strict
                .findings()
                .iter()
                .find(|finding| finding.rule() == Rule::CdNeedsLedger);
            assert_eq!(note.map(|finding| finding.object()), Some(Object::Cd), "{name}");
        }
        if !strict.is_accepted() {
            let part = wrong_part(&name);
            // A rule between two parts, such as `cd-dac-product-id`, is reported for one part and names the other. If
            // the ids of certificates and declaration match another product, a warning names the certificate.
            let named = strict.findings().iter().any(|finding| {
                finding.severity() > Severity::Note
                    && finding.rule() != Rule::PaaPublished
                    && (finding.object() == part || finding.rule().id().contains(part.name()))
            });
            assert!(named, "{name}{}", describe(&strict));
        }
        unseen.remove(name.as_str());
        let count = counts.entry(family(&name)).or_default();
        count.0 += u32::from(sdk.is_accepted());
        count.1 += 1;
    }
    assert!(unseen.is_empty(), "{unseen:?}");
    let total: u32 = counts.values().map(|(_, cases)| cases).sum();
    for (family, (accepted, cases)) in &counts {
        println!(
            "attestation commissioner vectors, {family}: {accepted} of {cases} accepted as by the SDK, all as expected"
        );
    }
    assert_eq!(total, 111);
    println!("attestation commissioner vectors: {total} cases ran");
}

#[test]
fn pai_not_valid_at_issuance_breaks_only_the_chain() {
    let Some(root) = vectors() else { return };
    let paas = paas(&root);
    let mut cases = 0;
    for (name, text) in files(&root.join("attestation/commissioner_dut"), ".json") {
        if !name.starts_with("struct_pai_valid_in_") {
            continue;
        }
        let vector: Value = serde_json::from_slice(&text).unwrap();
        for profile in [Profile::Sdk, Profile::Strict] {
            let report = run(&vector, &paas, date(2023), profile);
            let errors: Vec<_> = report
                .errors()
                .map(|finding| (finding.rule(), finding.object()))
                .collect();
            assert_eq!(
                errors,
                [(Rule::IssuerNotValidThen, Object::Pai)],
                "{name}{}",
                describe(&report)
            );
            assert_eq!(report.sdk_result().number(), 301, "{name}");
            cases += 1;
        }
    }
    assert!(cases > 0);
    println!("attestation commissioner vectors in 2023: {cases} cases ran");
}
