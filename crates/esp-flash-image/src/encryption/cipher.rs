use core::fmt;

use aes::{Aes128, Aes256};

use super::FlashCryptConfig;
use super::legacy::LegacyCipher;
use super::xts::Xts;
use crate::Error;

/// An expanded flash encryption key.
///
/// # Examples
///
/// ```
/// use esp_flash_image::{EncryptionScheme, FlashKey};
///
/// let cipher = FlashKey::new(EncryptionScheme::Xts128, &[7; 32])?.cipher();
/// let mut piece = *b"sixteen bytes...";
/// cipher.encrypt(0x1_0000, &mut piece)?;
/// assert_ne!(&piece, b"sixteen bytes...");
/// cipher.decrypt(0x1_0000, &mut piece)?;
/// assert_eq!(&piece, b"sixteen bytes...");
/// # Ok::<(), esp_flash_image::Error>(())
/// ```
#[derive(Clone)]
pub struct FlashCipher(Inner);

#[derive(Clone)]
#[expect(clippy::large_enum_variant, reason = "there is no allocator")]
enum Inner {
    Esp32(LegacyCipher),
    Xts128(Xts<Aes128>),
    Xts256(Xts<Aes256>),
}

impl FlashCipher {
    /// The block size in bytes; addresses and lengths are multiples of it.
    pub const STEP: usize = 16;

    pub(super) fn esp32(key: &[u8; 32], config: FlashCryptConfig) -> Self {
        Self(Inner::Esp32(LegacyCipher::new(key, config)))
    }

    pub(super) fn xts_128(key: &[u8; 32]) -> Self {
        let (data, tweak) = match key.as_chunks().0 {
            [data, tweak] => (data, tweak),
            // 32 bytes always split into two halves.
            _ => (&[0; 16], &[0; 16]),
        };
        Self(Inner::Xts128(Xts::new(data, tweak)))
    }

    pub(super) fn xts_256(data: &[u8; 32], tweak: &[u8; 32]) -> Self {
        Self(Inner::Xts256(Xts::new(data, tweak)))
    }

    /// Encrypts bytes in place, as the chip stores them at a flash address.
    ///
    /// Each 16-byte block depends only on its own content and address: encrypting in pieces gives the same result as
    /// encrypting at once.
    ///
    /// # Errors
    ///
    /// [`Error::Empty`] without bytes; [`Error::AddressAlignment`] and [`Error::LengthAlignment`] unless address and length
    /// are multiples of 16; [`Error::EndOfFlash`] when the bytes end after 2³², or after 16 MiB with
    /// [`EncryptionScheme::Esp32`](crate::EncryptionScheme::Esp32). On error, `data` is unchanged.
    pub fn encrypt(&self, address: u32, data: &mut [u8]) -> Result<(), Error> {
        self.check(address, data.len())?;
        match &self.0 {
            Inner::Esp32(cipher) => cipher.encrypt(address, data),
            Inner::Xts128(cipher) => cipher.encrypt(address, data),
            Inner::Xts256(cipher) => cipher.encrypt(address, data),
        }
        Ok(())
    }

    /// Decrypts bytes in place, as read from a flash address.
    ///
    /// # Errors
    ///
    /// As [`FlashCipher::encrypt`].
    pub fn decrypt(&self, address: u32, data: &mut [u8]) -> Result<(), Error> {
        self.check(address, data.len())?;
        match &self.0 {
            Inner::Esp32(cipher) => cipher.decrypt(address, data),
            Inner::Xts128(cipher) => cipher.decrypt(address, data),
            Inner::Xts256(cipher) => cipher.decrypt(address, data),
        }
        Ok(())
    }

    fn check(&self, address: u32, len: usize) -> Result<(), Error> {
        let limit = match self.0 {
            Inner::Esp32(_) => LegacyCipher::LIMIT,
            Inner::Xts128(_) | Inner::Xts256(_) => 1 << 32,
        };
        let end = u64::try_from(len).ok().and_then(|len| len.checked_add(address.into()));
        if len == 0 {
            Err(Error::Empty)
        } else if !address.is_multiple_of(16) {
            Err(Error::AddressAlignment { address })
        } else if !len.is_multiple_of(Self::STEP) {
            Err(Error::LengthAlignment { len })
        } else if end.is_none_or(|end| end > limit) {
            Err(Error::EndOfFlash { address, len, limit })
        } else {
            Ok(())
        }
    }
}

impl fmt::Debug for FlashCipher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FlashCipher([elided])")
    }
}
