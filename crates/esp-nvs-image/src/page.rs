use core::fmt;

use crate::Error;
use crate::crc::crc32;
use crate::layout::{
    BITMAP_OFFSET, PAGE_ACTIVE, PAGE_FREEING, PAGE_FULL, PAGE_SIZE, PAGE_UNINITIALISED, SLOT_EMPTY, SLOT_SIZE,
    SLOT_WRITTEN, SLOTS_BEFORE_FIRST, SLOTS_PER_PAGE, VERSION_2,
};

/// One page of an image to read.
#[derive(Clone, Copy)]
pub(crate) struct Page<'a> {
    bytes: &'a [u8; PAGE_SIZE],
    offset: usize,
}

impl fmt::Debug for Page<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Page({:#x})", self.offset)
    }
}

impl<'a> Page<'a> {
    /// The page of that number; `None` when the image has fewer.
    pub(crate) fn nth(image: &'a [u8], number: usize) -> Option<Self> {
        let offset = number.checked_mul(PAGE_SIZE)?;
        Self::first_of(image.get(offset..)?, offset)
    }

    /// Where the page starts in the image.
    pub(crate) const fn offset(&self) -> usize {
        self.offset
    }

    /// The page at the start of `image`; `None` when less than a page is left.
    pub(crate) fn first_of(image: &'a [u8], offset: usize) -> Option<Self> {
        image.first_chunk().map(|bytes| Self { bytes, offset })
    }

    /// Checks the header. `false` for a page that was never written.
    pub(crate) fn check(&self) -> Result<bool, Error> {
        let offset = self.offset;
        let state = self.word(0);
        if state == PAGE_UNINITIALISED {
            return if self.is_blank() {
                Ok(false)
            } else {
                Err(Error::PageState { offset, state })
            };
        }
        let [_, checked, ..] = self.header_words();
        if crc32(&[checked]) != self.word(28) {
            return Err(Error::PageCrc { offset });
        }
        let version = self.byte(8);
        if version < VERSION_2 {
            return Err(Error::PageVersion { offset, version });
        }
        match state {
            PAGE_ACTIVE | PAGE_FULL | PAGE_FREEING => Ok(true),
            _ => Err(Error::PageState { offset, state }),
        }
    }

    /// The header in three parts: state, what the checksum covers, checksum.
    fn header_words(&self) -> [&'a [u8]; 3] {
        let (header, _) = self.bytes.split_at(BITMAP_OFFSET);
        let (state, rest) = header.split_at(4);
        let (checked, crc) = rest.split_at(24);
        [state, checked, crc]
    }

    /// The sequence number, which orders the pages.
    pub(crate) fn sequence(&self) -> u32 {
        self.word(4)
    }

    /// The state word, whatever it says.
    pub(crate) fn state(&self) -> u32 {
        self.word(0)
    }

    /// The version byte.
    #[cfg(feature = "alloc")]
    pub(crate) fn version(&self) -> u8 {
        self.byte(8)
    }

    /// Tells whether every byte is 0xFF. Most of a large partition is blank, hence the wide steps.
    pub(crate) fn is_blank(&self) -> bool {
        let (words, _) = self.bytes.as_chunks::<16>();
        words.iter().all(|word| u128::from_ne_bytes(*word) == u128::MAX)
    }

    /// Tells whether the header's checksum is right.
    #[cfg(feature = "alloc")]
    pub(crate) fn has_right_crc(&self) -> bool {
        let [_, checked, ..] = self.header_words();
        crc32(&[checked]) == self.word(28)
    }

    pub(crate) fn slot_offset(&self, slot: usize) -> usize {
        self.offset + (SLOTS_BEFORE_FIRST + slot) * SLOT_SIZE
    }

    /// The two bits of a slot; only 0..=125 are asked for.
    pub(crate) fn slot_state(&self, slot: usize) -> u8 {
        (self.byte(BITMAP_OFFSET + slot / 4) >> (2 * (slot % 4))) & 0b11
    }

    /// Tells whether the bitmap marks `span` slots from `slot` on as written.
    pub(crate) fn all_written(&self, slot: usize, span: usize) -> bool {
        (slot..slot + span).all(|slot| self.slot_state(slot) == SLOT_WRITTEN)
    }

    /// The first slot that was never written, or the number of slots.
    pub(crate) fn first_empty(&self) -> usize {
        let is_empty = |&slot: &usize| self.slot_state(slot) == SLOT_EMPTY;
        (0..SLOTS_PER_PAGE).find(is_empty).unwrap_or(SLOTS_PER_PAGE)
    }

    /// All slots with their numbers, whatever they hold.
    pub(crate) fn slots(&self) -> impl Iterator<Item = (usize, &'a [u8; SLOT_SIZE])> + use<'a> {
        let (slots, _) = self.bytes.as_chunks();
        slots.iter().skip(SLOTS_BEFORE_FIRST).enumerate()
    }

    pub(crate) fn slot(&self, slot: usize) -> Option<&'a [u8; SLOT_SIZE]> {
        self.slot_bytes(slot, SLOT_SIZE)?.first_chunk()
    }

    /// The first `len` bytes from `slot` on; `None` when they run over the end of the page.
    pub(crate) fn slot_bytes(&self, slot: usize, len: usize) -> Option<&'a [u8]> {
        if slot > SLOTS_PER_PAGE {
            return None;
        }
        let start = (SLOTS_BEFORE_FIRST + slot) * SLOT_SIZE;
        self.bytes.get(start..start.checked_add(len)?)
    }

    fn byte(&self, at: usize) -> u8 {
        self.bytes.get(at).copied().unwrap_or_default()
    }

    fn word(&self, at: usize) -> u32 {
        u32::from_le_bytes([self.byte(at), self.byte(at + 1), self.byte(at + 2), self.byte(at + 3)])
    }
}
