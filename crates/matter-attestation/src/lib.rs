#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![no_std]
#![warn(clippy::disallowed_types)]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

#[cfg(feature = "aws-lc-rs")]
mod aws_lc;
mod cd;
mod certificate;
mod chain;
mod csr;
mod elements;
mod error;
mod fault;
mod finding;
mod hash_signer;
mod hex;
mod input_kind;
mod issue;
mod issuer_verifier;
mod key_id;
#[cfg(any(not(feature = "aws-lc-rs"), test))]
mod key_table;
mod lint;
mod members;
mod multiples;
mod oid;
mod paa_store;
mod part;
mod path;
mod pem;
#[cfg(feature = "pkcs12")]
mod pkcs12;
mod pkcs7;
mod private_key;
mod public_key;
mod revocation;
mod serial;
mod validity;
mod verify;
mod x509;

pub use cd::{
    CertificationDeclaration, CertificationType, DacOrigin, DeclarationSigners, SignedDeclaration,
    TEST_CD_SIGNING_KEY_ID, test_cd_signing_key,
};
pub use certificate::Certificate;
pub use csr::CertificateRequest;
pub use der::DateTime;
pub use elements::{AttestationElements, VendorReserved, sign_elements};
pub use error::{CsrFault, Error, SigningFailure};
pub use finding::{Finding, Object, Profile, Rule, SdkResult, Severity};
pub use hash_signer::HashSigner;
pub use input_kind::InputKind;
pub use issue::{
    CertificateSigner, DacProfile, DacSubject, DacTemplate, Issuer, PaaProfile, PaaSubject, PaiProfile, PaiSubject,
    TestChain, issue_paa,
};
pub use issuer_verifier::IssuerVerifier;
pub use key_id::KeyId;
/// Vendor and product ids.
pub use matter_types;
pub use oid::ECDSA_WITH_SHA256;
/// ECDSA on P-256: the signatures and public keys of a [`CertificateSigner`].
pub use p256;
pub use paa_store::PaaStore;
pub use part::Part;
#[cfg(feature = "pkcs12")]
pub use pkcs12::Pkcs12;
pub use private_key::PrivateKey;
#[cfg(feature = "encryption")]
pub use private_key::decrypt_pkcs8;
pub use public_key::PublicKey;
/// For the generators of keys and serial numbers.
pub use rand_core;
pub use revocation::{
    Crl, CrlDistributionPoint, CrlFault, RevocationEntry, RevocationFault, RevocationPoint, RevocationSet,
    RevocationSetBuilder, RevocationStatus, RevokedCertificate,
};
pub use serial::SerialNumber;
/// The traits of a [`CertificateSigner`].
pub use signature;
/// The traits of a [`CertificateSigner`]'s public key and algorithm, and the object identifiers in errors.
pub use spki;
/// For comparing secrets in constant time.
pub use subtle;
pub use validity::Validity;
/// For secrets that are wiped when dropped.
pub use zeroize;

pub use verify::{AttestationResponse, PreparedVerification, Verification, VerificationReport};
