//! PKCS#12 files of OpenSSL.

#![cfg(feature = "pkcs12")]
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use matter_attestation::{Error, Object, Part, Pkcs12};

/// Both are described in examples/tests/data/README.md.
const MODERN: &[u8] = include_bytes!("data/dac-modern.p12");
const LEGACY: &[u8] = include_bytes!("data/dac-legacy.p12");

#[test]
fn both_encryptions_of_openssl_are_read() {
    for (file, scalar) in [(MODERN, 4), (LEGACY, 5)] {
        let pem = der::pem::encode_string("PKCS12", der::pem::LineEnding::LF, file).unwrap();
        for input in [file, pem.as_bytes()] {
            let open = Pkcs12::decode_with(input, "factory").unwrap();
            let keys = open.private_keys().unwrap();
            assert_eq!(keys.len(), 1);
            assert_eq!(keys[0].expose_scalar()[31], scalar);
            let parts = open.certificates().iter().map(|der| Part::read(der).unwrap());
            let objects: Vec<_> = parts.map(|part| part.object()).collect();
            assert_eq!(objects, [Object::Dac, Object::Pai]);
            assert_eq!(format!("{open:?}"), "Pkcs12 { keys: 1, certificates: 2 }");
        }
    }
}

#[test]
fn another_password_and_a_broken_file_are_refused() {
    for file in [MODERN, LEGACY] {
        for password in ["", "Factory", "factory "] {
            assert_eq!(Pkcs12::decode_with(file, password).unwrap_err(), Error::Pkcs12Password);
        }
        for len in [0, 1, 20, file.len() - 1] {
            assert_eq!(
                Pkcs12::decode_with(&file[..len], "factory").unwrap_err(),
                Error::Pkcs12Malformed
            );
        }
    }
}
