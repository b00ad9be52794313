use alloc::vec::Vec;

use zeroize::Zeroizing;

use crate::Error;

/// What a key block is for, by the name that espefuse has for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyPurpose {
    /// A key on P-256 for the ECDSA peripheral.
    EcdsaKey,
    /// Flash encryption of the ESP32.
    FlashEncryption,
    /// Derivation of the keys of NVS encryption by the HMAC peripheral.
    HmacUp,
    /// The digest of a key of secure boot version 2: 0, 1 or 2.
    SecureBootDigest(u8),
    /// The digest of the one key of secure boot of the ESP32-C2, of which its block holds the first half.
    SecureBootDigestHalf,
    /// The key of the bootloader's digest, secure boot version 1.
    SecureBootV1,
    /// The digest of the one key of secure boot version 2 of the ESP32.
    SecureBootV2,
    /// XTS-AES-128.
    XtsAes128,
    /// XTS-AES-128 of the ESP32-C2, with a key derived from 128 bits in the lower half of its block.
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

    /// Returns espefuse's name of the purpose, or of the block where each block is for one key.
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

    /// Tells whether the block holds a secret, which nobody but the hardware may read.
    #[must_use]
    pub const fn is_secret(self) -> bool {
        !matches!(
            self,
            Self::SecureBootDigest(_) | Self::SecureBootDigestHalf | Self::SecureBootV2
        )
    }

    /// Tells whether it is the key of flash encryption, or a half of it.
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

    /// Tells whether the block holds the bytes of the key file from the last to the first.
    #[must_use]
    pub const fn is_reversed(self) -> bool {
        self.is_secret() && !matches!(self, Self::HmacUp)
    }

    /// Tells whether the name is that of a block, as for the ESP32, whose blocks are for one key each.
    #[must_use]
    pub const fn is_block(self) -> bool {
        matches!(self, Self::FlashEncryption | Self::SecureBootV1 | Self::SecureBootV2)
    }

    /// Returns where in its block the key begins.
    #[must_use]
    pub const fn block_offset(self) -> usize {
        match self {
            Self::SecureBootDigestHalf => 16,
            _ => 0,
        }
    }

    /// Returns the bytes that the block holds after a key file was burned, in the order of its words, from
    /// [`KeyPurpose::block_offset`] on.
    ///
    /// # Errors
    ///
    /// [`Error::KeyFileLength`] when the file is not one for this purpose: 32 bytes, 24 or 32 for the ESP32's secret
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
