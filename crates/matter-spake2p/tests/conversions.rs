//! Conversions to and from std types, and comparisons that reveal no secret.

#![allow(clippy::unwrap_used, reason = "tests")]

use matter_spake2p::matter_types::Passcode;
use matter_spake2p::subtle::ConstantTimeEq;
use matter_spake2p::{Iterations, PaseCredential, PbkdfParameters, ProverKey, Salt, Share, Verifier};

fn same<T: ConstantTimeEq>(one: &T, other: &T) -> bool {
    one.ct_eq(other).into()
}

#[test]
fn a_salt_is_shown_and_read_as_base64() {
    let salt = Salt::try_from(&b"SPAKE2P Key Salt"[..]).unwrap();
    assert_eq!(salt.to_string(), "U1BBS0UyUCBLZXkgU2FsdA==");
    assert_eq!(salt.to_string().parse::<Salt>().unwrap(), salt);
    assert_eq!(salt.as_ref(), b"SPAKE2P Key Salt");
    assert_eq!(salt.to_base64().as_ref(), "U1BBS0UyUCBLZXkgU2FsdA==");
    assert!(Salt::try_from(&[0; 15][..]).is_err());
}

#[test]
fn credentials_and_keys_are_equal_in_all_parts_only() {
    let salts = [Salt::new(&[7; 16]).unwrap(), Salt::new(&[8; 16]).unwrap()];
    let make = |passcode, salt, iterations| {
        let parameters = PbkdfParameters::new(Iterations::new(iterations).unwrap(), salt);
        let passcode = Passcode::new(passcode).unwrap();
        let key = ProverKey::derive(&passcode, &parameters).unwrap();
        (PaseCredential::derive(passcode, parameters).unwrap(), key)
    };
    let [salt, other] = salts;
    let (credential, key) = make(20_202_021, salt, 1000);
    let (again, key_again) = make(20_202_021, salt, 1000);
    assert!(same(&credential, &again) && same(&key, &key_again));
    assert!(same(
        credential.verifier(),
        &Verifier::try_from(&again.verifier().expose_bytes()[..]).unwrap()
    ));
    assert!(same(&credential.verifier().to_base64(), &again.verifier().to_base64()));
    for (different, its_key) in [
        make(34_567_890, salt, 1000),
        make(20_202_021, other, 1000),
        make(20_202_021, salt, 1001),
    ] {
        assert!(!same(&credential, &different) && !same(&key, &its_key));
        assert!(!same(
            &credential.verifier().to_base64(),
            &different.verifier().to_base64()
        ));
    }
}

#[test]
fn numbers_and_bytes_go_in_and_out() {
    assert_eq!(u32::from(Iterations::try_from(1000).unwrap()), 1000);
    assert!(Iterations::try_from(999).is_err());
    assert!(Share::try_from(&[4; 65][..]).is_err() && Verifier::try_from(&[0; 97][..]).is_err());
}
