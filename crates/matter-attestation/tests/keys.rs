//! Private keys in every accepted form and in refused ones.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::as_conversions)]

use hex_literal::hex;
use matter_attestation::{Error, PrivateKey, PublicKey};
use p256::ecdsa::{DerSignature, Signature};
use proptest::prelude::*;
use rand_chacha::ChaCha20Rng;
use rand_chacha::rand_core::SeedableRng;
use signature::Signer;
use signature::hazmat::PrehashSigner;

// RFC 6979, A.2.5: a key on P-256 and its signature of "sample" with SHA-256.
const SCALAR: [u8; 32] = hex!("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721");
const POINT: [u8; 65] = hex!(
    "04 60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6"
    "7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299"
);
const SIGNATURE: [u8; 64] = hex!(
    "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716"
    "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8"
);

fn sec1_der() -> Vec<u8> {
    [
        &hex!("30 77 02 01 01 04 20") as &[u8],
        &SCALAR,
        &hex!("A0 0A 06 08 2A 86 48 CE 3D 03 01 07 A1 44 03 42 00"),
        &POINT,
    ]
    .concat()
}

fn pkcs8_der() -> Vec<u8> {
    [
        &hex!("30 81 87 02 01 00 30 13 06 07 2A 86 48 CE 3D 02 01 06 08 2A 86 48 CE 3D 03 01 07") as &[u8],
        &hex!("04 6D 30 6B 02 01 01 04 20"),
        &SCALAR,
        &hex!("A1 44 03 42 00"),
        &POINT,
    ]
    .concat()
}

fn pem(label: &str, der: &[u8]) -> String {
    der::pem::encode_string(label, der::pem::LineEnding::LF, der).unwrap()
}

fn key() -> PrivateKey {
    PrivateKey::from_scalar(&SCALAR).unwrap()
}

#[test]
fn key_and_signature_match_rfc_6979() {
    let key = key();
    assert_eq!(*key.public_key().as_bytes(), POINT);
    let raw: Signature = key.try_sign(b"sample").unwrap();
    assert_eq!(raw.to_bytes()[..], SIGNATURE);
    key.public_key().verify_raw(b"sample", &SIGNATURE).unwrap();
    let der: DerSignature = key.try_sign(b"sample").unwrap();
    key.public_key().verify_der(b"sample", der.as_bytes()).unwrap();
    // SHA-256 of the same message.
    let hash = hex!("af2bdbe1aa9b6ec1e2ade1d694f41fc71a831d0268e9891562113d8a62add1bf");
    let hashed: DerSignature = key.sign_prehash(&hash).unwrap();
    assert_eq!(hashed.as_bytes(), der.as_bytes());
    let short: Result<DerSignature, _> = key.sign_prehash(&hash[1..]);
    assert!(short.is_err());
    for bad in [&SIGNATURE[..63], &[0; 64], der.as_bytes()] {
        assert_eq!(
            key.public_key().verify_raw(b"sample", bad),
            Err(Error::SignatureInvalid)
        );
    }
    assert_eq!(
        key.public_key().verify_der(b"sample", &SIGNATURE),
        Err(Error::SignatureInvalid)
    );
    assert_eq!(
        key.public_key().verify_der(b"other", der.as_bytes()),
        Err(Error::SignatureInvalid)
    );
}

#[test]
fn every_form_gives_the_same_key() {
    let no_public_key = [
        &hex!("30 31 02 01 01 04 20") as &[u8],
        &SCALAR,
        &hex!("A0 0A 06 08 2A 86 48 CE 3D 03 01 07"),
    ]
    .concat();
    let bare = [&hex!("30 25 02 01 01 04 20") as &[u8], &SCALAR].concat();
    let sec1_pem = pem("EC PRIVATE KEY", &sec1_der());
    let with_parameters = format!(
        "{}{sec1_pem}",
        pem("EC PARAMETERS", &hex!("06 08 2A 86 48 CE 3D 03 01 07"))
    );
    let with_text = format!("Private-Key: (256 bit)\n{sec1_pem}\n\n");
    for input in [
        sec1_der(),
        pkcs8_der(),
        no_public_key,
        bare,
        sec1_pem.replace('\n', "\r\n").into_bytes(),
        sec1_pem.into_bytes(),
        with_parameters.into_bytes(),
        with_text.into_bytes(),
        pem("PRIVATE KEY", &pkcs8_der()).into_bytes(),
    ] {
        let decoded = PrivateKey::decode(&input).unwrap();
        assert_eq!(*decoded.expose_scalar(), SCALAR);
    }
}

#[test]
fn the_encodings_are_the_usual_ones() {
    let der = key().to_sec1_der();
    assert_eq!(*der, sec1_der());
    assert_eq!(der.len(), PrivateKey::SEC1_LEN);
    assert_eq!(der[PrivateKey::SEC1_SCALAR_OFFSET..][..32], SCALAR);
    assert_eq!(der[PrivateKey::SEC1_POINT_OFFSET..], POINT);
    assert_eq!(*key().to_pkcs8_pem().unwrap(), pem("PRIVATE KEY", &pkcs8_der()));
}

#[test]
fn other_keys_have_an_error_of_their_own() {
    let refused = |input: &[u8]| PrivateKey::decode(input).map(|_| ()).unwrap_err();

    // PBES2 in PKCS#8: the algorithm comes first.
    let encrypted = hex!("30 11 30 0B 06 09 2A 86 48 86 F7 0D 01 05 0D 04 02 00 00");
    assert_eq!(refused(&encrypted), Error::KeyEncrypted);
    assert_eq!(
        refused(pem("ENCRYPTED PRIVATE KEY", &encrypted).as_bytes()),
        Error::KeyEncrypted
    );
    let headers = "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n\
                   -----END EC PRIVATE KEY-----\n";
    assert_eq!(refused(headers.as_bytes()), Error::KeyEncryption);

    // secp256k1 in SEC 1 and secp384r1 in PKCS#8.
    let koblitz = [
        &hex!("30 2E 02 01 01 04 20") as &[u8],
        &SCALAR,
        &hex!("A0 07 06 05 2B 81 04 00 0A"),
    ]
    .concat();
    assert_eq!(refused(&koblitz), Error::KeyNotP256);
    let mut longer = pkcs8_der();
    longer.splice(17..27, hex!("06 05 2B 81 04 00 22"));
    longer[2] -= 3;
    longer[7] -= 3;
    assert_eq!(refused(&longer), Error::KeyNotP256);
    let short = [&hex!("30 15 02 01 01 04 10") as &[u8], &SCALAR[..16]].concat();
    assert_eq!(refused(&short), Error::KeyNotP256);
    assert_eq!(
        refused(pem("RSA PRIVATE KEY", &[0x30, 0]).as_bytes()),
        Error::KeyNotP256
    );

    let mut mismatched = sec1_der();
    mismatched[56..].copy_from_slice(PrivateKey::from_scalar(&[1; 32]).unwrap().public_key().as_bytes());
    assert_eq!(refused(&mismatched), Error::KeyMismatch);

    assert_eq!(
        refused(pem("CERTIFICATE", &sec1_der()).as_bytes()),
        Error::PemLabel {
            expected: "PRIVATE KEY",
            found: Some("CERTIFICATE".to_owned())
        }
    );
    let twice = pem("EC PRIVATE KEY", &sec1_der()).repeat(2);
    assert_eq!(refused(twice.as_bytes()), Error::PemMalformed);
    assert_eq!(refused(&twice.as_bytes()[..60]), Error::PemMalformed);
    for malformed in [
        &b""[..],
        b"0",
        b"hello",
        &SCALAR[..31],
        &sec1_der()[..120],
        &[sec1_der(), vec![0]].concat(),
    ] {
        assert_eq!(refused(malformed), Error::KeyMalformed, "{malformed:02X?}");
    }
    for scalar in [[0; 32], [0xFF; 32]] {
        assert_eq!(
            PrivateKey::from_scalar(&scalar).map(|_| ()).unwrap_err(),
            Error::KeyScalarOutOfRange
        );
    }
}

#[test]
fn a_point_must_be_uncompressed_and_on_the_curve() {
    PublicKey::new(&POINT).unwrap();
    let mut off_curve = POINT;
    off_curve[64] ^= 1;
    let compressed = [&[0x03], &POINT[1..33]].concat();
    for bad in [&off_curve[..], &compressed, &POINT[..64], &[0], &[]] {
        assert_eq!(PublicKey::new(bad).unwrap_err(), Error::KeyNotP256);
    }
}

#[test]
fn debug_shows_no_key() {
    assert_eq!(format!("{:?}", key()), "PrivateKey([elided])");
}

#[test]
fn generated_keys_differ() {
    let mut rng = ChaCha20Rng::seed_from_u64(4);
    let (a, b) = (PrivateKey::generate(&mut rng), PrivateKey::generate(&mut rng));
    assert_ne!(a.public_key(), b.public_key());
}

proptest! {
    #[test]
    fn every_key_survives_every_form(scalar in any::<[u8; 32]>()) {
        if let Ok(key) = PrivateKey::from_scalar(&scalar) {
            let sec1 = key.to_sec1_der();
            let pkcs8 = key.to_pkcs8_pem().unwrap();
            prop_assert_eq!(*PrivateKey::decode(&sec1).unwrap().expose_scalar(), scalar);
            prop_assert_eq!(*PrivateKey::decode(pkcs8.as_bytes()).unwrap().expose_scalar(), scalar);
        }
    }
}

proptest! {
    #[test]
    fn keys_and_signatures_match_p256(scalar in any::<[u8; 32]>(), message in proptest::collection::vec(any::<u8>(), 0..200)) {
        let (ours, theirs) = (PrivateKey::from_scalar(&scalar), p256::ecdsa::SigningKey::from_slice(&scalar));
        prop_assert_eq!(ours.is_ok(), theirs.is_ok());
        let (Ok(ours), Ok(theirs)) = (ours, theirs) else { return Ok(()) };
        prop_assert_eq!(ours.public_key(), PublicKey::from(theirs.verifying_key()));
        let (ours, theirs): (Signature, Signature) = (ours.sign(&message), theirs.sign(&message));
        prop_assert_eq!(ours, theirs);
    }
}

#[test]
fn keys_are_compared_in_constant_time() {
    use matter_attestation::subtle::ConstantTimeEq;

    let other = PrivateKey::from_scalar(&[7; 32]).unwrap();
    assert!(bool::from(key().ct_eq(&key())));
    assert!(!bool::from(key().ct_eq(&other)));
}
