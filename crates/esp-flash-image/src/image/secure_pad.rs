#[cfg(feature = "alloc")]
use alloc::vec::Vec;

use super::Image;
#[cfg(feature = "alloc")]
use super::{CHECKSUM_SEED, HASH_LEN, MAX_SEGMENTS, SEGMENT_HEADER_LEN, writer::close, xor};
use crate::{Chip, Error};

/// The secure boot version for which an app is padded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum SecurePad {
    /// Version 1: the 68-byte signature and the 12 bytes after it end at a page boundary.
    V1,
    /// Version 2: the image ends at a page boundary, and the signature sector follows.
    V2,
}

impl SecurePad {
    /// Number of bytes between the image and the page boundary.
    const fn after(self) -> usize {
        match self {
            Self::V1 => 68 + 12,
            Self::V2 => 0,
        }
    }
}

/// A flash MMU page size.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MmuPage(usize);

impl MmuPage {
    /// 64 KiB, which all chips support and most apps use.
    pub const DEFAULT: Self = Self(0x1_0000);

    /// Makes a page size in bytes for a chip.
    ///
    /// # Errors
    ///
    /// [`Error::MmuPage`] unless [`ChipFacts::mmu_page_sizes`](crate::ChipFacts::mmu_page_sizes) contains it.
    pub fn new(chip: Chip, size: u32) -> Result<Self, Error> {
        let wrong = Error::MmuPage { size };
        let known = chip.facts().mmu_page_sizes.contains(&size);
        usize::try_from(size).ok().filter(|_| known).map(Self).ok_or(wrong)
    }

    /// Returns the size in bytes.
    #[must_use]
    pub const fn get(self) -> usize {
        self.0
    }
}

/// Pads an app for secure boot with one more segment of zeros without a load address, like esptool's
/// `elf2image --secure-pad` and `--secure-pad-v2`. An app that already ends correctly is returned unchanged.
///
/// # Errors
///
/// As [`Image::parse`]; [`Error::SecurePadWithoutHash`]; [`Error::Trailing`] when bytes follow the image, such as a
/// signature; [`Error::SegmentCount`] when it has 16 segments already.
#[cfg(feature = "alloc")]
pub fn secure_pad(image: &[u8], mode: SecurePad, page: MmuPage) -> Result<Vec<u8>, Error> {
    Image::parse(image)?.secure_pad(mode, page)
}

impl Image<'_> {
    /// Returns whether the image ends where secure boot requires an app to end.
    ///
    /// Otherwise the firmware cannot map the app and its signature to verify it. Bootloaders need no such padding.
    #[must_use]
    pub fn is_secure_padded(&self, mode: SecurePad, page: MmuPage) -> bool {
        let end = self.image_len().checked_add(mode.after());
        self.has_hash() && end.is_some_and(|end| end.is_multiple_of(page.get()))
    }

    #[cfg(feature = "alloc")]
    fn secure_pad(&self, mode: SecurePad, page: MmuPage) -> Result<Vec<u8>, Error> {
        if !self.has_hash() {
            return Err(Error::SecurePadWithoutHash);
        }
        if !self.trailing.is_empty() {
            return Err(Error::Trailing {
                len: self.trailing.len(),
            });
        }
        if self.is_secure_padded(mode, page) {
            return Ok(self.bytes.into());
        }
        let count = self.header.segment_count().saturating_add(1);
        if usize::from(count) > MAX_SEGMENTS {
            return Err(Error::SegmentCount { count: count.into() });
        }
        let end = self.segments_end();
        // The new segment is followed by 16 bytes with the checksum, the hash, and the reserve of the version.
        let after = 16 + HASH_LEN + mode.after();
        let used = end.saturating_add(SEGMENT_HEADER_LEN).saturating_add(after);
        let zeros = used.next_multiple_of(page.get()).saturating_sub(used);
        let mut bytes = Vec::with_capacity(used.saturating_add(zeros));
        bytes.extend(self.header.with_segment_count(count).encode());
        bytes.extend(self.bytes.get(super::ImageHeader::LEN..end).unwrap_or_default());
        bytes.extend([0; 4]);
        bytes.extend(u32::try_from(zeros).unwrap_or_default().to_le_bytes());
        bytes.resize(bytes.len().saturating_add(zeros), 0);
        let checksum = self
            .segments()
            .fold(CHECKSUM_SEED, |sum, segment| sum ^ xor(segment.data));
        close(&mut bytes, checksum, true);
        Ok(bytes)
    }
}
