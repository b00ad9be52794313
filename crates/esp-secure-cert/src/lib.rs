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
pub use signature_block::{SignatureAlgorithm, SignatureBlock};
#[cfg(any(feature = "ecdsa", feature = "rsa"))]
pub use signing::PublicKey;
pub use subtype::Subtype;
pub use writer::Writer;
