//! Decoding any bytes as a certificate revocation list never panics; an accepted list round-trips, and does not verify
//! for an authority that did not sign it.

use std::sync::LazyLock;

use matter_attestation::{
    Certificate, Crl, DateTime, PaaSubject, SerialNumber, Validity, issue_paa, test_cd_signing_key,
};

static SIGNER: LazyLock<Certificate> = LazyLock::new(|| {
    let start = DateTime::new(2026, 1, 1, 0, 0, 0).unwrap();
    let subject = PaaSubject::new("Test PAA").unwrap();
    let serial = SerialNumber::new(&[1]).unwrap();
    issue_paa(
        &test_cd_signing_key(),
        &subject,
        Validity::without_expiry(start),
        serial,
    )
    .unwrap()
});

pub(crate) fn property(input: &[u8]) {
    let Ok(crl) = Crl::decode(input) else {
        return;
    };
    assert_eq!(Crl::from_der(crl.as_der()), Ok(crl.clone()));
    assert_eq!(Crl::decode(crl.to_pem().as_bytes()), Ok(crl.clone()));
    // No seed is signed with this key.
    assert!(crl.verify(&SIGNER, crl.this_update()).is_err());
}
