use alloc::string::String;
use alloc::vec::Vec;

use esp_flash_image::FlashCipher;
use md5::Md5;
use sha2::{Digest, Sha256};

use crate::Error;
use crate::layout::Piece;

/// A range of flash to write, in whole sectors of 4 KiB.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Region {
    offset: u32,
    length: u32,
    source: String,
    encrypted: bool,
    md5: [u8; 16],
    sha256: [u8; 32],
}

impl Region {
    /// Returns the flash address.
    #[must_use]
    pub const fn offset(&self) -> u32 {
        self.offset
    }

    /// Returns the length in bytes.
    #[must_use]
    pub const fn length(&self) -> u32 {
        self.length
    }

    /// Returns the source of the bytes: `bootloader`, `partition table`, the label of a partition, `bootloader digest`
    /// or `gap`.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Returns whether the bytes are encrypted with the flash encryption key.
    #[must_use]
    pub const fn is_encrypted(&self) -> bool {
        self.encrypted
    }

    /// Returns the MD5 of the bytes as stored in flash, which a chip can compute in download mode.
    #[must_use]
    pub const fn md5(&self) -> &[u8; 16] {
        &self.md5
    }

    /// Returns the SHA-256 of the bytes as stored in flash.
    #[must_use]
    pub const fn sha256(&self) -> &[u8; 32] {
        &self.sha256
    }

    /// Returns the flash address after the last byte.
    #[must_use]
    pub const fn end(&self) -> u32 {
        // Does not exceed the flash size.
        self.offset.saturating_add(self.length)
    }

    /// Creates a region from the fields of a document.
    #[cfg(feature = "serde")]
    pub(crate) const fn read(
        (offset, length): (u32, u32),
        source: String,
        encrypted: bool,
        md5: [u8; 16],
        sha256: [u8; 32],
    ) -> Self {
        Self {
            offset,
            length,
            source,
            encrypted,
            md5,
            sha256,
        }
    }

    /// Appends the bytes of a piece to `target`, encrypts and hashes them.
    ///
    /// Each chunk is processed completely before the next, while it is in the cache.
    pub(crate) fn write(piece: &Piece<'_>, cipher: Option<&FlashCipher>, target: &mut Vec<u8>) -> Result<Self, Error> {
        let (mut md5, mut sha256) = (Md5::new(), Sha256::new());
        let mut plain = piece.bytes;
        let (mut address, mut left) = (piece.offset, piece.len);
        while left > 0 {
            let len = left.min(CHUNK);
            let start = target.len();
            let (given, rest) = plain.split_at_checked(len).unwrap_or((plain, &[]));
            plain = rest;
            target.extend_from_slice(given);
            target.resize(start.saturating_add(len), ERASED);
            let chunk = target.get_mut(start..).unwrap_or_default();
            if let Some(cipher) = cipher.filter(|_| piece.encrypted) {
                cipher.encrypt(address, chunk).map_err(|error| Error::Encryption {
                    part: piece.source.into(),
                    error,
                })?;
            }
            md5.update(&*chunk);
            sha256.update(&*chunk);
            left = left.saturating_sub(len);
            address = address.saturating_add(CHUNK_ADDRESSES);
        }
        Ok(Self {
            offset: piece.offset,
            length: u32::try_from(piece.len).map_err(|_| Error::DoesNotFit {
                part: piece.source.into(),
                len: piece.len,
                available: u32::MAX,
            })?,
            source: piece.source.into(),
            encrypted: piece.encrypted,
            md5: md5.finalize().into(),
            sha256: sha256.finalize().into(),
        })
    }
}

const ERASED: u8 = 0xFF;
/// Half the size of a small first-level cache.
const CHUNK: usize = 0x4000;
/// [`CHUNK`] as a distance of flash addresses.
const CHUNK_ADDRESSES: u32 = 0x4000;
