use core::fmt;

use crate::Error;
use crate::crc::crc32;
use crate::head::{Head, IndexData, PayloadData};
use crate::item_type::ItemType;
use crate::layout::{MAX_BLOB_V2, NO_CHUNK, SLOT_SIZE, SLOT_WRITTEN};
use crate::name::Key;
use crate::page::Page;

/// One stored entry as it lies in the image: a value, a piece of a blob, or a namespace.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Item<'a> {
    offset: usize,
    namespace: u8,
    kind: ItemType,
    chunk: u8,
    key: Key,
    data: [u8; 8],
    payload: &'a [u8],
}

impl<'a> Item<'a> {
    /// Returns the offset of the head in the image, in bytes.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// Returns the namespace's index: 0 for the table of namespaces, else 1..=254.
    #[must_use]
    pub const fn namespace_index(&self) -> u8 {
        self.namespace
    }

    /// Returns the type.
    #[must_use]
    pub const fn kind(&self) -> ItemType {
        self.kind
    }

    /// Returns the chunk index: 0..=254 for a chunk, 255 for everything else.
    #[must_use]
    pub const fn chunk_index(&self) -> u8 {
        self.chunk
    }

    /// Returns how many slots the entry takes, its head included.
    #[cfg(feature = "alloc")]
    pub(crate) const fn slots(&self) -> usize {
        1 + self.payload.len().div_ceil(SLOT_SIZE)
    }

    /// Returns the key; in the table of namespaces that is a namespace's name.
    #[must_use]
    pub const fn key(&self) -> Key {
        self.key
    }

    /// Returns the eight bytes of the head's data field.
    #[must_use]
    pub const fn data(&self) -> [u8; 8] {
        self.data
    }

    /// Returns the bytes behind the head, without padding; empty for what has none.
    #[must_use]
    pub const fn payload(&self) -> &'a [u8] {
        self.payload
    }

    /// Reads the entry whose head is at `slot`, and how many slots it takes; with an error, how many slots to go on by.
    pub(crate) fn read(page: &Page<'a>, slot: usize) -> (Result<Self, Error>, usize) {
        let frame = match Frame::read(page, slot) {
            Ok(frame) => frame,
            Err(error) => return (Err(error), 1),
        };
        (frame.item(page, slot), frame.span)
    }
}

/// A head that the firmware takes for one when it mounts the partition: it tells how many slots the entry has.
pub(crate) struct Frame {
    head: Head,
    kind: ItemType,
    span: usize,
}

impl Frame {
    /// Reads a head and checks what makes the firmware erase that slot alone. The bytes behind it are then taken for
    /// heads in turn.
    fn read(page: &Page<'_>, slot: usize) -> Result<Self, Error> {
        let offset = page.slot_offset(slot);
        let (head, crc_ok) = Head::decode(page.slot(slot).ok_or(Error::Span { offset })?);
        if !crc_ok {
            return Err(Error::EntryCrc { offset });
        }
        let kind = ItemType::from_code(head.kind).ok_or(Error::UnknownType {
            offset,
            code: head.kind,
        })?;
        let may_be_chunk = match kind {
            ItemType::BlobChunk => head.chunk != NO_CHUNK,
            ItemType::BlobIndex => head.chunk == NO_CHUNK,
            _ => true,
        };
        if !may_be_chunk {
            return Err(Error::ChunkIndex { offset });
        }
        let span = usize::from(head.span);
        let size = payload_size(kind, head.data);
        if span != 1 + size.div_ceil(SLOT_SIZE) || page.slot_bytes(slot + 1, size).is_none() {
            return Err(Error::Span { offset });
        }
        if kind == ItemType::BlobIndex
            && usize::try_from(IndexData::decode(head.data).size).map_or(true, |size| size > MAX_BLOB_V2)
        {
            return Err(Error::BlobIndex { offset });
        }
        Ok(Self { head, kind, span })
    }

    /// Finds the entries of a page up to `end`, whether they can be read or not: one bit for each slot with the head of
    /// an entry whose slots are all written.
    pub(crate) fn heads(page: &Page<'_>, end: usize) -> u128 {
        let mut heads = 0;
        let mut slot = 0;
        while slot < end {
            let frame = (page.slot_state(slot) == SLOT_WRITTEN).then(|| Self::read(page, slot));
            let Some(Ok(frame)) = frame else {
                slot += 1;
                continue;
            };
            if page.all_written(slot, frame.span) {
                heads |= 1 << slot;
            }
            slot += frame.span;
        }
        heads
    }

    /// Checks what is left to check of an entry whose slots are known.
    fn item<'a>(&self, page: &Page<'a>, slot: usize) -> Result<Item<'a>, Error> {
        let offset = page.slot_offset(slot);
        let head = &self.head;
        if self.kind != ItemType::BlobChunk && head.chunk != NO_CHUNK {
            return Err(Error::ChunkIndex { offset });
        }
        if !page.all_written(slot, self.span) {
            return Err(Error::SlotState { offset });
        }
        let size = payload_size(self.kind, head.data);
        let payload = page.slot_bytes(slot + 1, size).ok_or(Error::Span { offset })?;
        if self.kind.has_payload() && crc32(&[payload]) != PayloadData::decode(head.data).crc {
            return Err(Error::PayloadCrc { offset });
        }
        Ok(Item {
            offset,
            namespace: head.namespace,
            kind: self.kind,
            chunk: head.chunk,
            key: Key::from_field(head.key).ok_or(Error::KeyField { offset })?,
            data: head.data,
            payload,
        })
    }
}

/// The bytes behind a head.
fn payload_size(kind: ItemType, data: [u8; 8]) -> usize {
    if kind.has_payload() {
        usize::from(PayloadData::decode(data).size)
    } else {
        0
    }
}

impl fmt::Debug for Item<'_> {
    /// Leaves out the value: factory partitions hold private keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Item")
            .field("offset", &self.offset)
            .field("namespace", &self.namespace)
            .field("kind", &self.kind)
            .field("chunk", &self.chunk)
            .field("key", &self.key)
            .field("payload_len", &self.payload.len())
            .finish_non_exhaustive()
    }
}
