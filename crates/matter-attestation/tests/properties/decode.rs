//! The first byte selects a certificate, a private key or a declaration: decoding never panics; an accepted input
//! round-trips (a declaration's signature is checked without a panic).

use matter_attestation::{Certificate, PrivateKey, SignedDeclaration, test_cd_signing_key};

pub(crate) fn property(input: &[u8]) {
    let Some((selector, input)) = input.split_first() else {
        return;
    };
    match selector % 3 {
        0 => {
            if let Ok(certificate) = Certificate::decode(input) {
                assert_eq!(Certificate::decode(certificate.as_der()), Ok(certificate.clone()));
                assert_eq!(Certificate::from_pem(&certificate.to_pem()), Ok(certificate));
            }
        }
        1 => {
            if let Ok(key) = PrivateKey::decode(input) {
                let copy = PrivateKey::decode(&key.to_sec1_der()).unwrap();
                assert_eq!(copy.expose_scalar(), key.expose_scalar());
            }
        }
        _ => {
            if let Ok(declaration) = SignedDeclaration::decode(input) {
                let _ = declaration.verify(&test_cd_signing_key().public_key());
            }
        }
    }
}
