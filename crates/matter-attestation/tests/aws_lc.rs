//! The arithmetic of AWS-LC gives the same keys, signatures and results as p256.
#![cfg(feature = "aws-lc-rs")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::as_conversions)]

#[path = "support/chain.rs"]
mod chain;

use matter_attestation::{Certificate, Error, Issuer, IssuerVerifier, PrivateKey};
use p256::ecdsa::{DerSignature, SigningKey};
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use signature::Signer;

use self::chain::{dac_subject, key, pai, pai_subject, serial, years};

/// The smallest and the largest scalar, one with leading zeros, and others.
fn keys() -> Vec<PrivateKey> {
    let mut one = [0; 32];
    one[31] = 1;
    // The order of the curve minus one (SEC 2, 2.4.2).
    let most = hex_literal::hex!("FFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632550");
    let mut keys = [one, most]
        .map(|scalar| PrivateKey::from_scalar(&scalar).unwrap())
        .to_vec();
    let mut rng = ChaCha20Rng::seed_from_u64(21);
    keys.extend((0..200).map(|_| PrivateKey::generate(&mut rng)));
    keys
}

#[test]
fn keys_and_signatures_match_p256() {
    for key in keys() {
        let same = SigningKey::from_slice(&*key.expose_scalar()).unwrap();
        let point = same.verifying_key().to_sec1_point(false);
        assert_eq!(key.public_key().as_bytes(), point.as_bytes());
        for message in [&b""[..], b"message", &[0xA5; 1000]] {
            let (ours, theirs): (DerSignature, DerSignature) = (key.sign(message), same.sign(message));
            assert_eq!(ours.as_bytes(), theirs.as_bytes());
        }
    }
}

#[test]
fn issuer_verifier_refuses_other_signatures() {
    let subject = pai_subject();
    let pai = pai(&subject);
    let verifier = IssuerVerifier::new(pai.clone());
    let (issuer_key, subject) = (key(2), dac_subject());
    let issuer = Issuer::new(&pai, &issuer_key).unwrap();
    let dac = issuer
        .issue_dac(&subject, &key(3).public_key(), years(2026, 2030), serial(4))
        .unwrap();
    verifier.verify(&dac).unwrap();
    let mut refused = 0;
    for at in 0..dac.as_der().len() {
        let mut changed = dac.as_der().to_vec();
        changed[at] ^= 1;
        let Ok(changed) = Certificate::from_der(&changed) else {
            continue;
        };
        let expected = changed.verify_issued_by(&pai);
        assert_eq!(verifier.verify(&changed), expected, "byte {at}");
        refused += u32::from(expected.is_err());
    }
    assert!(refused > 100, "{refused}");
    assert_eq!(verifier.verify(&pai).unwrap_err(), Error::IssuerNameMismatch);
}
