#![doc = include_str!("../README.md")]
#![cfg_attr(docsrs, feature(doc_cfg))]
#![no_std]
#![warn(clippy::disallowed_types)]
#![forbid(unsafe_code)]

mod applies;
mod digest;
mod element;
mod error;
#[cfg(feature = "esp")]
mod esp;
mod header;
mod layout;
mod model_version;
mod raw;
mod reader;
mod sdk_code;
#[cfg(feature = "serde")]
mod serde_impls;
mod url;
mod version;

pub use applies::{Obstacle, Requestor};
pub use digest::{Digest, DigestType, Payload, PayloadHasher};
pub use error::Error;
#[cfg(feature = "esp")]
pub use esp::{DeltaHeader, EncryptedForm, EncryptedHeader, EspApp, EspFinding, EspPayload, EspSignature, ExpectedApp};
#[cfg(feature = "encryption")]
pub use esp::{decrypt_ecc, device_key, encrypt_ecc};
#[cfg(all(feature = "encryption", feature = "rsa"))]
pub use esp::{decrypt_rsa, encrypt_rsa};
pub use header::OtaHeader;
pub use layout::{FILE_IDENTIFIER, FIXED_HEADER_LEN, MAX_HEADER_LEN};
pub use model_version::ModelVersion;
pub use raw::RawHeader;
pub use reader::{FixedHeader, HeaderReader, PayloadReader};
pub use sdk_code::SdkCode;
pub use url::{OtaUrl, ReleaseNotesUrl};
pub use version::{ApplicableVersions, SoftwareVersion, SoftwareVersionString};

/// The crate with app images for ESP32 chips.
#[cfg(feature = "esp")]
pub use esp_flash_image;
/// The crate with signed app images for ESP32 chips.
#[cfg(feature = "esp")]
pub use esp_secure_boot;
/// The crate with vendor and product IDs.
pub use matter_types;
/// The crate with the ECC keys of encrypted images.
#[cfg(feature = "encryption")]
pub use p256;
/// The crate with the random number generator traits used for encryption.
#[cfg(feature = "encryption")]
pub use rand_core;
/// The crate with the RSA keys of encrypted images.
#[cfg(all(feature = "encryption", feature = "rsa"))]
pub use rsa;
