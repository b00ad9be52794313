use crate::{Error, OtaHeader};

use super::EspFinding;

/// The header of a patch that `esp_delta_ota` applies.
///
/// ```text
///  0 10 DE CD FC | 4 SHA-256 at the end of the base image, 32 bytes | 36 zeros, 28 bytes | 64 patch
/// ```
///
/// Source: Espressif's component `esp_delta_ota`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeltaHeader {
    base_hash: [u8; 32],
    is_reserved_zero: bool,
}

impl DeltaHeader {
    /// Length in bytes.
    pub const LEN: usize = 64;
    pub(super) const MAGIC: u32 = 0xFCCD_DE10;

    /// Reads the header at the start of a payload.
    ///
    /// # Errors
    ///
    /// [`Error::DeltaHeader`] when it is missing.
    pub fn decode(start: &[u8]) -> Result<Self, Error> {
        let bytes: &[u8; Self::LEN] = start.first_chunk().ok_or(Error::DeltaHeader)?;
        let (magic, rest) = bytes.split_first_chunk().ok_or(Error::DeltaHeader)?;
        let (base_hash, reserved) = rest.split_first_chunk().ok_or(Error::DeltaHeader)?;
        if u32::from_le_bytes(*magic) != Self::MAGIC {
            return Err(Error::DeltaHeader);
        }
        Ok(Self {
            base_hash: *base_hash,
            is_reserved_zero: reserved.iter().all(|byte| *byte == 0),
        })
    }

    /// Returns the SHA-256 at the end of the image that the patch applies to. It is not the SHA-256 of the file.
    #[must_use]
    pub const fn base_hash(&self) -> &[u8; 32] {
        &self.base_hash
    }

    /// Returns the defects of the patch, given its length including this header.
    pub fn findings(&self, header: Option<&OtaHeader<'_>>, len: u64) -> impl Iterator<Item = EspFinding> + use<> {
        let range = header.map(OtaHeader::applicable_versions);
        let is_for_one = range.is_none_or(|range| range.min().is_some() && range.min() == range.max());
        let found = [
            (!self.is_reserved_zero).then_some(EspFinding::ReservedBytes),
            (len <= 64).then_some(EspFinding::DeltaEmpty),
            (!is_for_one).then_some(EspFinding::DeltaRange),
        ];
        found.into_iter().flatten()
    }
}
