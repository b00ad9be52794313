//! Keys of the AWS-LC backend: another implementation of the same curve, held against p256's.
#![cfg(feature = "aws-lc-rs")]
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::as_conversions)]

#[path = "support/chain.rs"]
mod chain;

use matter_attestation::{AwsLcKey, Issuer, PaaSubject, PrivateKey, Validity, issue_paa};
use p256::ecdsa::DerSignature;
use signature::Signer;

use self::chain::{dac_subject, date, key, pai, pai_subject, serial, years};

#[test]
fn a_drawn_key_is_the_same_in_both() {
    for _ in 0..300 {
        let drawn = AwsLcKey::generate().unwrap();
        let same = PrivateKey::from_scalar(&drawn.expose_scalar().unwrap()).unwrap();
        assert_eq!(same.public_key(), *drawn.public_key());
        assert_eq!(*same.to_pkcs8_der(), *drawn.to_pkcs8_der().unwrap());
        assert_eq!(*same.to_sec1_der(), *drawn.to_sec1_der().unwrap());
        let signature: DerSignature = drawn.sign(b"message");
        same.public_key().verify_der(b"message", signature.as_bytes()).unwrap();
    }
}

#[test]
fn a_key_with_leading_zeros_keeps_them() {
    let scalar = [[0; 31].as_slice(), &[7]].concat().try_into().unwrap();
    let key = AwsLcKey::try_from(&PrivateKey::from_scalar(&scalar).unwrap()).unwrap();
    assert_eq!(*key.expose_scalar().unwrap(), scalar);
}

#[test]
fn it_issues_a_chain() {
    let aws = |byte| AwsLcKey::try_from(&key(byte)).unwrap();
    let (paa_key, pai_key) = (aws(1), aws(2));
    let validity = Validity::without_expiry(date(2024));
    let paa = issue_paa(&paa_key, &PaaSubject::new("PAA").unwrap(), validity, serial(1)).unwrap();
    let subject = pai_subject();
    let issuer = Issuer::new(&paa, &paa_key).unwrap();
    issuer
        .issue_pai(&subject, pai_key.public_key(), validity, serial(2))
        .unwrap();

    // Everything that is signed is the same, byte by byte.
    let (pai, software) = (pai(&subject), key(2));
    let (issuer, other) = (
        Issuer::new(&pai, &pai_key).unwrap(),
        Issuer::new(&pai, &software).unwrap(),
    );
    let template = issuer.dac_template(&dac_subject(), years(2025, 2030)).unwrap();
    let device = AwsLcKey::generate().unwrap();
    let dac = template.issue("Test DAC", device.public_key(), serial(3)).unwrap();
    let same = other
        .issue_dac(&dac_subject(), device.public_key(), years(2025, 2030), serial(3))
        .unwrap();
    let signed = |der: &[u8]| der[4..4 + 4 + usize::from(der[6]) * 256 + usize::from(der[7])].to_vec();
    assert_eq!(signed(dac.as_der()), signed(same.as_der()));
    assert_eq!(
        Issuer::new(&pai, &paa_key).unwrap_err(),
        matter_attestation::Error::KeyMismatch
    );
}

#[test]
fn debug_shows_no_key() {
    assert_eq!(format!("{:?}", AwsLcKey::generate().unwrap()), "AwsLcKey([elided])");
}
