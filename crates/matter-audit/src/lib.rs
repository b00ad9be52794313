#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

mod access;
mod audit;
mod beside;
mod codes;
mod device_files;
mod device_list;
mod dialect;
mod error;
mod flash_dump;
mod folders;
mod input;
mod json_list;
mod known_keys;
mod list_rows;
#[cfg(feature = "pictures")]
mod picture;
mod retired;
mod signature;
mod source;
mod stream;
mod surroundings;
mod tables;
mod unchecked;
mod work;

pub use audit::{Audit, AuditReport, AuditedDevice, Recompute};
pub use error::Error;
pub use flash_dump::FlashDump;
pub use input::AuditInput;
pub use signature::ManifestKey;
