//! What Espressif's devices take as a payload, and what is wrong with one.

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

/// The kind of a payload, as its first bytes tell.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EspPayload {
    /// An app image, signed or not.
    App,
    /// A patch to an app image, as `esp_delta_ota` makes it.
    Delta,
    /// An encrypted image, as `esp_encrypted_img` makes it.
    Encrypted,
}

impl EspPayload {
    /// How many bytes at the start of a payload are enough.
    pub const START_LEN: usize = EncryptedHeader::LEN;

    /// Tells the kind of a payload from its start; `None` for one of other devices.
    #[must_use]
    pub fn of(start: &[u8]) -> Option<Self> {
        let magic = start.first_chunk().map(|magic| u32::from_le_bytes(*magic));
        match magic {
            Some(DeltaHeader::MAGIC) => Some(Self::Delta),
            Some(EncryptedHeader::MAGIC) => Some(Self::Encrypted),
            // The first byte alone is one in 256 that are random; a known chip is not.
            _ => ImageHeader::decode(start).ok()?.chip().map(|_| Self::App),
        }
    }
}
