use core::fmt;

use crate::crc::crc32;
use crate::finding::FindingKind;
use crate::layout::{
    BITMAP_OFFSET, PAGE_ACTIVE, PAGE_FREEING, PAGE_FULL, PAGE_SIZE, PAGE_UNINITIALISED, SLOT_SIZE, SLOTS_BEFORE_FIRST,
    SLOTS_PER_PAGE, VERSION_2,
};
use crate::slot_states::SlotStates;

/// The state of a page, as the firmware sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum PageState {
    /// New entries are written here.
    Active,
    /// The header or the state is damaged; the page is erased when a page is needed.
    Corrupt,
    /// Unwritten since it was erased.
    Empty,
    /// Its entries are being moved to another page.
    Freeing,
    /// Read, but not written.
    Full,
}

impl PageState {
    /// Returns whether the firmware reads entries from a page in this state.
    pub(crate) const fn is_in_log(self) -> bool {
        matches!(self, Self::Active | Self::Full | Self::Freeing)
    }
}

/// A page of an image to read.
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
    /// Returns the page with this number, or `None` if the image has fewer pages.
    pub(crate) fn nth(image: &'a [u8], number: usize) -> Option<Self> {
        let offset = number.checked_mul(PAGE_SIZE)?;
        Self::first_of(image.get(offset..)?, offset)
    }

    /// Returns the offset of the page in the image.
    pub(crate) const fn offset(&self) -> usize {
        self.offset
    }

    /// The page at the start of `image`; `None` when less than a page is left.
    pub(crate) fn first_of(image: &'a [u8], offset: usize) -> Option<Self> {
        image.first_chunk().map(|bytes| Self { bytes, offset })
    }

    /// Returns the state that the firmware assigns to the page, and its fault. The order is that of
    /// the firmware's tests (`Page::load`): blank, checksum, version, state.
    pub(crate) fn classify(&self) -> (PageState, Option<FindingKind>) {
        let state = self.state();
        let fault = if state == PAGE_UNINITIALISED {
            if self.is_blank() {
                return (PageState::Empty, None);
            }
            FindingKind::PageNotBlank
        } else if !self.has_right_crc() {
            FindingKind::PageHeaderCrc
        } else if self.version() < VERSION_2 {
            let version = self.version();
            FindingKind::PageVersion { version }
        } else {
            match state {
                PAGE_ACTIVE => return (PageState::Active, None),
                PAGE_FULL => return (PageState::Full, None),
                PAGE_FREEING => return (PageState::Freeing, None),
                _ => FindingKind::PageState { state },
            }
        };
        (PageState::Corrupt, Some(fault))
    }

    /// Returns whether the firmware reads entries from the page.
    pub(crate) fn is_in_log(&self) -> bool {
        self.classify().0.is_in_log()
    }

    /// Returns the header in three parts: state, bytes covered by the checksum, checksum.
    fn header_words(&self) -> [&'a [u8]; 3] {
        let (header, _) = self.bytes.split_at(BITMAP_OFFSET);
        let (state, rest) = header.split_at(4);
        let (checked, crc) = rest.split_at(24);
        [state, checked, crc]
    }

    /// Returns the sequence number, which orders the pages.
    pub(crate) fn sequence(&self) -> u32 {
        self.word(4)
    }

    /// Returns the state word, valid or not.
    pub(crate) fn state(&self) -> u32 {
        self.word(0)
    }

    /// Returns the version byte.
    pub(crate) fn version(&self) -> u8 {
        self.byte(8)
    }

    /// Returns whether every byte is 0xFF.
    pub(crate) fn is_blank(&self) -> bool {
        is_blank(self.bytes)
    }

    /// Returns whether the header's checksum is correct.
    fn has_right_crc(&self) -> bool {
        let [_, checked, ..] = self.header_words();
        crc32(&[checked]) == self.word(28)
    }

    /// Returns the slot at an offset of the image, which must be in the page.
    pub(crate) const fn slot_at(&self, offset: usize) -> usize {
        (offset.saturating_sub(self.offset) / SLOT_SIZE).saturating_sub(SLOTS_BEFORE_FIRST)
    }

    /// Returns whether an offset of the image is in the page.
    pub(crate) const fn holds(&self, offset: usize) -> bool {
        offset / PAGE_SIZE == self.offset / PAGE_SIZE
    }

    pub(crate) fn slot_offset(&self, slot: usize) -> usize {
        self.offset + (SLOTS_BEFORE_FIRST + slot) * SLOT_SIZE
    }

    /// Returns the slot states from the bitmap.
    pub(crate) fn slot_states(&self) -> SlotStates {
        let (_, rest) = self.bytes.split_at(BITMAP_OFFSET);
        SlotStates::new(rest.first_chunk().copied().unwrap_or_default())
    }

    /// Returns whether the page is active; only called for pages of the log.
    pub(crate) fn is_active(&self) -> bool {
        self.state() == PAGE_ACTIVE
    }

    /// Returns whether the page is being moved; only called for pages of the log.
    pub(crate) fn is_freeing(&self) -> bool {
        self.state() == PAGE_FREEING
    }

    /// Returns the number of slots that the firmware reads: on an active page those before the
    /// first empty one, on any other page all.
    pub(crate) fn end(&self) -> usize {
        if self.is_active() {
            self.slot_states().first_empty()
        } else {
            SLOTS_PER_PAGE
        }
    }

    /// Returns all slots with their numbers.
    pub(crate) fn slots(&self) -> impl Iterator<Item = (usize, &'a [u8; SLOT_SIZE])> + use<'a> {
        let (slots, _) = self.bytes.as_chunks();
        slots.iter().skip(SLOTS_BEFORE_FIRST).enumerate()
    }

    /// Returns the bytes of a slot, or `None` after the last one.
    pub(crate) fn slot(&self, slot: usize) -> Option<&'a [u8; SLOT_SIZE]> {
        self.slot_bytes(slot, SLOT_SIZE)?.first_chunk()
    }

    /// Returns whether a slot and all after it are empty and blank.
    pub(crate) fn is_blank_from(&self, slot: usize) -> bool {
        let (_, bytes) = self.bytes.split_at((SLOTS_BEFORE_FIRST + slot) * SLOT_SIZE);
        self.slot_states().all_empty_from(slot) && is_blank(bytes)
    }

    /// Returns whether the bytes of a slot are all 0xFF.
    pub(crate) fn is_blank_slot(&self, slot: usize) -> bool {
        self.slot(slot).is_none_or(|bytes| bytes == &[0xFF; SLOT_SIZE])
    }

    /// Returns whether the first four bytes of a slot are 0xFF, which the firmware treats as an
    /// unwritten slot.
    pub(crate) fn is_untouched(&self, slot: usize) -> bool {
        self.slot_bytes(slot, 4).is_none_or(|word| word == [0xFF; 4])
    }

    /// Returns the first `len` bytes from `slot` on, or `None` if they exceed the page.
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

/// Returns whether every byte of some slots is 0xFF. Most of a large partition is blank, hence the
/// wide steps.
fn is_blank(slots: &[u8]) -> bool {
    let (steps, rest) = slots.as_chunks::<{ 4 * SLOT_SIZE }>();
    let is_blank = |bytes: &[u8]| {
        let (words, _) = bytes.as_chunks::<16>();
        words
            .iter()
            .fold(u128::MAX, |all, word| all & u128::from_ne_bytes(*word))
            == u128::MAX
    };
    steps.iter().all(|step| is_blank(step)) && is_blank(rest)
}
