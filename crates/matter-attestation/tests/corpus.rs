//! Replays the fuzz corpora with the properties of the fuzz targets.

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
fn accepted_inputs_round_trip() {
    replay("matter_attestation_decode", decode::property);
}

#[test]
fn only_unchanged_parts_are_accepted() {
    replay("matter_attestation_verify", verify::property);
}

#[test]
fn linting_never_panics() {
    replay("matter_attestation_lint", |input| {
        lint::property(input);
        // The seeds of elements and of distribution points have no selector byte.
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
fn certificates_of_a_bundle_decode_the_same_alone() {
    replay("matter_attestation_bundle", bundle::property);
}

#[test]
fn accepted_requests_round_trip() {
    replay("matter_attestation_csr", csr::property);
}

#[test]
fn accepted_lists_round_trip() {
    replay("matter_attestation_crl", crl::property);
}
