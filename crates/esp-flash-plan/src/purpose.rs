use alloc::vec::Vec;

use zeroize::Zeroizing;

use crate::Error;

/// The purpose of a key block, named as by espefuse.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyPurpose {
    /// A P-256 key for the ECDSA peripheral.
    EcdsaKey,
    /// Flash encryption of the ESP32.
    FlashEncryption,
    /// Derivation of the NVS encryption keys by the HMAC peripheral.
    HmacUp,
    /// The digest of secure boot version 2 key 0, 1 or 2.
    SecureBootDigest(u8),
    /// The digest of the ESP32-C2's only secure boot key; its block holds the first half.
    SecureBootDigestHalf,
    /// The key of the bootloader digest, secure boot version 1.
    SecureBootV1,
    /// The digest of the ESP32's only secure boot version 2 key.
    SecureBootV2,
    /// XTS-AES-128.
    XtsAes128,
    /// XTS-AES-128 of the ESP32-C2, with a key derived from 128 bits in the lower half of the block.
    XtsAes128Derived,
    /// The first half of an XTS-AES-256 key.
    XtsAes256Key1,
    /// The second half of an XTS-AES-256 key.
    XtsAes256Key2,
}

impl KeyPurpose {
    #[cfg(feature = "serde")]
    pub(crate) const ALL: [Self; 13] = [
        Self::EcdsaKey,
        Self::FlashEncryption,
        Self::HmacUp,
        Self::SecureBootDigest(0),
        Self::SecureBootDigest(1),
        Self::SecureBootDigest(2),
        Self::SecureBootDigestHalf,
        Self::SecureBootV1,
        Self::SecureBootV2,
        Self::XtsAes128,
        Self::XtsAes128Derived,
        Self::XtsAes256Key1,
        Self::XtsAes256Key2,
    ];

    /// Returns espefuse's name of the purpose, or of the block where blocks have fixed purposes.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::EcdsaKey => "ECDSA_KEY",
            Self::FlashEncryption => "flash_encryption",
            Self::HmacUp => "HMAC_UP",
            Self::SecureBootDigest(0) => "SECURE_BOOT_DIGEST0",
            Self::SecureBootDigest(1) => "SECURE_BOOT_DIGEST1",
            Self::SecureBootDigest(_) => "SECURE_BOOT_DIGEST2",
            Self::SecureBootDigestHalf => "SECURE_BOOT_DIGEST",
            Self::SecureBootV1 => "secure_boot_v1",
            Self::SecureBootV2 => "secure_boot_v2",
            Self::XtsAes128 => "XTS_AES_128_KEY",
            Self::XtsAes128Derived => "XTS_AES_128_KEY_DERIVED_FROM_128_EFUSE_BITS",
            Self::XtsAes256Key1 => "XTS_AES_256_KEY_1",
            Self::XtsAes256Key2 => "XTS_AES_256_KEY_2",
        }
    }

    /// Returns whether the block holds a secret that only the hardware may read.
    #[must_use]
    pub const fn is_secret(self) -> bool {
        !matches!(
            self,
            Self::SecureBootDigest(_) | Self::SecureBootDigestHalf | Self::SecureBootV2
        )
    }

    /// Returns whether it is a flash encryption key or a half of one.
    #[must_use]
    pub const fn is_flash_encryption(self) -> bool {
        matches!(
            self,
            Self::FlashEncryption
                | Self::XtsAes128
                | Self::XtsAes128Derived
                | Self::XtsAes256Key1
                | Self::XtsAes256Key2
        )
    }

    /// Returns whether the block holds the bytes of the key file in reverse order.
    #[must_use]
    pub(crate) const fn is_reversed(self) -> bool {
        self.is_secret() && !matches!(self, Self::HmacUp)
    }

    /// Returns whether the name is a block name, as on the ESP32, where blocks have fixed purposes.
    #[must_use]
    pub const fn is_block(self) -> bool {
        matches!(self, Self::FlashEncryption | Self::SecureBootV1 | Self::SecureBootV2)
    }

    /// Returns the offset of the key in its block.
    #[must_use]
    pub const fn block_offset(self) -> usize {
        match self {
            Self::SecureBootDigestHalf => 16,
            _ => 0,
        }
    }

    /// Returns the content of the block after a key file was burned, in the order of its words, from
    /// [`KeyPurpose::block_offset`] on.
    ///
    /// # Errors
    ///
    /// [`Error::KeyFileLength`] unless the file has the length for this purpose: 32 bytes, 24 or 32 for the ESP32's secret
    /// keys, 16 for the derived key, 64 for the halves of XTS-AES-256.
    pub fn block_bytes(self, file: &[u8]) -> Result<Zeroizing<Vec<u8>>, Error> {
        let len = file.len();
        let part = match (self, len) {
            (Self::XtsAes256Key1, 64) => file.get(..32),
            (Self::XtsAes256Key2, 64) => file.get(32..),
            (Self::XtsAes256Key1 | Self::XtsAes256Key2, _) => None,
            (Self::XtsAes128Derived, 16) => Some(file),
            (Self::SecureBootDigestHalf, 32) => file.get(..16),
            (Self::FlashEncryption | Self::SecureBootV1, 24) => Some(file),
            (Self::XtsAes128Derived, _) => None,
            (_, 32) => Some(file),
            _ => None,
        };
        let mut bytes = Zeroizing::new(part.ok_or(Error::KeyFileLength { len })?.to_vec());
        if self.is_reversed() {
            bytes.reverse();
        }
        Ok(bytes)
    }
}
