//! Published vectors, which need identities, fixed scalars and, in RFC 9383, another key schedule: features outside of
//! the public API.

use std::collections::BTreeMap;
use std::vec::Vec;

use p256::elliptic_curve::PrimeField;

use super::keys::Schedule;
use super::transcript::{M, N, Transcript, expand, mac};
use super::*;
use crate::{ProverKey, Verifier};

/// RFC 9383 appendix C.
const RFC_9383: &str = include_str!("../../tests/data/rfc9383.txt");
/// The four vectors of draft-bar-cfrg-spake2plus-01.
const DRAFT_01: &str = include_str!("../../tests/data/draft01.txt");

type Vector = BTreeMap<&'static str, Vec<u8>>;

fn vectors(text: &'static str) -> Vec<Vector> {
    let line = |line: &'static str| {
        let (name, hex) = line.split_once(' ').unwrap_or((line, ""));
        let bytes = (0..hex.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap());
        (name, bytes.collect())
    };
    text.split("\n\n")
        .map(|vector| vector.lines().map(line).collect())
        .collect()
}

fn scalar(bytes: &[u8]) -> Scalar {
    Scalar::from_repr(FieldBytes::try_from(bytes).unwrap()).unwrap()
}

/// Both sides' hash of the transcript, which must match the vector.
fn main_key(vector: &Vector) -> [u8; 32] {
    let key = ProverKey::from_scalars(scalar(&vector["w0"]), scalar(&vector["w1"]));
    let stored = key.verifier();
    assert_eq!(stored.expose_bytes()[32..], vector["l"]);
    let (w0, l) = Verifier::from_bytes(stored.expose_bytes()).unwrap().parts();

    let (x, y) = (scalar(&vector["x"]), scalar(&vector["y"]));
    let prover_share = blinded(&x, key.w0(), &M).unwrap();
    let verifier_share = blinded(&y, &w0, &N).unwrap();
    assert_eq!(prover_share.as_bytes()[..], vector["share_prover"]);
    assert_eq!(verifier_share.as_bytes()[..], vector["share_verifier"]);

    let transcript = Transcript {
        context: &vector["context"],
        id_prover: &vector["id_prover"],
        id_verifier: &vector["id_verifier"],
        prover_share: &prover_share,
        verifier_share: &verifier_share,
    };
    let prover = ProverExchange::with_scalar(key, x, prover_share);
    let (of_prover, degenerate) = prover.main_key(&transcript).unwrap();
    assert!(!bool::from(degenerate));
    let (of_verifier, degenerate) = verifier::main_key(&y, &w0, &l, &transcript).unwrap();
    assert!(!bool::from(degenerate));
    assert_eq!(of_prover, of_verifier);
    assert_eq!(of_prover[..], vector["k_main"]);
    *of_prover
}

#[test]
fn draft_vectors_hold_with_the_schedule_of_matter() {
    let vectors = vectors(DRAFT_01);
    assert_eq!(vectors.len(), 4);
    for vector in &vectors {
        let main = main_key(vector);
        let shares = ["share_prover", "share_verifier"].map(|name| Share::from_bytes(&vector[name]).unwrap());
        let schedule = Schedule::matter(&main, &shares[0], &shares[1]);
        assert_eq!(schedule.prover.as_bytes()[..], vector["confirm_p"]);
        assert_eq!(schedule.verifier.as_bytes()[..], vector["confirm_v"]);
    }
}

#[test]
fn rfc_9383_vector_holds_with_its_own_schedule() {
    let vectors = vectors(RFC_9383);
    let [vector] = &*vectors else { panic!("one vector") };
    let main = main_key(vector);
    let confirmation = expand::<64>(&main, b"ConfirmationKeys");
    let (prover, verifier) = confirmation.split_at(32);
    assert_eq!(prover, vector["k_confirm_p"]);
    assert_eq!(verifier, vector["k_confirm_v"]);
    assert_eq!(mac(prover, &vector["share_verifier"])[..], vector["confirm_p"]);
    assert_eq!(mac(verifier, &vector["share_prover"])[..], vector["confirm_v"]);
    assert_eq!(expand::<32>(&main, b"SharedKey")[..], vector["k_shared"]);
}

#[test]
fn constants_are_the_compressed_points_of_the_rfc() {
    // RFC 9383 section 4 lists them compressed: the tags state that M's y is even and N's is odd.
    for (point, parity) in [(M, 0), (N, 1)] {
        assert!(Share::from_bytes(&point).is_ok());
        assert_eq!(point[64] & 1, parity);
    }
}

#[test]
fn share_without_a_secret_in_it_is_degenerate() {
    let vector = &vectors(RFC_9383)[0];
    let key = ProverKey::from_scalars(scalar(&vector["w0"]), scalar(&vector["w1"]));
    let nothing = |base: &[u8; 65]| {
        let base = Share::from_bytes(base).unwrap().point();
        Share::from_point(&(base * key.w0()))
    };
    let (prover_share, verifier_share) = (nothing(&M), nothing(&N));
    let transcript = Transcript {
        context: &[],
        id_prover: &[],
        id_verifier: &[],
        prover_share: &prover_share,
        verifier_share: &verifier_share,
    };
    let (w0, l) = key.verifier().parts();
    let prover = ProverExchange::with_scalar(key.clone(), scalar(&vector["x"]), prover_share);
    assert!(bool::from(prover.main_key(&transcript).unwrap().1));
    let y = scalar(&vector["y"]);
    assert!(bool::from(verifier::main_key(&y, &w0, &l, &transcript).unwrap().1));
    // The keys then depend on w0 alone, and must be refused nevertheless.
    let (main, _) = prover.main_key(&transcript).unwrap();
    let context_main = {
        let transcript = Transcript {
            context: prover.context().as_bytes(),
            ..transcript
        };
        prover.main_key(&transcript).unwrap().0
    };
    assert_ne!(main, context_main);
    let right = Schedule::matter(&context_main, &prover_share, &verifier_share).verifier;
    assert_eq!(
        prover.finish(&verifier_share, &right).unwrap_err(),
        Error::ConfirmationMismatch
    );
}
