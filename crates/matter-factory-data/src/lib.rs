#![doc = include_str!("../README.md")]
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
mod entry;
mod error;
mod formula;
mod hardware_version;
mod images;
mod keys;
mod labels;
mod layout;
mod modes;
mod product;
mod record;
mod rotating_id;
mod secure_cert;
mod secure_cert_numbers;
mod text;

pub use appearance::{ProductColor, ProductFinish};
pub use audit::{
    Artifacts, Attested, BatchAudit, Check, Expected, Finding, FoundKey, KeyOwner, KeyPlace, KeySet, ListedTraces,
    Report, Severity, SharedParts, TriedScalars, audit, find_keys, recompute,
};
pub use calendar::CalendarTypes;
pub use credentials::AttestationCredentials;
pub use date::ManufacturingDate;
pub use declaration::Declaration;
pub use device_folder::{FolderFile, InternalFile};
pub use entry::FactoryEntry;
pub use error::Error;
pub use formula::{guard_formula, unguard_formula};
pub use hardware_version::HardwareVersion;
pub use images::Images;
pub use keys::{NAMESPACE, is_field_key};
pub use labels::{FixedLabel, Locale};
pub use layout::{DacKeyStorage, Place, StorageLayout};
pub use modes::{SemanticTag, SupportedMode};
pub use product::{ProductField, ProductInformation};
pub use record::DeviceRecord;
pub use rotating_id::RotatingId;
pub use secure_cert_numbers::SecureCertNumbers;
pub use text::{
    HardwareVersionString, LabelText, ModeLabel, PartNumber, ProductLabel, ProductName, ProductUrl, SerialNumber,
    VendorName,
};
