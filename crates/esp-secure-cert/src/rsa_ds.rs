use core::fmt;

use crate::{EfuseKey, Error};

/// An RSA key for the digital signature peripheral, encrypted with a key that is derived from an
/// eFuse block.
///
/// Encryption needs the eFuse key and is not part of this crate.
///
/// ```text
/// DS_DATA                                  DS_CONTEXT
/// +----------------------------+ 0         +-------------------+ 0
/// | bits / 32 - 1          u32 |           | 0             u32 |
/// | IV                         | 4         | eFuse key      u8 | 4
/// | ciphertext                 | 20        | 0              u8 | 5
/// +----------------------------+           | bits          u16 | 6
///                                          +-------------------+ 8
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct DsKey<'a> {
    efuse_key: EfuseKey,
    bits: u16,
    iv: [u8; IV_LEN],
    ciphertext: &'a [u8],
}

impl<'a> DsKey<'a> {
    /// The length in bytes of the IV.
    pub const IV_LEN: usize = IV_LEN;
    /// The minimum key size in bits.
    pub const MIN_BITS: u16 = 1024;
    /// The maximum key size in bits.
    pub const MAX_BITS: u16 = 4096;

    /// Creates a key from the eFuse block, the key size in bits, and IV and ciphertext of the
    /// parameters.
    ///
    /// # Errors
    ///
    /// [`Error::DsBits`] if the size is not a multiple of 32 from 1024 to 4096, and
    /// [`Error::DsCiphertext`] if the ciphertext does not have the length of a chip for this size:
    /// 1200 bytes up to 3072 bits, 1584 up to 4096.
    pub fn new(efuse_key: EfuseKey, bits: u16, iv: [u8; IV_LEN], ciphertext: &'a [u8]) -> Result<Self, Error> {
        if !(Self::MIN_BITS..=Self::MAX_BITS).contains(&bits) || !bits.is_multiple_of(WORD_BITS) {
            return Err(Error::DsBits { bits });
        }
        let fits = |(chip_bits, len): &(u16, usize)| bits <= *chip_bits && ciphertext.len() == *len;
        if !CIPHERTEXT_LENGTHS.iter().any(fits) {
            return Err(Error::DsCiphertext { len: ciphertext.len() });
        }
        Ok(Self {
            efuse_key,
            bits,
            iv,
            ciphertext,
        })
    }

    /// Decodes the data of the two records.
    ///
    /// # Errors
    ///
    /// [`Error::DsContext`] if the two do not match or have a wrong length, and the errors of
    /// [`DsKey::new`] and [`EfuseKey::new`].
    pub fn decode(data: &'a [u8], context: &[u8]) -> Result<Self, Error> {
        let &[0, 0, 0, 0, efuse_key, 0, low, high] = context else {
            return Err(Error::DsContext);
        };
        let bits = u16::from_le_bytes([low, high]);
        let (words, data) = data.split_first_chunk().ok_or(Error::DsContext)?;
        let (iv, ciphertext) = data.split_first_chunk().ok_or(Error::DsContext)?;
        if u32::from(bits / WORD_BITS).checked_sub(1) != Some(u32::from_le_bytes(*words)) {
            return Err(Error::DsContext);
        }
        Self::new(EfuseKey::new(efuse_key)?, bits, *iv, ciphertext)
    }

    /// Returns the eFuse block.
    #[must_use]
    pub const fn efuse_key(&self) -> EfuseKey {
        self.efuse_key
    }

    /// Returns the key size in bits.
    #[must_use]
    pub const fn bits(&self) -> u16 {
        self.bits
    }

    /// Returns the IV.
    #[must_use]
    pub const fn iv(&self) -> &[u8; IV_LEN] {
        &self.iv
    }

    /// Returns the encrypted parameters.
    #[must_use]
    pub const fn ciphertext(&self) -> &'a [u8] {
        self.ciphertext
    }

    /// Returns the first bytes of DS_DATA.
    pub(crate) fn words(&self) -> [u8; 4] {
        u32::from(self.bits / WORD_BITS).saturating_sub(1).to_le_bytes()
    }

    /// Returns the data of DS_CONTEXT.
    pub(crate) const fn context(&self) -> [u8; 8] {
        let [low, high] = self.bits.to_le_bytes();
        [0, 0, 0, 0, self.efuse_key.id(), 0, low, high]
    }
}

impl fmt::Debug for DsKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DsKey")
            .field("efuse_key", &self.efuse_key)
            .field("bits", &self.bits)
            .finish_non_exhaustive()
    }
}

const IV_LEN: usize = 16;
const WORD_BITS: u16 = 32;
/// The ciphertext length for the maximum key size of a chip: three numbers of that size and 48
/// bytes (ESP-IDF `esp_hw_support/include/esp_ds.h`, `ESP_DS_C_LEN`).
const CIPHERTEXT_LENGTHS: [(u16, usize); 2] = [(3072, 3 * 384 + 48), (4096, 3 * 512 + 48)];
