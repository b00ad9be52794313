//! Keys in files.
#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::Path;

use matter_attestation::PrivateKey;
use matter_signer::{Error, OpenedSigner, Secrets, SignerUri, SigningKey, VerifyingKey};
use p256::pkcs8::{EncodePrivateKey, LineEnding};
use rsa::pss::{Signature as RsaSignature, VerifyingKey as RsaVerifyingKey};
use rsa::sha2::Sha256;
use signature::hazmat::{PrehashSigner, PrehashVerifier};
use signature::{Keypair, Signer};

/// A generator with a fixed seed.
fn rng() -> rand_chacha::ChaCha20Rng {
    rand_chacha::rand_core::SeedableRng::seed_from_u64(7)
}

fn open(folder: &Path, name: &str, bytes: &[u8], secrets: &Secrets) -> Result<OpenedSigner, Error> {
    let path = folder.join(name);
    fs::write(&path, bytes).unwrap();
    SignerUri::from(path).open(secrets)
}

#[test]
fn keys_of_all_kinds_are_read_and_sign() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let none = Secrets::new();
    let p256 = PrivateKey::from_scalar(&[7; 32]).unwrap();
    let pem = p256.to_pkcs8_pem().unwrap();
    let encrypted = p256.to_encrypted_pkcs8_pem(b"secret", &mut rng()).unwrap();
    let cases = [
        (pem.as_bytes().to_vec(), none.clone()),
        (p256.to_pkcs8_der().to_vec(), none.clone()),
        (p256.to_sec1_der().to_vec(), none.clone()),
        // A superfluous password is accepted: one of several keys may be encrypted.
        (pem.as_bytes().to_vec(), Secrets::new().with_password("secret")),
        (encrypted.as_bytes().to_vec(), Secrets::new().with_password("secret")),
    ];
    for (bytes, secrets) in cases {
        let OpenedSigner::P256(signer) = open(folder, "p256", &bytes, &secrets).unwrap() else {
            unreachable!()
        };
        assert_eq!(signer.public_key(), p256.public_key());
        assert!(signer.private_key().is_some());
        let signature: p256::ecdsa::Signature = signer.try_sign(b"message").unwrap();
        p256.public_key().verify_raw(b"message", &signature.to_bytes()).unwrap();
    }

    let p384 = p384::ecdsa::SigningKey::from_slice(&[7; 48]).unwrap();
    let pem = p384.to_pkcs8_pem(LineEnding::LF).unwrap();
    let der = p384.to_pkcs8_der().unwrap();
    for bytes in [pem.as_bytes(), der.as_bytes()] {
        let OpenedSigner::P384(signer) = open(folder, "p384", bytes, &none).unwrap() else {
            unreachable!()
        };
        let signature = signer.sign_prehash(&[3; 48]).unwrap();
        p384.verifying_key().verify_prehash(&[3; 48], &signature).unwrap();
    }

    let rsa = rsa::PrivateKey::new(&mut rng(), 2048).unwrap();
    let pem = rsa.to_pkcs8_pem(LineEnding::LF).unwrap();
    let OpenedSigner::Rsa(signer) = open(folder, "rsa", pem.as_bytes(), &none).unwrap() else {
        unreachable!()
    };
    let signature: RsaSignature = signer.sign_prehash(&[3; 32]).unwrap();
    let public_key = RsaVerifyingKey::<Sha256>::new(rsa.to_public_key());
    public_key.verify_prehash(&[3; 32], &signature).unwrap();
    assert_eq!(
        VerifyingKey::Rsa(signer.verifying_key().into()),
        VerifyingKey::Rsa(rsa.to_public_key())
    );
}

#[test]
fn files_without_a_key_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let key = PrivateKey::from_scalar(&[7; 32]).unwrap();
    let encrypted = key.to_encrypted_pkcs8_pem(b"secret", &mut rng()).unwrap();
    let public = VerifyingKey::P256(Keypair::verifying_key(&key)).to_pem().unwrap();
    let cases: [(&[u8], Secrets, &str); 6] = [
        (b"", Secrets::new(), "is not a private key"),
        // Any AES-256 key would be accepted as a scalar.
        (&[7; 32], Secrets::new(), "is not a private key"),
        (
            b"0707070707070707070707070707070707070707070707070707070707070707",
            Secrets::new(),
            "is not a private key",
        ),
        (public.as_bytes(), Secrets::new(), "is not a private key"),
        (encrypted.as_bytes(), Secrets::new(), "is encrypted; "),
        (
            encrypted.as_bytes(),
            Secrets::new().with_password("other"),
            "cannot be decrypted with the given password",
        ),
    ];
    for (bytes, secrets, expected) in cases {
        let error = open(folder, "key", bytes, &secrets).unwrap_err().to_string();
        assert!(error.contains(expected) && error.contains("key"), "{error}");
        assert!(!error.contains("other\""), "{error}");
    }
    let error = SignerUri::from(folder.join("absent"))
        .open(&Secrets::new())
        .unwrap_err();
    assert!(matches!(error, Error::File { .. }) && std::error::Error::source(&error).is_some());
}

#[test]
fn debug_output_contains_no_secret() {
    let key = PrivateKey::from_scalar(&[0x55; 32]).unwrap();
    let shown = [
        format!("{:?}", SigningKey::P256(key.clone())),
        format!("{:?}", matter_signer::P256Signer::from(key)),
        format!("{:?}", Secrets::new().with_pin("4321").with_password("4321")),
    ];
    for shown in shown {
        assert!(shown.ends_with("([elided])"), "{shown}");
    }
}

/// PKCS#1 (RFC 8017, A.1.2) with integers of 100 KiB.
#[test]
fn an_rsa_key_of_a_hundred_kilobytes_is_refused_at_once() {
    fn element(tag: u8, content: &[u8]) -> Vec<u8> {
        let len = u32::try_from(content.len()).unwrap().to_be_bytes();
        [&[tag, 0x84][..], &len, content].concat()
    }
    let integer = element(2, &[0x7F; 100 << 10]);
    let mut members = vec![2, 1, 0];
    members.extend(integer.repeat(8));
    let key = element(0x30, &members);
    let start = std::time::Instant::now();
    assert!(matches!(
        SigningKey::decode(&key, None),
        Err(matter_attestation::Error::KeyMalformed)
    ));
    assert!(start.elapsed().as_secs() < 5);
}
