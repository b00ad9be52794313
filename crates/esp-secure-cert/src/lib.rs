#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![no_std]
#![warn(clippy::disallowed_types)]
#![forbid(unsafe_code)]

#[cfg(feature = "alloc")]
extern crate alloc;

mod certificate;
#[cfg(feature = "alloc")]
mod check;
mod crc;
mod efuse;
mod error;
mod flags;
#[cfg(feature = "hmac")]
mod hmac_key;
mod image;
mod key;
mod layout;
mod matter;
mod partition_size;
mod record;
mod record_type;
mod rsa_ds;
#[cfg(feature = "serde")]
mod serde_impls;
mod signature_block;
#[cfg(any(feature = "ecdsa", feature = "rsa"))]
mod signing;
mod subtype;
mod writer;

pub use certificate::Certificate;
#[cfg(feature = "alloc")]
pub use check::{Finding, FindingKind, Severity, check};
pub use efuse::EfuseKey;
pub use error::Error;
#[cfg(any(feature = "ecdsa", feature = "rsa"))]
pub use error::SigningFailure;
pub use flags::{Flags, Storage};
#[cfg(feature = "hmac")]
pub use hmac_key::{DerivedKey, HmacKey};
pub use image::{Image, Tail};
pub use key::{EncryptedKey, KeySalt, KeyStorage, PlainKey};
pub use matter::MatterData;
pub use partition_size::PartitionSize;
pub use record::{RawRecord, Record, Records};
pub use record_type::RecordType;
pub use rsa_ds::DsKey;
#[cfg(feature = "serde")]
pub use serde_impls::{ExposedRecord, RecordSource, RecordSpec};
pub use signature_block::{SignatureAlgorithm, SignatureBlock};
#[cfg(any(feature = "ecdsa", feature = "rsa"))]
pub use signing::PublicKey;
pub use subtype::Subtype;
pub use writer::Writer;

/// Keys and signatures on P-256.
#[cfg(feature = "ecdsa")]
pub use p256;
/// Keys and signatures on P-384.
#[cfg(feature = "ecdsa")]
pub use p384;
/// Random number generators for HMAC keys.
#[cfg(feature = "hmac")]
pub use rand_core;
/// RSA keys and signatures.
#[cfg(feature = "rsa")]
pub use rsa;
/// The traits of signers.
#[cfg(any(feature = "ecdsa", feature = "rsa"))]
pub use signature;
/// `ConstantTimeEq`, implemented by keys.
pub use subtle;
/// `Zeroize`, implemented by keys.
#[cfg(any(feature = "hmac", feature = "serde"))]
pub use zeroize;
