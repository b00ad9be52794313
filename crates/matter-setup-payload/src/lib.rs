#![doc = include_str!("../README.md")]
#![no_std]
#![forbid(unsafe_code)]

#[cfg(feature = "std")]
extern crate std;

mod base38;
mod code;
mod discovery;
mod error;
mod flow;
#[cfg(feature = "image")]
mod image;
mod manual;
mod packed;
mod payload;
mod verhoeff;

pub use code::{GroupedManualCode, ManualCode, QrText};
pub use discovery::DiscoveryCapabilities;
pub use error::Error;
pub use flow::CommissioningFlow;
#[cfg(feature = "image")]
pub use image::{ImageError, qr_png};
pub use manual::{ManualIds, ManualPayload};
pub use payload::SetupPayload;
