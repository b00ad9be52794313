#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

#[cfg(feature = "alloc")]
extern crate alloc;

mod config;
mod crc;
mod cursor;
#[cfg(feature = "alloc")]
mod decode;
mod encode;
#[cfg(feature = "alloc")]
mod encoding;
mod error;
mod head;
mod item;
mod layout;
mod name;
#[cfg(feature = "alloc")]
mod owned;
mod page;
mod seen;
mod sizer;
mod value;

pub use config::{BlobVersion, PartitionSize};
#[cfg(feature = "alloc")]
pub use decode::{Blob, Entry, StoredValue, decode};
pub use encode::Encoder;
#[cfg(feature = "alloc")]
pub use encode::encode_to_vec;
#[cfg(feature = "alloc")]
pub use encoding::Encoding;
pub use error::Error;
pub use item::{Item, ItemType, Items};
pub use name::{Key, Namespace};
#[cfg(feature = "alloc")]
pub use owned::OwnedValue;
pub use sizer::Sizer;
pub use value::Value;
