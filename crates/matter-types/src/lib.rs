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

/// Random number generators for [`Passcode::generate`] and discriminators.
pub use rand_core;
/// `ConstantTimeEq`, implemented by [`Passcode`].
pub use subtle;
/// `Zeroize`, implemented by [`Passcode`].
pub use zeroize;
