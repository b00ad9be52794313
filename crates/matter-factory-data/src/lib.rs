#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![no_std]
#![warn(clippy::disallowed_types)]
#![forbid(unsafe_code)]

extern crate alloc;

mod appearance;
mod audit;
mod calendar;
mod credentials;
mod date;
mod declaration;
mod decode;
mod device_folder;
mod encode;
mod error;
mod formula;
mod hardware_version;
mod images;
mod keys;
mod layout;
mod lists;
mod product;
mod reader;
mod record;
mod rotating_id;
mod secure_cert;
mod text;

pub use appearance::{ProductColor, ProductFinish};
pub use audit::{
    Artifacts, Attested, BatchAudit, Check, DeviceReport, Expected, Finding, FoundKey, KeyOwner, KeySet, ListedTraces,
    Severity, SharedParts, TriedScalars, audit, find_keys, is_weak, recompute,
};
pub use calendar::CalendarTypes;
pub use credentials::AttestationCredentials;
pub use date::ManufacturingDate;
pub use declaration::Declaration;
pub use device_folder::{FolderFile, InternalFile, KeyFile};
pub use error::Error;
pub use formula::{guard_formula, unguard_formula};
pub use hardware_version::HardwareVersion;
pub use images::Images;
pub use keys::{NAMESPACE, is_field_key};
pub use layout::{DacKeyStorage, Place, StorageLayout};
pub use lists::{FixedLabel, Locale, SemanticTag, SupportedMode};
pub use product::{ProductField, ProductInformation};
pub use reader::KeyPlace;
pub use record::{DeviceRecord, FactoryEntry};
pub use rotating_id::RotatingId;
pub use secure_cert::SecureCertNumbers;
pub use text::{
    HardwareVersionString, LabelText, ModeLabel, PartNumber, ProductLabel, ProductName, ProductUrl, SerialNumber,
    VendorName,
};
