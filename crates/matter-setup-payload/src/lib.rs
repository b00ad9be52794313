#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![no_std]
#![warn(clippy::disallowed_types)]
#![forbid(unsafe_code)]

#[cfg(feature = "std")]
extern crate std;

mod base38;
mod code;
mod concatenated;
mod data;
mod deviation;
mod discovery;
mod error;
mod flow;
#[cfg(feature = "image")]
mod image;
mod lint;
mod manual;
mod ndef;
mod packed;
mod payload;
mod qr;
#[cfg(feature = "serde")]
mod serde_impls;
mod verhoeff;

pub use code::{GroupedManualCode, ManualCode, QrText};
pub use concatenated::{ConcatenatedPayloads, encode_concatenated};
pub use data::{DataValue, ManufacturerTag, OptionalData, Pbkdf};
pub use deviation::{Deviations, Lenient};
pub use discovery::DiscoveryCapabilities;
pub use error::{Error, ErrorKind};
pub use flow::CommissioningFlow;
/// For the label sheets of matter-mfg; not part of the public interface.
#[cfg(feature = "image")]
#[doc(hidden)]
pub use image::escape_xml;
#[cfg(feature = "image")]
pub use image::{ImageError, Label, QrImage, qr_png};
pub use lint::{Finding, Severity};
pub use manual::{ManualIds, ManualPayload};
pub use ndef::{encode_ndef, ndef_len};
pub use payload::SetupPayload;
#[cfg(feature = "serde")]
pub use serde_impls::Exposed;

/// Ids, passcodes and discriminators.
pub use matter_types;
/// `ConstantTimeEq`, implemented by payloads and codes.
pub use subtle;
