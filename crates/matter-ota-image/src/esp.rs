//! Payloads for Espressif's devices, and their defects.

mod app;
mod delta;
mod encrypted;
#[cfg(feature = "encryption")]
mod encryption;
mod finding;

pub use app::{EspApp, EspSignature, ExpectedApp};
pub use delta::DeltaHeader;
pub use encrypted::{EncryptedForm, EncryptedHeader};
#[cfg(feature = "encryption")]
pub use encryption::{decrypt_ecc, device_key, encrypt_ecc};
#[cfg(all(feature = "encryption", feature = "rsa"))]
pub use encryption::{decrypt_rsa, encrypt_rsa};
pub use finding::EspFinding;

use esp_flash_image::ImageHeader;

/// The kind of a payload, determined by its first bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EspPayload {
    /// An app image, signed or not.
    App,
    /// A patch for an app image, as made by `esp_delta_ota`.
    Delta,
    /// An encrypted image, as made by `esp_encrypted_img`.
    Encrypted,
}

impl EspPayload {
    /// Number of bytes at the start of a payload that determine its kind.
    pub const START_LEN: usize = EncryptedHeader::LEN;

    /// Returns the kind of a payload from its start; `None` if it is not for an ESP32.
    #[must_use]
    pub fn of(start: &[u8]) -> Option<Self> {
        let magic = start.first_chunk().map(|magic| u32::from_le_bytes(*magic));
        match magic {
            Some(DeltaHeader::MAGIC) => Some(Self::Delta),
            Some(EncryptedHeader::MAGIC) => Some(Self::Encrypted),
            // One in 256 random first bytes matches; requiring a known chip excludes the rest.
            _ => ImageHeader::decode(start).ok()?.chip().map(|_| Self::App),
        }
    }
}
