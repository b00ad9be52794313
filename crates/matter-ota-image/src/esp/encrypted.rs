use core::fmt;

use crate::Error;

use super::EspFinding;

/// The method by which the device gets the key of an encrypted image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum EncryptedForm {
    /// ECIES on P-256, with HKDF-SHA256.
    EccP256,
    /// RSA-3072 with PKCS#1 v1.5.
    Rsa3072,
}

impl fmt::Display for EncryptedForm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::EccP256 => "ECIES P-256",
            Self::Rsa3072 => "RSA-3072",
        })
    }
}

/// The header of an encrypted image of `esp_encrypted_img`.
///
/// ```text
///   0 CF B6 88 07 | 4 key, 384 bytes | 388 IV, 16 | 404 size u32 | 408 GCM tag, 16 | 424 zeros, 88 | 512 AES-256-GCM
/// key, RSA: the AES key, encrypted; ECC: 4 ephemeral point X, Y | 68 salt, 32 | 100 zeros, 288
/// ```
///
/// Source: Espressif's component `esp_encrypted_img`, `esp_enc_img_gen.py`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EncryptedHeader {
    pub(super) key: [u8; Self::KEY_LEN],
    pub(super) iv: [u8; 16],
    pub(super) size: u32,
    pub(super) tag: [u8; 16],
    is_reserved_zero: bool,
}

/// The offset of the zeros after the key of the ECC form.
pub(super) const ECC_KEY_LEN: usize = 64 + 32;

impl EncryptedHeader {
    /// Length in bytes.
    pub const LEN: usize = 512;
    pub(super) const MAGIC: u32 = 0x0788_B6CF;
    pub(super) const KEY_LEN: usize = 384;

    #[cfg(feature = "encryption")]
    pub(super) const fn new(key: [u8; Self::KEY_LEN], iv: [u8; 16], size: u32, tag: [u8; 16]) -> Self {
        Self {
            key,
            iv,
            size,
            tag,
            is_reserved_zero: true,
        }
    }

    /// Reads the header at the start of a payload.
    ///
    /// # Errors
    ///
    /// [`Error::EncryptedHeader`] when it is missing.
    pub fn decode(start: &[u8]) -> Result<Self, Error> {
        let read = || {
            let bytes: &[u8; Self::LEN] = start.first_chunk()?;
            let (magic, rest) = bytes.split_first_chunk()?;
            let (key, rest) = rest.split_first_chunk()?;
            let (iv, rest) = rest.split_first_chunk()?;
            let (size, rest) = rest.split_first_chunk()?;
            let (tag, reserved) = rest.split_first_chunk()?;
            (u32::from_le_bytes(*magic) == Self::MAGIC).then_some(Self {
                key: *key,
                iv: *iv,
                size: u32::from_le_bytes(*size),
                tag: *tag,
                is_reserved_zero: reserved.iter().all(|byte| *byte == 0),
            })
        };
        read().ok_or(Error::EncryptedHeader)
    }

    /// Returns the bytes of the header.
    #[must_use]
    pub fn encode(&self) -> [u8; Self::LEN] {
        let mut bytes = [0; Self::LEN];
        let magic = Self::MAGIC.to_le_bytes();
        let size = self.size.to_le_bytes();
        let parts = magic
            .iter()
            .chain(&self.key)
            .chain(&self.iv)
            .chain(&size)
            .chain(&self.tag);
        bytes.iter_mut().zip(parts).for_each(|(to, from)| *to = *from);
        bytes
    }

    /// Returns the form, detected by the zeros after the key of the ECC form.
    #[must_use]
    pub fn form(&self) -> EncryptedForm {
        let is_ecc = self.key.iter().skip(ECC_KEY_LEN).all(|byte| *byte == 0);
        if is_ecc {
            EncryptedForm::EccP256
        } else {
            EncryptedForm::Rsa3072
        }
    }

    /// Returns the length of the encrypted image after the header in bytes.
    #[must_use]
    pub const fn size(&self) -> u32 {
        self.size
    }

    /// Returns the defects of a payload of `len` bytes, including this header.
    pub fn findings(&self, len: u64) -> impl Iterator<Item = EspFinding> + use<> {
        let found = len.saturating_sub(512);
        let size = self.size;
        let found = [
            (!self.is_reserved_zero).then_some(EspFinding::ReservedBytes),
            (found != u64::from(size)).then_some(EspFinding::EncryptedSize { size, found }),
        ];
        found.into_iter().flatten()
    }
}
