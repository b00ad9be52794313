#[cfg(feature = "alloc")]
use alloc::vec::Vec;

use super::Image;
#[cfg(feature = "alloc")]
use super::{CHECKSUM_SEED, HASH_LEN, MAX_SEGMENTS, SEGMENT_HEADER_LEN, writer::close, xor};
use crate::{Chip, Error};

/// For which version of secure boot an app is padded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum SecurePad {
    /// Version 1: the signature of 68 bytes and 12 bytes behind it end with the page.
    V1,
    /// Version 2: the image ends with the page, and the signature sector begins the next one.
    V2,
}

impl SecurePad {
    /// Bytes of the page behind the image.
    const fn behind(self) -> usize {
        match self {
            Self::V1 => 68 + 12,
            Self::V2 => 0,
        }
    }
}

/// The size of a page of the flash MMU.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MmuPage(usize);

impl MmuPage {
    /// 64 KiB, which all chips have and most apps are built for.
    pub const DEFAULT: Self = Self(0x1_0000);

    /// Checks the size of a page of a chip in bytes.
    ///
    /// # Errors
    ///
    /// [`Error::MmuPage`] unless [`ChipFacts::mmu_page_sizes`](crate::ChipFacts::mmu_page_sizes) has it.
    pub fn new(chip: Chip, size: u32) -> Result<Self, Error> {
        let wrong = Error::MmuPage { size };
        let known = chip.facts().mmu_page_sizes.contains(&size);
        usize::try_from(size).ok().filter(|_| known).map(Self).ok_or(wrong)
    }

    /// Returns the bytes.
    #[must_use]
    pub const fn get(self) -> usize {
        self.0
    }
}

/// Pads an app for secure boot, as esptool's `elf2image --secure-pad` and `--secure-pad-v2` do: with one more segment of
/// zeros, without a load address. An app that ends as it has to is returned as it is.
///
/// # Errors
///
/// As [`Image::parse`]; [`Error::SecurePadWithoutHash`]; [`Error::Trailing`] when bytes are behind the image, such as a signature;
/// [`Error::SegmentCount`] when it has 16 segments.
#[cfg(feature = "alloc")]
pub fn secure_pad(image: &[u8], mode: SecurePad, page: MmuPage) -> Result<Vec<u8>, Error> {
    Image::parse(image)?.secure_pad(mode, page)
}

impl Image<'_> {
    /// Tells whether the image ends where secure boot wants an app to end.
    ///
    /// Without this the firmware cannot map the app and its signature to check it. Bootloaders are not padded so.
    #[must_use]
    pub fn is_secure_padded(&self, mode: SecurePad, page: MmuPage) -> bool {
        let end = self.image_len().checked_add(mode.behind());
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
        // Behind the new segment are 16 bytes with the checksum, the hash, and what the version wants.
        let behind = 16 + HASH_LEN + mode.behind();
        let used = end.saturating_add(SEGMENT_HEADER_LEN).saturating_add(behind);
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
