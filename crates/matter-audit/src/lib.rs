#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![forbid(unsafe_code)]

mod access;
mod audit;
mod audit_input;
mod beside;
mod device_files;
mod device_list;
mod device_source;
mod error;
mod flash_dump;
mod folders;
mod image_place;
mod json_list;
mod known_keys;
mod label_codes;
mod list_bytes;
mod list_rows;
#[cfg(feature = "pictures")]
mod picture;
mod retired;
mod run_tables;
mod sampling;
#[cfg(feature = "serde")]
mod serde_impls;
mod signature;
mod surroundings;
mod unchecked;
mod work;

pub use audit::{Audit, AuditReport, AuditedDevice};
pub use audit_input::AuditInput;
pub use error::Error;
pub use flash_dump::FlashDump;
/// The types of findings and expectations.
pub use matter_factory_data;
pub use matter_ledger::ParseError;

pub use sampling::Sampling;
pub use signature::ManifestKey;
