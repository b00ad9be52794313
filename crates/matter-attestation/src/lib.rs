#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

extern crate alloc;
#[cfg(feature = "std")]
extern crate std;

#[cfg(feature = "aws-lc-rs")]
mod aws_lc;
mod cd;
mod certificate;
mod csr;
mod cursor;
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

#[cfg(feature = "aws-lc-rs")]
pub use aws_lc::AwsLcKey;
pub use cd::{
    CertificationDeclaration, CertificationType, DacOrigin, SignedDeclaration, TEST_CD_SIGNING_KEY_ID,
    test_cd_signing_key,
};
pub use certificate::Certificate;
pub use csr::{CertificateRequest, CsrFault};
pub use der::DateTime;
pub use error::Error;
pub use issue::{
    CertificateSigner, DacProfile, DacSubject, DacTemplate, Issuer, PaaProfile, PaaSubject, PaiProfile, PaiSubject,
    issue_paa,
};
pub use key_id::KeyId;
pub use private_key::PrivateKey;
pub use public_key::PublicKey;
pub use revocation::{
    Crl, CrlDistributionPoint, CrlFault, RevocationEntry, RevocationFault, RevocationPoint, RevocationSet,
    RevocationStatus, RevokedCertificate,
};
pub use serial::SerialNumber;
pub use validity::Validity;
