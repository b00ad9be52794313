//! The strict types and the lint are two views of one reader: what the former refuse, the latter reports at the same
//! position; and x509-cert, an independent decoder, returns the same for certificates that both accept.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing)]

#[path = "support/chain.rs"]
mod chain;

use std::sync::LazyLock;

use der::{Decode, Encode};
use matter_attestation::{
    Certificate, CertificationDeclaration, CertificationType, DeclarationSigners, Error, Finding, Issuer, Profile,
    Rule, Severity, SignedDeclaration, TEST_CD_SIGNING_KEY_ID, Verification, VerificationReport, test_cd_signing_key,
};
use proptest::prelude::*;
use proptest::sample::Index;

/// PAA, PAI and DAC.
static CERTIFICATES: LazyLock<[Vec<u8>; 3]> = LazyLock::new(|| {
    let pai = chain::pai(&chain::pai_subject());
    let issuer = chain::key(2);
    let dac = Issuer::new(&pai, &issuer).unwrap().issue_dac(
        &chain::dac_subject().with_ids_in_common_name(),
        &chain::key(3).public_key(),
        chain::years(2025, 2060),
        chain::serial(3),
    );
    [chain::paa(), pai, dac.unwrap()].map(|certificate| certificate.as_der().to_vec())
});

static DECLARATION: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let products = [chain::product(chain::PRODUCT)];
    CertificationDeclaration::new(
        chain::vendor(chain::VENDOR),
        &products,
        22,
        "CSA00000SWC00000-00",
        CertificationType::DevelopmentAndTest,
    )
    .unwrap()
    .sign(&test_cd_signing_key(), TEST_CD_SIGNING_KEY_ID)
    .unwrap()
});

/// A byte replaced, inserted or removed, usually without adjusting the lengths around it.
fn edited(original: &[u8], edits: &[(Index, u8, u8)]) -> Vec<u8> {
    let mut bytes = original.to_vec();
    for (at, kind, value) in edits {
        if bytes.is_empty() {
            break;
        }
        let at = at.index(bytes.len());
        match kind % 8 {
            0 => bytes.insert(at, *value),
            1 => drop(bytes.remove(at)),
            2 => bytes[at] ^= 1 << (value % 8),
            _ => bytes[at] = *value,
        }
    }
    bytes
}

fn edits() -> impl Strategy<Value = Vec<(Index, u8, u8)>> {
    proptest::collection::vec(any::<(Index, u8, u8)>(), 0..3)
}

fn reports_a_fault(report: &VerificationReport, place: Option<usize>) -> bool {
    let place = place.map(|offset| format!("at byte {offset}"));
    report.findings().iter().any(|finding| {
        let counts = finding.severity() >= Severity::Warning;
        // Trailing bytes are counted, and their position is the end.
        let there = |place: &String| {
            finding.detail().split(';').next() == Some(place.as_str()) || finding.detail().ends_with("of them")
        };
        counts && place.as_ref().is_none_or(there)
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    #[test]
    fn lint_reports_why_a_certificate_is_refused(number in 0usize..3, edits in edits()) {
        let der = edited(&CERTIFICATES[number], &edits);
        let verification = Verification::new();
        let report = match number {
            0 => verification.with_paa(&der),
            1 => verification.with_pai(&der),
            _ => verification.with_dac(&der),
        }
        .run(Profile::Strict);
        match Certificate::from_der(&der) {
            Ok(_) => {}
            Err(Error::CertificateMalformed { offset }) => {
                prop_assert!(offset.is_some() && reports_a_fault(&report, offset), "{:?}", report.findings());
            }
            Err(error) => prop_assert!(reports_a_fault(&report, None), "{error:?}: {:?}", report.findings()),
        }
    }

    #[test]
    fn lint_reports_why_a_declaration_is_refused(edits in edits()) {
        let cms = edited(&DECLARATION, &edits);
        let signers = DeclarationSigners::new().with_test_key(true);
        let report = Verification::new()
            .with_declaration_signers(&signers)
            .with_declaration(&cms)
            .run(Profile::Strict);
        match SignedDeclaration::decode(&cms) {
            Ok(_) => {}
            Err(Error::CdCmsMalformed { offset }) => {
                prop_assert!(offset.is_some() && reports_a_fault(&report, None), "{:?}", report.findings());
                // The other rules describe what is missing, without a position.
                let first = report.findings().iter().find(|finding| finding.severity() >= Severity::Warning);
                let first = first.filter(|finding| finding.rule() == Rule::CdMalformed);
                let (detail, place) = (first.map(Finding::detail), offset.map(|offset| format!("at byte {offset}")));
                // The type of the file may follow.
                let detail = detail.and_then(|detail| detail.split(';').next());
                prop_assert!(detail.is_none() || detail == place.as_deref(), "{detail:?} {place:?}");
            }
            Err(error) => prop_assert!(reports_a_fault(&report, None), "{error:?}: {:?}", report.findings()),
        }
    }

    #[test]
    fn x509_cert_reads_the_same(number in 0usize..3, edits in edits()) {
        let der = edited(&CERTIFICATES[number], &edits);
        let (Ok(ours), Ok(theirs)) = (Certificate::from_der(&der), x509_cert::Certificate::from_der(&der)) else {
            return Ok(());
        };
        let tbs = theirs.tbs_certificate();
        prop_assert_eq!(ours.issuer_der(), tbs.issuer().to_der().unwrap());
        prop_assert_eq!(ours.subject_der(), tbs.subject().to_der().unwrap());
        let serial = ours.serial();
        prop_assert_eq!(serial.as_bytes(), tbs.serial_number().as_bytes());
        prop_assert_eq!(ours.not_before(), tbs.validity().not_before.to_date_time());
        prop_assert_eq!(ours.not_after(), tbs.validity().not_after.to_date_time());
        let point = tbs.subject_public_key_info().subject_public_key.as_bytes();
        let key = ours.public_key();
        prop_assert_eq!(Some(&key.as_bytes()[..]), point);
    }
}
