#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![no_std]
#![warn(clippy::disallowed_types)]
#![forbid(unsafe_code)]

extern crate alloc;

mod blocks;
mod check;
mod command;
mod device;
mod device_parts;
#[cfg(feature = "serde")]
mod document;
mod error;
mod layout;
mod plan;
#[cfg(feature = "serde")]
mod plan_file;
mod profile;
mod purpose;
mod read_back;
mod region;
mod steps;
mod warning;

pub use device::{DevicePlan, FlashFile};
pub use device_parts::{DeviceImage, DeviceKeys, DeviceParts};
#[cfg(feature = "serde")]
pub use document::PlanDocument;
pub use error::{Error, KeyUse};
pub use plan::{FlashPlan, SharedParts};
#[cfg(feature = "serde")]
pub use plan_file::PlanFile;
pub use profile::{DownloadMode, EncryptionMode, FlashEncryption, NvsEncryption, SecureBoot, SecurityProfile};
pub use purpose::KeyPurpose;
pub use region::Region;
pub use steps::{Action, KeyHalf, Phase, Step};
pub use warning::Warning;

/// The crate with chips, partition tables, images and flash keys.
pub use esp_flash_image;
/// The crate with signed images and their keys.
pub use esp_secure_boot;
