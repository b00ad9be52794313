#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;

mod cd;
mod certificate;
mod error;
mod issue;
mod key_id;
mod oid;
mod pem;
mod private_key;
mod public_key;
mod revocation;
mod serial;
mod validity;

pub use cd::{
    CertificationDeclaration, CertificationType, DacOrigin, SignedDeclaration, TEST_CD_SIGNING_KEY_ID,
    test_cd_signing_key,
};
pub use certificate::Certificate;
pub use der::DateTime;
pub use error::Error;
pub use issue::{
    CertificateSigner, DacProfile, DacSubject, Issuer, PaaProfile, PaaSubject, PaiProfile, PaiSubject, issue_paa,
};
pub use key_id::KeyId;
pub use private_key::PrivateKey;
pub use public_key::PublicKey;
pub use revocation::{RevocationEntry, RevocationSet, RevocationStatus};
pub use serial::SerialNumber;
pub use validity::Validity;
