#![doc = include_str!("../README.md")]
#![no_std]
#![warn(clippy::disallowed_types)]
#![forbid(unsafe_code)]

extern crate alloc;

mod blocks;
mod check;
mod command;
mod device;
mod error;
mod layout;
mod plan;
mod profile;
mod purpose;
mod region;
mod steps;
mod warning;

pub use device::{DeviceImage, DeviceKeys, DeviceParts, DevicePlan, FlashFile};
pub use error::{Error, KeyUse};
pub use plan::{FlashPlan, SharedParts};
pub use profile::{DownloadMode, EncryptionMode, FlashEncryption, NvsEncryption, SecureBoot, SecurityProfile};
pub use purpose::KeyPurpose;
pub use region::Region;
pub use steps::{Action, KeyHalf, Phase, Step};
pub use warning::Warning;
