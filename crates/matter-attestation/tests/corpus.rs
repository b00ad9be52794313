//! Replays the fuzz corpora, with the properties of the fuzz targets.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

#[path = "properties/bundle.rs"]
mod bundle;
#[path = "properties/crl.rs"]
mod crl;
#[path = "properties/csr.rs"]
mod csr;
#[path = "properties/decode.rs"]
mod decode;
#[path = "properties/lint.rs"]
mod lint;
#[path = "properties/replay.rs"]
mod replay;
#[path = "properties/verify.rs"]
mod verify;

use matter_attestation::{AttestationElements, CrlDistributionPoint};
use replay::replay;

#[test]
fn what_is_accepted_decodes_to_the_same() {
    replay("matter_attestation_decode", decode::property);
}

#[test]
fn only_what_is_the_same_is_accepted() {
    replay("matter_attestation_verify", verify::property);
}

#[test]
fn whatever_is_linted_is_judged_without_a_panic() {
    replay("matter_attestation_lint", |input| {
        lint::property(input);
        // The seeds of elements and of distribution points are whole.
        match input.split_first().map(|(selector, part)| (selector % 6, part)) {
            Some((4, part)) => {
                let elements = AttestationElements::decode(part).unwrap();
                let encoded = elements.encode().unwrap();
                assert_eq!(AttestationElements::decode(&encoded), Ok(elements));
            }
            Some((5, part)) => {
                let point = CrlDistributionPoint::of_der(part).unwrap();
                assert!(point.uri().is_some() && point.crl_issuer_der().is_some());
            }
            _ => {}
        }
    });
}

#[test]
fn a_certificate_of_a_bundle_reads_the_same_alone() {
    replay("matter_attestation_bundle", bundle::property);
}

#[test]
fn a_request_that_is_accepted_decodes_to_the_same() {
    replay("matter_attestation_csr", csr::property);
}

#[test]
fn a_list_that_is_accepted_decodes_to_the_same() {
    replay("matter_attestation_crl", crl::property);
}
