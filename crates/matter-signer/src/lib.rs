#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

mod backend;
mod ecdsa;
mod error;
mod exec;
mod key_file;
mod open;
mod rsa_signer;
mod secrets;
#[cfg(feature = "pkcs11")]
mod token;
mod uri;
mod verifying_key;

pub use backend::Algorithm;
pub use ecdsa::{P256Signer, P384Signer};
pub use error::Error;
pub use key_file::SigningKey;
/// Keys in memory and certificates.
pub use matter_attestation;
pub use open::OpenedSigner;
pub use rsa_signer::RsaSigner;
pub use secrets::Secrets;
/// The traits of the signers.
pub use signature;
/// Signatures and public keys of the signers.
pub use {p256, p384, rsa};

pub use uri::{KeyAlgorithm, Pkcs11Uri, SignerUri};
pub use verifying_key::VerifyingKey;
