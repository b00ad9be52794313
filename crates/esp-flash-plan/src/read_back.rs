use alloc::string::String;
use alloc::vec::Vec;

use esp_flash_image::FlashCipher;

use crate::device::{bootloader_digest, pieces};
use crate::layout::Piece;
use crate::{DeviceKeys, DeviceParts, DevicePlan, Error, FlashPlan, Region};

impl FlashPlan {
    /// Reads back a device's flash: decrypts each region and compares it with its part.
    ///
    /// Returns the source of the first region that differs.
    ///
    /// # Errors
    ///
    /// As [`FlashPlan::device`].
    pub fn first_difference(
        &self,
        device: &DevicePlan,
        parts: &DeviceParts<'_>,
        keys: &DeviceKeys<'_>,
    ) -> Result<Option<String>, Error> {
        let digest = bootloader_digest(self, keys)?;
        let pieces = pieces(self, parts, digest.as_deref())?;
        let regions = device.regions();
        if let Some(piece) = pieces.get(regions.len()) {
            return Ok(Some(piece.source.into()));
        }
        let cipher = keys.flash_key().map(|key| key.cipher());
        let mut scratch = Vec::new();
        for (index, region) in regions.iter().enumerate() {
            let bytes = device.region_bytes(index).unwrap_or_default();
            let same = match pieces.get(index) {
                Some(piece) => holds_piece(piece, region, bytes, cipher.as_ref(), &mut scratch)?,
                None => false,
            };
            if !same {
                return Ok(Some(region.source().into()));
            }
        }
        Ok(None)
    }
}

pub(crate) fn holds_piece(
    piece: &Piece<'_>,
    region: &Region,
    bytes: &[u8],
    cipher: Option<&FlashCipher>,
    scratch: &mut Vec<u8>,
) -> Result<bool, Error> {
    if region.offset() != piece.offset || region.is_encrypted() != piece.encrypted || bytes.len() != piece.len {
        return Ok(false);
    }
    let cipher = cipher.filter(|_| piece.encrypted);
    let (mut plain, mut address) = (piece.bytes, piece.offset);
    for chunk in bytes.chunks(CHUNK) {
        scratch.clear();
        scratch.extend_from_slice(chunk);
        if let Some(cipher) = cipher {
            cipher.decrypt(address, scratch).map_err(|error| Error::Encryption {
                part: piece.source.into(),
                error,
            })?;
        }
        let (given, rest) = plain.split_at_checked(chunk.len()).unwrap_or((plain, &[]));
        plain = rest;
        let after = scratch.strip_prefix(given);
        if !after.is_some_and(|after| after.iter().all(|byte| *byte == 0xFF)) {
            return Ok(false);
        }
        address = address.saturating_add(CHUNK_ADDRESSES);
    }
    Ok(true)
}

/// Half the size of a small first-level cache.
const CHUNK: usize = 0x4000;
const CHUNK_ADDRESSES: u32 = 0x4000;
