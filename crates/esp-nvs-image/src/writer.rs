use crate::crc::crc32;
use crate::cursor::Run;
use crate::head::{Head, PayloadData};
use crate::item_type::ItemType;
use crate::layout::{BITMAP_OFFSET, PAGE_ACTIVE, PAGE_SIZE, SLOT_SIZE, SLOTS_BEFORE_FIRST};
use crate::name::Key;

/// Writes pages and entries at given positions; order and room are the responsibility of the
/// caller.
///
/// Positions must be in the buffer; any other is a programming error and panics.
#[derive(Debug)]
pub(crate) struct Writer<'b> {
    bytes: &'b mut [u8],
}

/// An entry with payload slots, without its position.
pub(crate) struct Payload<'p> {
    pub(crate) kind: ItemType,
    pub(crate) chunk: u8,
    pub(crate) namespace: u8,
    pub(crate) key: &'p Key,
    /// The payload, in pieces.
    pub(crate) parts: &'p [&'p [u8]],
}

impl Payload<'_> {
    pub(crate) fn len(&self) -> usize {
        self.parts.iter().map(|part| part.len()).sum()
    }

    /// Returns the number of slots, including the head.
    pub(crate) fn slots(&self) -> usize {
        1 + self.len().div_ceil(SLOT_SIZE)
    }
}

impl<'b> Writer<'b> {
    pub(crate) const fn new(bytes: &'b mut [u8]) -> Self {
        Self { bytes }
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.bytes
    }

    pub(crate) fn into_bytes(self) -> &'b mut [u8] {
        self.bytes
    }

    /// Returns whether a page has a state, that is, has been opened.
    pub(crate) fn is_open(&self, page: usize) -> bool {
        self.bytes_at(page, 0, 4) != [0xFF; 4]
    }

    /// Writes the header of a page for new entries.
    pub(crate) fn open_page(&mut self, page: usize, sequence: u32, version: u8) {
        self.set_state(page, PAGE_ACTIVE);
        self.put(page, 4, &sequence.to_le_bytes());
        self.put(page, 8, &[version]);
        let crc = crc32(&[self.bytes_at(page, 4, 24)]);
        self.put(page, 28, &crc.to_le_bytes());
    }

    pub(crate) fn set_state(&mut self, page: usize, state: u32) {
        self.put(page, 0, &state.to_le_bytes());
    }

    /// Writes an entry with payload slots.
    pub(crate) fn put_payload(&mut self, at: Run, payload: &Payload<'_>) {
        let slots = payload.slots();
        // A page has 4096 bytes, so that both numbers fit.
        let data = PayloadData {
            size: u16::try_from(payload.len()).unwrap_or(u16::MAX),
            crc: crc32(payload.parts),
        };
        let span = u8::try_from(slots).unwrap_or(u8::MAX);
        let &Payload {
            kind,
            chunk,
            namespace,
            key,
            ..
        } = payload;
        self.put_head(at, &Head::new(namespace, kind, span, chunk, key, data.encode()));
        let mut offset = slot_offset(at.slot + 1);
        for part in payload.parts {
            self.put(at.page, offset, part);
            offset += part.len();
        }
        for slot in at.slot + 1..at.slot + slots {
            self.mark_written(at.page, slot);
        }
    }

    /// Writes an entry of one slot, or the first slot of an entry.
    pub(crate) fn put_head(&mut self, at: Run, head: &Head) {
        self.put(at.page, slot_offset(at.slot), &head.encode());
        self.mark_written(at.page, at.slot);
    }

    /// Clears the first of a slot's two bits: 11, empty, becomes 10, written.
    fn mark_written(&mut self, page: usize, slot: usize) {
        self.clear_bits(page, slot, 0b01);
    }

    /// Clears both bits: 00, erased.
    #[cfg(feature = "alloc")]
    pub(crate) fn mark_erased(&mut self, page: usize, slot: usize) {
        self.clear_bits(page, slot, 0b11);
    }

    fn clear_bits(&mut self, page: usize, slot: usize, bits: u8) {
        let at = BITMAP_OFFSET + slot / 4;
        if let [byte] = *self.bytes_at(page, at, 1) {
            self.put(page, at, &[byte & !(bits << (2 * (slot % 4)))]);
        }
    }

    /// Copies slots unchanged, and marks them as written.
    #[cfg(feature = "alloc")]
    pub(crate) fn copy_slots(&mut self, from: Run, to: Run, slots: usize) {
        for i in 0..slots {
            let mut slot = [0; SLOT_SIZE];
            slot.copy_from_slice(self.bytes_at(from.page, slot_offset(from.slot + i), SLOT_SIZE));
            self.put(to.page, slot_offset(to.slot + i), &slot);
            self.mark_written(to.page, to.slot + i);
        }
    }

    #[cfg(feature = "alloc")]
    pub(crate) fn erase_page(&mut self, page: usize) {
        self.put(page, 0, &[0xFF; PAGE_SIZE]);
    }

    #[expect(clippy::indexing_slicing, reason = "callers stay within the buffer")]
    fn put(&mut self, page: usize, at: usize, bytes: &[u8]) {
        let start = page * PAGE_SIZE + at;
        self.bytes[start..start + bytes.len()].copy_from_slice(bytes);
    }

    #[expect(clippy::indexing_slicing, reason = "as in `put`")]
    fn bytes_at(&self, page: usize, at: usize, len: usize) -> &[u8] {
        let start = page * PAGE_SIZE + at;
        &self.bytes[start..start + len]
    }
}

const fn slot_offset(slot: usize) -> usize {
    (SLOTS_BEFORE_FIRST + slot) * SLOT_SIZE
}
