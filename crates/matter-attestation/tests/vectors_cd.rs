//! Certification Declarations and their signers from the Matter SDK, located as in `vectors.rs`.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::as_conversions)]

#[path = "support/vectors.rs"]
mod support;

use std::fs;

use matter_attestation::{
    Certificate, Error, PrivateKey, PublicKey, SignedDeclaration, TEST_CD_SIGNING_KEY_ID, test_cd_signing_key,
};

use self::support::{bytes, files, json, vectors};

#[test]
fn declarations_verify_and_encode_to_the_same_bytes() {
    let Some(root) = vectors() else { return };
    let mut cases = 0;
    let folder = root.join("attestation/cd_test");
    let signer = Certificate::decode(&fs::read(folder.join("Chip-Test-CD-Signing-Cert.pem")).unwrap()).unwrap();
    let key = PrivateKey::decode(&fs::read(folder.join("Chip-Test-CD-Signing-Key.pem")).unwrap()).unwrap();
    assert_eq!(key.public_key(), test_cd_signing_key().public_key());
    assert_eq!(signer.public_key(), key.public_key());
    assert_eq!(signer.subject_key_id(), Some(TEST_CD_SIGNING_KEY_ID));

    let mut declarations = files(&folder, ".der");
    let arrays = json(&root.join("attestation/unit/certification_declaration_arrays.json"));
    for name in ["sTestCMS_SignedMessage01", "sTestCMS_SignedMessage02"] {
        declarations.insert(name.to_owned(), bytes(&arrays[name]));
    }
    for (name, cms) in &declarations {
        let signed = SignedDeclaration::decode(cms).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(signed.signer_key_id(), TEST_CD_SIGNING_KEY_ID, "{name}");
        signed.verify(&signer.public_key()).unwrap();
        assert_eq!(signed.content().encode_tlv().unwrap(), signed.as_tlv(), "{name}");
        let again = signed.content().sign(&key, TEST_CD_SIGNING_KEY_ID).unwrap();
        assert_eq!(
            SignedDeclaration::decode(&again).unwrap().content(),
            signed.content(),
            "{name}"
        );
        cases += 1;
    }
    assert_eq!(
        SignedDeclaration::decode(&declarations["sTestCMS_SignedMessage01"])
            .unwrap()
            .as_tlv(),
        bytes(&arrays["sTestCMS_CDContent01"])
    );

    let untrusted = SignedDeclaration::decode(&bytes(&arrays["gUntrustedCd"])).unwrap();
    let untrusted_cert = Certificate::from_der(&bytes(&arrays["gUntrustedCdCert"])).unwrap();
    assert_eq!(Some(untrusted.signer_key_id()), untrusted_cert.subject_key_id());
    untrusted.verify(&untrusted_cert.public_key()).unwrap();
    assert_eq!(untrusted.verify(&signer.public_key()), Err(Error::SignatureInvalid));
    println!("attestation declarations: {} cases ran", cases + 1);
}

#[test]
fn declaration_signers_have_the_listed_key_ids() {
    let Some(root) = vectors() else { return };
    let listed = json(&root.join("attestation/unit/default_dac_verifier_cd_keys.json"));
    let csa_root = Certificate::from_der(&bytes(&listed["gCdRootCert"])).unwrap();
    assert_eq!(csa_root.vendor_id().map(|id| id.get()), Some(0xC5A0));
    let mut cases = 0;
    for number in 1..=5 {
        let point = bytes(&listed[format!("gCdSigningKey00{number}PubkeyBytes")]);
        let key_id = bytes(&listed[format!("gCdSigningKey00{number}Kid")]);
        for folder in ["cd_signing_production", "cd_signing_development"] {
            for (name, der) in files(&root.join("attestation").join(folder), ".der") {
                let certificate = Certificate::from_der(&der).unwrap_or_else(|error| panic!("{name}: {error}"));
                if certificate.subject_key_id().unwrap().as_bytes()[..] == key_id {
                    assert_eq!(certificate.public_key(), PublicKey::new(&point).unwrap(), "{name}");
                    certificate.verify_issued_by(&csa_root).unwrap();
                    cases += 1;
                }
            }
        }
    }
    println!("attestation declaration signers: {cases} cases ran");
}
