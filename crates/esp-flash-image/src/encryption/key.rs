use core::fmt;

use rand_core::CryptoRng;
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::cipher::FlashCipher;
use super::{EncryptionScheme, FlashCryptConfig};
use crate::Error;

/// A flash encryption key, as in a key file; eFuses hold each 32 bytes of it in reverse order.
///
/// Compare keys with `ct_eq`. `Debug` elides the key.
///
/// # Examples
///
/// ```
/// use esp_flash_image::{EncryptionScheme, FlashKey};
///
/// let key = FlashKey::new(EncryptionScheme::Xts128, &[7; 32])?;
/// let mut bootloader = *b"sixteen bytes or";
/// key.cipher().encrypt(0x1000, &mut bootloader)?;
/// key.cipher().decrypt(0x1000, &mut bootloader)?;
/// assert_eq!(&bootloader, b"sixteen bytes or");
/// # Ok::<(), esp_flash_image::Error>(())
/// ```
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct FlashKey {
    bytes: [u8; Self::MAX_LEN],
    #[zeroize(skip)]
    len: usize,
    #[zeroize(skip)]
    scheme: EncryptionScheme,
    #[zeroize(skip)]
    config: FlashCryptConfig,
}

impl FlashKey {
    const MAX_LEN: usize = 64;
    /// Length in bytes of a key for an ESP32 with the 3/4 coding scheme.
    const CODED_LEN: usize = 24;

    /// Makes a key from the bytes of a key file.
    ///
    /// # Errors
    ///
    /// [`Error::KeyLength`] unless the length is [`EncryptionScheme::key_len`], or 24 for [`EncryptionScheme::Esp32`].
    pub fn new(scheme: EncryptionScheme, bytes: &[u8]) -> Result<Self, Error> {
        let len = bytes.len();
        let coded = scheme == EncryptionScheme::Esp32 && len == Self::CODED_LEN;
        if len != scheme.key_len() && !coded {
            return Err(Error::KeyLength { scheme, len });
        }
        let config = FlashCryptConfig::DEFAULT;
        let mut key = Self {
            bytes: [0; Self::MAX_LEN],
            len,
            scheme,
            config,
        };
        // At most 64 bytes.
        key.bytes.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        Ok(key)
    }

    /// Generates a random key.
    #[must_use]
    pub fn generate<R: CryptoRng + ?Sized>(scheme: EncryptionScheme, rng: &mut R) -> Self {
        let config = FlashCryptConfig::DEFAULT;
        let mut key = Self {
            bytes: [0; Self::MAX_LEN],
            len: scheme.key_len(),
            scheme,
            config,
        };
        let len = key.len;
        rng.fill_bytes(key.bytes.get_mut(..len).unwrap_or_default());
        key
    }

    /// Sets FLASH_CRYPT_CONFIG, which only [`EncryptionScheme::Esp32`] uses.
    #[must_use]
    pub fn with_flash_crypt_config(mut self, config: FlashCryptConfig) -> Self {
        self.config = config;
        self
    }

    /// Returns the scheme.
    #[must_use]
    pub const fn scheme(&self) -> EncryptionScheme {
        self.scheme
    }

    /// Returns FLASH_CRYPT_CONFIG.
    #[must_use]
    pub const fn flash_crypt_config(&self) -> FlashCryptConfig {
        self.config
    }

    /// Returns the bytes of the key file: 16, 24, 32 or 64 bytes.
    #[must_use]
    pub fn expose_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    /// Expands the key.
    #[must_use]
    pub fn cipher(&self) -> FlashCipher {
        let (low, high) = self.halves();
        match self.scheme {
            EncryptionScheme::Esp32 => {
                let mut key = Zeroizing::new(*low);
                if self.len == Self::CODED_LEN {
                    let coded = Zeroizing::new(*low);
                    let repeated = coded.iter().skip(8);
                    key.iter_mut()
                        .skip(Self::CODED_LEN)
                        .zip(repeated)
                        .for_each(|(to, from)| *to = *from);
                }
                FlashCipher::esp32(&key, self.config)
            }
            EncryptionScheme::Xts128 => FlashCipher::xts_128(low),
            EncryptionScheme::Xts128Derived => {
                let mut digest = Sha256::digest(self.expose_bytes());
                let mut key = Zeroizing::new([0; 32]);
                key.copy_from_slice(&digest);
                digest.zeroize();
                FlashCipher::xts_128(&key)
            }
            EncryptionScheme::Xts256 => FlashCipher::xts_256(low, high),
        }
    }

    fn halves(&self) -> (&[u8; 32], &[u8; 32]) {
        match self.bytes.as_chunks().0 {
            [low, high] => (low, high),
            // 64 bytes always split into two halves.
            _ => (&[0; 32], &[0; 32]),
        }
    }
}

impl ConstantTimeEq for FlashKey {
    /// Only the keys are compared in constant time; the other fields are not secret.
    fn ct_eq(&self, other: &Self) -> Choice {
        let is_same = self.scheme == other.scheme && self.config == other.config;
        Choice::from(u8::from(is_same)) & self.expose_bytes().ct_eq(other.expose_bytes())
    }
}

impl fmt::Debug for FlashKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "FlashKey({}, [elided])", self.scheme)
    }
}
