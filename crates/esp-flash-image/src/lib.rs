#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![no_std]
#![warn(clippy::disallowed_types)]
#![forbid(unsafe_code)]

#[cfg(feature = "alloc")]
extern crate alloc;

mod chip;
mod encryption;
mod error;
mod image;
#[cfg(feature = "alloc")]
mod merge;
#[cfg(feature = "alloc")]
mod number;
mod otadata;
mod partition;
#[cfg(feature = "serde")]
mod serde_impls;

pub use chip::{
    BootCurve, BootScheme, Chip, ChipFacts, ChipRevision, EcdsaFact, EfuseNames, EfuseValue, KeyAssignment, KeyBlocks,
    SecureBootFact,
};
pub use encryption::{EncryptionScheme, FlashCipher, FlashCryptConfig, FlashKey};
pub use error::Error;
pub use image::{AppDescription, Image, ImageHeader, MmuPage, SecurePad, Segment, SpiMode};
#[cfg(feature = "alloc")]
pub use image::{ImageWriter, secure_pad};
#[cfg(feature = "alloc")]
pub use merge::{FlashMap, FlashPiece, MapError, PiecePlace};
pub use otadata::{OtaData, OtaSelect, OtaState};
pub use partition::{FlashSize, PartitionType};
#[cfg(feature = "alloc")]
pub use partition::{Partition, PartitionTable, TableError, TableErrorKind, TableOptions};

/// The crate of the random number generator traits used in [`FlashKey::generate`].
pub use rand_core;
/// The crate of the `ConstantTimeEq` trait that keys implement.
pub use subtle;
/// The crate of the `Zeroize` trait that keys implement.
pub use zeroize;
