//! Replays the fuzz corpus of the decoders, with the property of the fuzz target.

#![allow(clippy::unwrap_used, reason = "tests")]

use std::path::Path;

use matter_attestation::{Certificate, CertificateRequest, Crl, PrivateKey, SignedDeclaration, test_cd_signing_key};

/// Hands every file of a corpus over; there must be some.
fn replay(target: &str, check: impl Fn(&[u8])) {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/corpus")
        .join(target);
    let mut files: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|f| f.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty(), "no files in {}", folder.display());
    for file in &files {
        // Captured, and shown when the check fails.
        println!("{}", file.display());
        check(&std::fs::read(file).unwrap());
    }
    println!("{target}: {} files", files.len());
}

#[test]
fn what_is_accepted_decodes_to_the_same() {
    replay("matter_attestation_decode", |input| {
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
                    let copy = PrivateKey::decode(&key.to_sec1_der().unwrap()).unwrap();
                    assert_eq!(copy.expose_scalar(), key.expose_scalar());
                }
            }
            _ => {
                if let Ok(declaration) = SignedDeclaration::decode(input) {
                    let _ = declaration.verify(&test_cd_signing_key().public_key());
                }
            }
        }
    });
}

#[test]
fn a_request_that_is_accepted_decodes_to_the_same() {
    replay("matter_attestation_csr", |input| {
        if let Ok(request) = CertificateRequest::decode(input) {
            assert_eq!(CertificateRequest::from_der(request.as_der()), Ok(request.clone()));
            assert_eq!(CertificateRequest::decode(request.to_pem().as_bytes()), Ok(request));
        }
    });
}

#[test]
fn a_list_that_is_accepted_decodes_to_the_same() {
    replay("matter_attestation_crl", |input| {
        if let Ok(crl) = Crl::decode(input) {
            assert_eq!(Crl::from_der(crl.as_der()), Ok(crl.clone()));
            assert_eq!(Crl::decode(crl.to_pem().as_bytes()), Ok(crl));
        }
    });
}
