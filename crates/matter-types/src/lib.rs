#![doc = include_str!("../README.md")]
#![no_std]
#![warn(clippy::disallowed_types)]
#![forbid(unsafe_code)]

mod allocator;
mod discriminator;
mod error;
mod hex;
mod id;
mod list;
mod number;
mod passcode;
#[cfg(feature = "serde")]
mod serde_impls;

pub use allocator::DiscriminatorAllocator;
pub use discriminator::{Discriminator, ShortDiscriminator};
pub use error::Error;
pub use hex::Hex;
pub use id::{ProductId, VendorId};
pub use list::{LineError, parse_list};
pub use number::parse_u32;
pub use passcode::Passcode;
