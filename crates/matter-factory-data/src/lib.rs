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
mod equality;
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
#[cfg(feature = "serde")]
mod serde_impls;
mod text;

pub use appearance::{ProductColor, ProductFinish};
/// The signs of factory data in a flash dump, for matter-audit and matter-wasm; not part of the public interface.
#[doc(hidden)]
pub use audit::holds_factory_data;
/// As above.
#[cfg(feature = "encryption")]
#[doc(hidden)]
pub use audit::reads_better;
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
/// For the generators of random ids.
pub use rand_core;
pub use reader::KeyPlace;
pub use record::{DeviceRecord, FactoryEntry};
pub use rotating_id::RotatingId;
pub use secure_cert::SecureCertNumbers;
/// For comparing secrets in constant time.
pub use subtle;
/// For secrets that are wiped when dropped.
pub use zeroize;
/// The formats of the partitions.
pub use {esp_nvs_image, esp_secure_cert};
/// Certificates, keys and declarations; codes; verifiers; ids and passcodes.
pub use {matter_attestation, matter_setup_payload, matter_spake2p, matter_types};

pub use text::{
    HardwareVersionString, LabelText, ModeLabel, PartNumber, ProductLabel, ProductName, ProductUrl, SerialNumber,
    VendorName,
};
