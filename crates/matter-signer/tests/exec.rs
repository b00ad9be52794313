//! Keys in a program. The programs are scripts for `/bin/sh`, which the URI names directly.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use matter_attestation::PrivateKey;
use matter_signer::{Error, OpenedSigner, P256Signer, Secrets, SignerUri, VerifyingKey};
use p256::ecdsa::{DerSignature, Signature};
use sha2::{Digest, Sha256};
use signature::hazmat::{PrehashSigner, PrehashVerifier};
use signature::{Keypair, Signer};
use tempfile::TempDir;

const MESSAGE: &[u8] = b"certificate";

fn key(byte: u8) -> P256Signer {
    PrivateKey::from_scalar(&[byte; 32]).unwrap().into()
}

/// A folder with the public key of one signer and a signature of another.
fn folder(public: &P256Signer, signing: &P256Signer, form: impl Fn(Signature) -> Vec<u8>) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let pem = VerifyingKey::from(public).to_pem().unwrap();
    fs::write(folder.path().join("public.pem"), pem).unwrap();
    let signature: Signature = signing.try_sign(MESSAGE).unwrap();
    fs::write(folder.path().join("signature"), form(signature)).unwrap();
    folder
}

fn raw(signature: Signature) -> Vec<u8> {
    signature.to_bytes().to_vec()
}

fn uri(folder: &Path, script: &str) -> SignerUri {
    let path = folder.join("program with spaces");
    fs::write(&path, script).unwrap();
    let path = path.display().to_string().replace(' ', "%20");
    format!("exec:/bin/sh?arg={path}&arg={}", folder.display())
        .parse()
        .unwrap()
}

/// Answers as the protocol requires, from files.
const ANSWERS: &str = r#"
case "$2 $3" in
    "public-key ") cat "$1/public.pem" ;;
    "sign ECDSA_SHA_256") cat >"$1/digest"; cat "$1/signature" ;;
    *) exit 9 ;;
esac
"#;

fn sign(uri: &SignerUri) -> Result<Signature, Error> {
    uri.open_p256(&Secrets::new())?.sign_digest(&Sha256::digest(MESSAGE))
}

#[test]
fn program_signs_in_both_forms() {
    let der = |signature: Signature| signature.to_der().as_bytes().to_vec();
    let forms: [fn(Signature) -> Vec<u8>; 2] = [raw, der];
    for form in forms {
        let key = key(5);
        let folder = folder(&key, &key, form);
        let signer = uri(folder.path(), ANSWERS).open_p256(&Secrets::new()).unwrap();
        assert_eq!(signer.verifying_key(), key.verifying_key());
        let signature: DerSignature = signer.try_sign(MESSAGE).unwrap();
        let expected: DerSignature = key.try_sign(MESSAGE).unwrap();
        assert_eq!(signature.as_bytes(), expected.as_bytes());
        let digest = fs::read(folder.path().join("digest")).unwrap();
        assert_eq!(digest.as_slice(), &Sha256::digest(MESSAGE)[..]);
    }
}

#[test]
fn program_may_leave_its_input_unread() {
    let key = key(6);
    let folder = folder(&key, &key, raw);
    let script = ANSWERS.replace("cat >\"$1/digest\"; ", "");
    let signature = sign(&uri(folder.path(), &script)).unwrap();
    let digest = Sha256::digest(MESSAGE);
    key.verifying_key().verify_prehash(&digest, &signature).unwrap();
}

#[test]
fn signature_of_another_key_is_refused() {
    let folder = folder(&key(5), &key(6), raw);
    let error = sign(&uri(folder.path(), ANSWERS)).unwrap_err();
    assert!(matches!(error, Error::SignatureMismatch), "{error}");
}

#[test]
fn signature_of_another_digest_is_refused_with_its_cause() {
    let key = key(5);
    let folder = folder(&key, &key, raw);
    let signer = uri(folder.path(), ANSWERS).open_p256(&Secrets::new()).unwrap();
    let refused = PrehashSigner::<Signature>::sign_prehash(&signer, &[1; 32]).unwrap_err();
    let cause = std::error::Error::source(&refused).unwrap();
    assert!(cause.to_string().contains("does not verify"), "{cause}");
}

#[test]
fn programs_that_misbehave_are_refused() {
    let folder = folder(&key(5), &key(5), raw);
    let opening = [
        ("cat /dev/zero", "wrote more than 16384 bytes"),
        ("echo garbage", "not a public key"),
        ("exit 0", "not a public key"),
        (
            "echo 'no such key: 7' >&2; echo more >&2; exit 3",
            "exit code 3: no such key: 7",
        ),
        ("kill -9 $$", "ended by a signal"),
        ("head -c 100000 /dev/zero >&2; exit 4", "exit code 4"),
    ];
    for (script, expected) in opening {
        let error = sign(&uri(folder.path(), script)).unwrap_err();
        assert!(error.to_string().contains(expected), "{script}: {error}");
    }
    let signing = [
        ("head -c 65 /dev/zero", "the signature is malformed: 65 bytes"),
        ("head -c 64 /dev/zero", "the signature is malformed: 64 bytes"),
        ("cat /dev/zero", "wrote more than 16384 bytes"),
        ("exit 0", "the signature is malformed: 0 bytes"),
        (
            "cat \"$1/signature\"; echo throttled >&2; exit 1",
            "exit code 1: throttled",
        ),
    ];
    for (script, expected) in signing {
        let script = format!("[ \"$2\" = public-key ] && exec cat \"$1/public.pem\"\n{script}");
        let error = sign(&uri(folder.path(), &script)).unwrap_err();
        assert!(error.to_string().contains(expected), "{script}: {error}");
    }
}

#[test]
fn program_that_ends_does_not_wait_for_its_children() {
    let folder = folder(&key(5), &key(5), raw);
    let script = format!("(sleep 60) >/dev/null 2>/dev/null </dev/null &\n{ANSWERS}");
    let started = Instant::now();
    sign(&uri(folder.path(), &script)).unwrap();
    assert!(started.elapsed() < Duration::from_secs(20));
}

#[test]
fn absent_program_is_refused() {
    let uri: SignerUri = "exec:/nowhere/kms".parse().unwrap();
    let error = uri.open(&Secrets::new()).unwrap_err();
    assert!(matches!(error, Error::ProgramNotRun { .. }));
    assert!(
        error
            .to_string()
            .starts_with("the program /nowhere/kms cannot be run: "),
        "{error}"
    );
}

#[test]
fn key_of_another_kind_is_refused_for_certificates() {
    let folder = tempfile::tempdir().unwrap();
    let key = p384::ecdsa::SigningKey::from_slice(&[7; 48]).unwrap();
    let pem = VerifyingKey::P384(*key.verifying_key()).to_pem().unwrap();
    fs::write(folder.path().join("public.pem"), pem).unwrap();
    let uri = uri(folder.path(), ANSWERS);
    assert!(matches!(uri.open(&Secrets::new()), Ok(OpenedSigner::P384(_))));
    let error = uri.open_p256(&Secrets::new()).unwrap_err();
    assert_eq!(error.to_string(), "the key is P-384, not P-256");
}
