#![doc = include_str!("../README.md")]
#![no_std]
#![warn(clippy::disallowed_types)]
#![forbid(unsafe_code)]

#[cfg(feature = "alloc")]
extern crate alloc;

mod chip;
mod encryption;
mod error;

pub use chip::{
    BootCurve, BootScheme, Chip, ChipFacts, ChipRevision, EcdsaFact, EfuseNames, EfuseValue, KeyAssignment, KeyBlocks,
    SecureBootFact,
};
pub use encryption::EncryptionScheme;
pub use error::Error;
