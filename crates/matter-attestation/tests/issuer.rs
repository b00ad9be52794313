//! Issuers and signers from outside of this crate.
#![allow(clippy::unwrap_used, clippy::panic, clippy::indexing_slicing, clippy::as_conversions)]

#[path = "support/chain.rs"]
mod chain;

use der::Encode;
use der::asn1::OctetString;
use matter_attestation::{
    Certificate, Error, HashSigner, Issuer, KeyId, PaaSubject, PaiProfile, PaiSubject, Validity, issue_paa,
};
use p256::ecdsa::{DerSignature, SigningKey};
use signature::hazmat::PrehashSigner;
use signature::{Keypair, Signer};
use spki::{AlgorithmIdentifierOwned, DynSignatureAlgorithmIdentifier, SubjectPublicKeyInfoRef};
use x509_cert::TbsCertificate;
use x509_cert::builder::profile::BuilderProfile;
use x509_cert::builder::{Builder, CertificateBuilder};
use x509_cert::ext::Extension;
use x509_cert::ext::pkix::{BasicConstraints, KeyUsage, KeyUsages, SubjectKeyIdentifier};
use x509_cert::name::Name;

use self::chain::{VENDOR, date, key, paa, pai_subject, serial, vendor, years};

/// A CA whose subject key identifier is not the hash of its key, as RFC 5280 allows, and with any subject.
struct Foreign {
    subject: Name,
    key_id: Option<[u8; 20]>,
    usage: KeyUsages,
}

impl BuilderProfile for Foreign {
    fn get_issuer(&self, subject: &Name) -> Name {
        subject.clone()
    }

    fn get_subject(&self) -> Name {
        self.subject.clone()
    }

    fn build_extensions(
        &self,
        _spk: SubjectPublicKeyInfoRef<'_>,
        _issuer_spk: SubjectPublicKeyInfoRef<'_>,
        _tbs: &TbsCertificate,
    ) -> x509_cert::builder::Result<Vec<Extension>> {
        use x509_cert::ext::ToExtension as _;
        let constraints = BasicConstraints {
            ca: true,
            path_len_constraint: None,
        };
        let usage = KeyUsage(self.usage.into());
        let mut extensions = vec![
            constraints.to_extension(&self.subject, &[])?,
            usage.to_extension(&self.subject, &[])?,
        ];
        if let Some(id) = self.key_id {
            extensions.push(SubjectKeyIdentifier(OctetString::new(id)?).to_extension(&self.subject, &[])?);
        }
        Ok(extensions)
    }
}

impl Foreign {
    fn issue(self) -> Certificate {
        let validity = x509_cert::time::Validity::new(date(2024).into(), date(2040).into());
        let key = key(9);
        let spki = spki::SubjectPublicKeyInfoOwned::from_key(&key.verifying_key()).unwrap();
        let x509 = CertificateBuilder::new(self, 7u8.into(), validity, spki)
            .unwrap()
            .build::<_, DerSignature>(&key)
            .unwrap();
        Certificate::from_der(&x509.to_der().unwrap()).unwrap()
    }
}

#[test]
fn authority_key_id_is_copied_and_not_computed() {
    let odd = [0xA5; 20];
    let root = Foreign {
        subject: "CN=Odd PAA,O=Example".parse().unwrap(),
        key_id: Some(odd),
        usage: KeyUsages::KeyCertSign,
    }
    .issue();
    assert_eq!(root.subject_key_id(), Some(KeyId::new(odd)));
    assert_ne!(root.subject_key_id(), Some(root.public_key().key_id()));
    let pai = Issuer::new(&root, &key(9))
        .unwrap()
        .issue_pai(&pai_subject(), &key(2).public_key(), years(2025, 2030), serial(2))
        .unwrap();
    assert_eq!(pai.authority_key_id(), Some(KeyId::new(odd)));
    pai.verify_issued_by(&root).unwrap();
    // A self-issued certificate without an authority key identifier is valid; three production PAAs have none.
    assert_eq!(root.authority_key_id(), None);
    root.verify_issued_by(&root).unwrap();
}

#[test]
fn an_issuers_name_is_copied_byte_by_byte() {
    let subject: Name = "CN=Many Attributes,O=Example GmbH,C=DE".parse().unwrap();
    let root = Foreign {
        subject: subject.clone(),
        key_id: Some([1; 20]),
        usage: KeyUsages::KeyCertSign,
    }
    .issue();
    let pai = Issuer::new(&root, &key(9))
        .unwrap()
        .issue_pai(&pai_subject(), &key(2).public_key(), years(2025, 2030), serial(2))
        .unwrap();
    assert_eq!(pai.issuer_der(), subject.to_der().unwrap());
}

#[test]
fn an_issuer_needs_a_subject_key_id_and_the_right_to_sign() {
    let subject: Name = "CN=x".parse().unwrap();
    let no_key_id = Foreign {
        subject: subject.clone(),
        key_id: None,
        usage: KeyUsages::KeyCertSign,
    }
    .issue();
    assert_eq!(
        Issuer::new(&no_key_id, &key(9)).unwrap_err(),
        Error::SubjectKeyIdMissing
    );
    let no_right = Foreign {
        subject,
        key_id: Some([1; 20]),
        usage: KeyUsages::CRLSign,
    }
    .issue();
    assert_eq!(
        Issuer::new(&no_right, &key(9)).unwrap_err(),
        Error::NotACertificateAuthority
    );
    assert_eq!(
        PaiProfile::new(&no_right, &pai_subject()).unwrap_err(),
        Error::NotACertificateAuthority
    );
}

/// A signer other than `PrivateKey`, like one in a token.
struct Token {
    key: SigningKey,
    algorithm: &'static str,
    fault: Fault,
}

#[derive(PartialEq)]
enum Fault {
    None,
    Fails,
    SaysWhy,
    SignsSomethingElse,
}

impl Keypair for Token {
    type VerifyingKey = p256::ecdsa::VerifyingKey;

    fn verifying_key(&self) -> Self::VerifyingKey {
        *self.key.verifying_key()
    }
}

impl Signer<DerSignature> for Token {
    fn try_sign(&self, message: &[u8]) -> Result<DerSignature, signature::Error> {
        match self.fault {
            Fault::None => self.key.try_sign(message),
            Fault::Fails => Err(signature::Error::new()),
            Fault::SaysWhy => Err(signature::Error::from_source("the token was taken out")),
            Fault::SignsSomethingElse => self.key.try_sign(b"something else"),
        }
    }
}

impl DynSignatureAlgorithmIdentifier for Token {
    fn signature_algorithm_identifier(&self) -> spki::Result<AlgorithmIdentifierOwned> {
        Ok(AlgorithmIdentifierOwned {
            oid: self.algorithm.parse().unwrap(),
            parameters: None,
        })
    }
}

#[test]
fn any_signer_will_do_and_its_faults_are_caught() {
    let token = |algorithm, fault| Token {
        key: SigningKey::from_slice(&[1; 32]).unwrap(),
        algorithm,
        fault,
    };
    let (sha256, sha384) = ("1.2.840.10045.4.3.2", "1.2.840.10045.4.3.3");
    let issue = |token: &Token| {
        issue_paa(
            token,
            &PaaSubject::new("Test PAA").unwrap(),
            Validity::without_expiry(date(2024)),
            serial(1),
        )
    };
    assert_eq!(
        issue(&token(sha256, Fault::None)).unwrap(),
        paa(),
        "signatures are deterministic"
    );
    assert_eq!(issue(&token(sha384, Fault::None)).unwrap_err(), Error::SignerAlgorithm);
    let error = issue(&token(sha256, Fault::Fails)).unwrap_err();
    assert!(matches!(error, Error::SigningFailed(_)), "{error}");
    assert!(std::error::Error::source(&error).is_none());
    let error = issue(&token(sha256, Fault::SaysWhy)).unwrap_err();
    let cause = std::error::Error::source(&error).unwrap();
    assert_eq!(cause.to_string(), "the token was taken out");
    // Errors are equal regardless of their causes, and clones keep them.
    assert_eq!(error, issue(&token(sha256, Fault::Fails)).unwrap_err());
    assert!(std::error::Error::source(&error.clone()).is_some() && format!("{error:?}").contains("taken out"));
    assert_eq!(
        issue(&token(sha256, Fault::SignsSomethingElse)).unwrap_err(),
        Error::SignatureInvalid
    );
}

#[test]
fn a_certificate_longer_than_600_bytes_is_refused() {
    let name = "n".repeat(64);
    let root = Foreign {
        subject: format!(
            "CN={},O={},OU={},L={}",
            "c".repeat(64),
            "o".repeat(64),
            "u".repeat(64),
            "l".repeat(64)
        )
        .parse()
        .unwrap(),
        key_id: Some([1; 20]),
        usage: KeyUsages::KeyCertSign,
    }
    .issue();
    let error = Issuer::new(&root, &key(9))
        .unwrap()
        .issue_pai(
            &PaiSubject::new(&name, vendor(VENDOR)).unwrap(),
            &key(2).public_key(),
            years(2025, 2030),
            serial(2),
        )
        .unwrap_err();
    assert!(matches!(error, Error::CertificateTooLong { len: 601.. }), "{error}");
}

/// Issues the PAA of [`paa`] with a function that signs hashes.
fn issue_with(
    sign: impl Fn(&[u8; 32]) -> Result<p256::ecdsa::Signature, Box<dyn std::error::Error + Send + Sync>>,
) -> Result<Certificate, Error> {
    let signer = HashSigner::new(key(1).public_key(), sign);
    let subject = PaaSubject::new("Test PAA").unwrap();
    issue_paa(&signer, &subject, Validity::without_expiry(date(2024)), serial(1))
}

#[test]
fn a_function_that_signs_hashes_is_a_signer_and_its_own_error_is_the_source() {
    let secret = key(1);
    let sign = |hash: &[u8]| -> Result<p256::ecdsa::Signature, signature::Error> { secret.sign_prehash(hash) };
    let raw = issue_with(|hash| Ok(p256::ecdsa::Signature::from_slice(&sign(hash)?.to_bytes())?));
    let der = issue_with(|hash| Ok(p256::ecdsa::Signature::from_der(sign(hash)?.to_der().as_bytes())?));
    assert_eq!(raw.unwrap(), paa());
    assert_eq!(der.unwrap(), paa());
    assert_eq!(
        issue_with(|_| Ok(sign(&[0; 32])?)).unwrap_err(),
        Error::SignatureInvalid
    );

    let error = issue_with(|_| Err(std::io::Error::other("session closed").into())).unwrap_err();
    let cause = std::error::Error::source(&error).unwrap();
    assert_eq!(cause.to_string(), "session closed");
    assert!(cause.downcast_ref::<std::io::Error>().is_some());
}
