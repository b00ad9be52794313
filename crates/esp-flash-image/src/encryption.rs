//! Flash encryption.

mod cipher;
mod key;
mod legacy;
mod xts;

use core::fmt;
use core::str::FromStr;

pub use cipher::FlashCipher;
pub use key::FlashKey;

use crate::Error;

/// A flash encryption scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum EncryptionScheme {
    /// AES-256 with an address-dependent key: ESP32.
    Esp32,
    /// XTS-AES-128.
    Xts128,
    /// XTS-AES-128 with a key derived from 16 bytes of eFuses: ESP32-C2.
    Xts128Derived,
    /// XTS-AES-256.
    Xts256,
}

impl EncryptionScheme {
    /// All schemes.
    pub const ALL: &[Self] = &[Self::Esp32, Self::Xts128, Self::Xts128Derived, Self::Xts256];

    /// Returns the name used in profiles and options.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Esp32 => "esp32",
            Self::Xts128 => "xts-128",
            Self::Xts128Derived => "xts-128-derived",
            Self::Xts256 => "xts-256",
        }
    }

    /// Returns the length of a key file in bytes. An ESP32 with the 3/4 coding scheme has 24 bytes instead.
    #[must_use]
    pub const fn key_len(self) -> usize {
        match self {
            Self::Esp32 | Self::Xts128 => 32,
            Self::Xts128Derived => 16,
            Self::Xts256 => 64,
        }
    }

    /// Returns the key purpose for espefuse's `burn-key`; the ESP32 has a dedicated block instead.
    ///
    /// `XTS_AES_256_KEY` is espefuse's term for two blocks: the named one and the next free one.
    #[must_use]
    pub const fn key_purpose(self) -> Option<&'static str> {
        match self {
            Self::Esp32 => None,
            Self::Xts128 => Some("XTS_AES_128_KEY"),
            Self::Xts128Derived => Some("XTS_AES_128_KEY_DERIVED_FROM_128_EFUSE_BITS"),
            Self::Xts256 => Some("XTS_AES_256_KEY"),
        }
    }
}

impl fmt::Display for EncryptionScheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

impl FromStr for EncryptionScheme {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let found = Self::ALL.iter().find(|scheme| scheme.name() == text);
        found.copied().ok_or(Error::EncryptionSchemeName)
    }
}

/// The eFuse FLASH_CRYPT_CONFIG: selects which of four key segments depend on the address.
///
/// Source: ESP-IDF, "Flash Encryption" of the ESP32.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FlashCryptConfig(u8);

impl FlashCryptConfig {
    /// All segments depend on the address: the only value that ESP-IDF burns.
    pub const DEFAULT: Self = Self(0xF);
    /// The smallest value.
    pub const MIN: Self = Self(0);
    /// The largest value.
    pub const MAX: Self = Self(0xF);

    /// Makes a value.
    ///
    /// # Errors
    ///
    /// [`Error::CryptConfig`] above 15. `espsecure` silently drops the upper bits.
    pub const fn new(value: u8) -> Result<Self, Error> {
        if value > Self::MAX.0 {
            return Err(Error::CryptConfig { value });
        }
        Ok(Self(value))
    }

    /// Returns the value.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl From<FlashCryptConfig> for u8 {
    fn from(config: FlashCryptConfig) -> Self {
        config.0
    }
}

impl TryFrom<u8> for FlashCryptConfig {
    type Error = Error;

    fn try_from(value: u8) -> Result<Self, Error> {
        Self::new(value)
    }
}

impl Default for FlashCryptConfig {
    fn default() -> Self {
        Self::DEFAULT
    }
}
