//! Flash encryption.

use core::fmt;
use core::str::FromStr;

use crate::Error;

/// A scheme of flash encryption.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum EncryptionScheme {
    /// AES-256 with a key that changes with the address: ESP32.
    Esp32,
    /// XTS-AES-128.
    Xts128,
    /// XTS-AES-128 with a key of which eFuses hold 16 bytes: ESP32-C2.
    Xts128Derived,
    /// XTS-AES-256.
    Xts256,
}

impl EncryptionScheme {
    /// All schemes.
    pub const ALL: &[Self] = &[Self::Esp32, Self::Xts128, Self::Xts128Derived, Self::Xts256];

    /// Returns the name in profiles and options.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Esp32 => "esp32",
            Self::Xts128 => "xts-128",
            Self::Xts128Derived => "xts-128-derived",
            Self::Xts256 => "xts-256",
        }
    }

    /// Returns the bytes of a key file. The ESP32 with its 3/4 coding scheme has 24 instead.
    #[must_use]
    pub const fn key_len(self) -> usize {
        match self {
            Self::Esp32 | Self::Xts128 => 32,
            Self::Xts128Derived => 16,
            Self::Xts256 => 64,
        }
    }

    /// Returns the purpose of the key for espefuse's `burn-key`; the ESP32 has a block for it instead.
    ///
    /// `XTS_AES_256_KEY` is espefuse's word for two blocks, the named and the next free one.
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
        found.copied().ok_or(Error::SchemeName)
    }
}
