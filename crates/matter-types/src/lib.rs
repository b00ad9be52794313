#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![no_std]
#![warn(clippy::disallowed_types)]
#![forbid(unsafe_code)]

mod allocator;
mod discriminator;
mod error;
mod id;
mod number;
mod passcode;
#[cfg(feature = "serde")]
mod serde_impls;
mod severity;

pub use allocator::DiscriminatorAllocator;
pub use discriminator::{Discriminator, ShortDiscriminator};
pub use error::Error;
pub use id::{ProductId, VendorId};
pub use number::{parse_id, parse_u32};
pub use passcode::Passcode;
pub use severity::Severity;

/// The crate of the generators that passcodes and discriminators are drawn with.
pub use rand_core;
/// The crate of `ConstantTimeEq`, which a passcode has.
pub use subtle;
/// The crate of `Zeroize`, which a passcode has.
pub use zeroize;
