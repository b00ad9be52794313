//! Keys in a real token, created by `scripts/softhsm`: MATTER_TOKEN is its URI without a key, MATTER_PIN its PIN,
//! MATTER_MODULE the file of the module.
#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use cryptoki::context::Pkcs11;
use cryptoki::error::{Error as CryptokiError, RvError};
use cryptoki::mechanism::Mechanism;
use cryptoki::object::{Attribute, AttributeType, ObjectClass};
use matter_signer::{Error, KeyAlgorithm, OpenedSigner, Secrets, SignerUri, VerifyingKey};
use p256::ecdsa::Signature;
use sha2::{Digest, Sha256};
use signature::hazmat::{PrehashSigner, PrehashVerifier};
use signature::{Keypair, Signer, Verifier};

static CASES: AtomicU32 = AtomicU32::new(0);

/// Returns the URI of a key, or `None` without a token.
fn uri(object: &str) -> Option<SignerUri> {
    let Ok(token) = std::env::var("MATTER_TOKEN") else {
        println!("tokens: 0 cases ran");
        return None;
    };
    let (path, query) = token.split_once('?').unwrap();
    println!("tokens: {} cases ran", CASES.fetch_add(1, Ordering::Relaxed) + 1);
    Some(format!("{path};{object}?{query}").parse().unwrap())
}

fn secrets() -> Secrets {
    Secrets::from_environment()
}

#[test]
fn p256_key_is_generated_and_signs_from_many_threads() {
    let Some(uri) = uri("object=threads") else { return };
    let (named, made) = uri.generate(KeyAlgorithm::P256, &secrets()).unwrap();
    assert!(named.pkcs11().unwrap().id().is_some());
    let signer = named.open_p256(&secrets()).unwrap();
    assert_eq!(VerifyingKey::from(&signer), made.verifying_key());
    let threads = (0..8u8).map(|number| {
        let signer = signer.clone();
        thread::spawn(move || {
            let signatures = (0..50u8).map(|round| {
                let message = [number, round];
                let signature: Signature = signer.try_sign(&message).unwrap();
                signer.verifying_key().verify(&message, &signature).unwrap();
                signature.to_bytes().to_vec()
            });
            signatures.collect::<Vec<_>>()
        })
    });
    let threads = threads.collect::<Vec<_>>();
    let signatures = threads.into_iter().flat_map(|thread| thread.join().unwrap());
    assert_eq!(signatures.collect::<BTreeSet<_>>().len(), 400);
}

#[test]
fn rsa_key_is_generated_and_signs() {
    let Some(uri) = uri("object=rsa;id=%01%ff") else { return };
    let (named, made) = uri.generate(KeyAlgorithm::Rsa3072, &secrets()).unwrap();
    assert_eq!(named, uri);
    assert_eq!(made.verifying_key().kind(), "RSA with 3072 bits");
    let OpenedSigner::Rsa(signer) = uri.open(&secrets()).unwrap() else {
        unreachable!()
    };
    let digest = Sha256::digest(b"image");
    let [first, second] = [(); 2].map(|()| signer.sign_prehash(&digest).unwrap());
    for signature in [&first, &second] {
        signer.verifying_key().verify_prehash(&digest, signature).unwrap();
    }
    // The salt is random.
    assert_ne!(first, second);
    let error = uri.open_p256(&secrets()).unwrap_err();
    assert_eq!(error.to_string(), "the key is RSA with 3072 bits, not P-256");
}

/// The key's value is neither readable nor exportable by wrapping.
#[test]
fn generated_key_cannot_be_exported() {
    let Some(uri) = uri("object=fast") else { return };
    uri.generate(KeyAlgorithm::P256, &secrets()).unwrap();
    uri.open_p256(&secrets()).unwrap();
    let path = std::env::var("MATTER_MODULE").unwrap();
    // Initialized and logged in by the signer in this process.
    let module = Pkcs11::new(path).unwrap();
    let slot = module.get_slots_with_initialized_token().unwrap()[0];
    let session = module.open_rw_session(slot).unwrap();
    let signer = uri.open_p256(&secrets()).unwrap();
    let template = [
        Attribute::Class(ObjectClass::PRIVATE_KEY),
        Attribute::Label(b"fast".to_vec()),
    ];
    let key = session.find_objects(&template).unwrap()[0];
    let shown = session.get_attributes(key, &[AttributeType::Value]);
    assert!(shown.is_err() || shown.unwrap().is_empty());
    let wrapping = [
        Attribute::Token(false),
        Attribute::ValueLen(32.into()),
        Attribute::Wrap(true),
        Attribute::Encrypt(true),
    ];
    let wrapping = session.generate_key(&Mechanism::AesKeyGen, &wrapping).unwrap();
    let wrapped = session.wrap_key(&Mechanism::AesKeyWrapPad, wrapping, key);
    let error = wrapped.unwrap_err();
    assert!(
        matches!(error, CryptokiError::Pkcs11(RvError::KeyUnextractable, _)),
        "{error}"
    );
    let extractable = session.update_attributes(key, &[Attribute::Extractable(true)]);
    assert!(extractable.is_err());
    signer.sign_digest(&[1; 32]).unwrap();
}

#[test]
fn existing_key_is_not_generated_again() {
    let Some(uri) = uri("object=once") else { return };
    uri.generate(KeyAlgorithm::P256, &secrets()).unwrap();
    let error = uri.generate(KeyAlgorithm::P256, &secrets()).unwrap_err();
    assert_eq!(
        error.to_string(),
        "the token already has a key with object 'once'; choose another name"
    );
    let unnamed: SignerUri = std::env::var("MATTER_TOKEN").unwrap().parse().unwrap();
    let error = unnamed.generate(KeyAlgorithm::P256, &secrets()).unwrap_err();
    assert!(matches!(error, Error::KeyUnnamed));
}

#[test]
fn ambiguous_and_absent_keys_are_refused_with_the_present_ones() {
    let Some(uri) = uri("object=absent") else { return };
    let twins = [1, 2].map(|number| self::uri(&format!("object=twin{number};id=%0{number}")).unwrap());
    for twin in &twins {
        twin.generate(KeyAlgorithm::P256, &secrets()).unwrap();
    }
    let error = uri.open(&secrets()).unwrap_err();
    let Error::KeyMissing { present, .. } = &error else {
        unreachable!("{error}")
    };
    assert!(present.iter().any(|key| key == "'twin1' id 01"), "{error}");
    let all: SignerUri = std::env::var("MATTER_TOKEN").unwrap().parse().unwrap();
    let error = all.open(&secrets()).unwrap_err();
    assert!(
        matches!(&error, Error::KeyAmbiguous { found, .. } if found.len() >= 2),
        "{error}"
    );
}

#[test]
fn absent_tokens_and_modules_are_refused() {
    let Some(uri) = uri("object=a") else { return };
    let text = uri.to_string().replace("token=", "token=x");
    let error = text.parse::<SignerUri>().unwrap().open(&secrets()).unwrap_err();
    assert!(
        matches!(&error, Error::TokenMissing { present, .. } if !present.is_empty()),
        "{error}"
    );
    for (query, expected) in [
        (
            "module-path=/nowhere/lib.so",
            "the PKCS#11 module /nowhere/lib.so cannot be loaded: ",
        ),
        (
            "module-path=/etc/passwd",
            "the PKCS#11 module /etc/passwd cannot be loaded: ",
        ),
        (
            "module-name=nowhere",
            "no PKCS#11 module 'nowhere' in the usual folders",
        ),
        ("", "the URI names no PKCS#11 module"),
    ] {
        let uri: SignerUri = format!("pkcs11:object=a?{query}").parse().unwrap();
        let error = uri.open(&secrets()).unwrap_err();
        assert!(error.to_string().starts_with(expected), "{query}: {error}");
    }
}

/// Prints the rate quoted in `docs/benchmarks.md`; also checks that concurrent signatures are not lost.
#[test]
fn signatures_a_second() {
    let Some(uri) = uri("object=speed") else { return };
    uri.generate(KeyAlgorithm::P256, &secrets()).unwrap();
    let signer = uri.open_p256(&secrets()).unwrap();
    for threads in [1u32, 2, 4] {
        let count = AtomicU32::new(0);
        let started = Instant::now();
        thread::scope(|scope| {
            for _ in 0..threads {
                scope.spawn(|| {
                    while started.elapsed() < Duration::from_millis(500) {
                        signer.sign_digest(&[7; 32]).unwrap();
                        count.fetch_add(1, Ordering::Relaxed);
                    }
                });
            }
        });
        let seconds = started.elapsed().as_secs_f64();
        let rate = f64::from(count.into_inner()) / seconds;
        assert!(rate > 10.0, "{rate}");
        println!("{threads} threads: {rate:.0} signatures a second, each verified");
    }
}
