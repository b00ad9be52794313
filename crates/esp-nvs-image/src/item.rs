use core::fmt;

use crate::Error;
use crate::crc::crc32;
use crate::head::{Head, IndexData, PayloadData};
use crate::layout::{MAX_BLOB_V2, NO_CHUNK, PAGE_SIZE, SLOT_ERASED, SLOT_SIZE, SLOT_WRITTEN, SLOTS_PER_PAGE};
use crate::name::Key;
use crate::page::Page;

/// The type code of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ItemType {
    /// Unsigned, 8 bits; in the table of namespaces the index of one.
    U8,
    /// Signed, 8 bits.
    I8,
    /// Unsigned, 16 bits.
    U16,
    /// Signed, 16 bits.
    I16,
    /// Unsigned, 32 bits.
    U32,
    /// Signed, 32 bits.
    I32,
    /// Unsigned, 64 bits.
    U64,
    /// Signed, 64 bits.
    I64,
    /// A 32-bit IEEE 754 number.
    Float,
    /// A 64-bit IEEE 754 number.
    Double,
    /// Text with a terminating NUL.
    Str,
    /// A blob in one piece (version 1).
    BlobV1,
    /// A chunk of a blob (version 2).
    BlobChunk,
    /// The index of a blob's chunks (version 2).
    BlobIndex,
}

impl ItemType {
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::U8 => 0x01,
            Self::I8 => 0x11,
            Self::U16 => 0x02,
            Self::I16 => 0x12,
            Self::U32 => 0x04,
            Self::I32 => 0x14,
            Self::U64 => 0x08,
            Self::I64 => 0x18,
            Self::Float => 0x24,
            Self::Double => 0x28,
            Self::Str => 0x21,
            Self::BlobV1 => 0x41,
            Self::BlobChunk => 0x42,
            Self::BlobIndex => 0x48,
        }
    }

    pub(crate) const fn from_code(code: u8) -> Option<Self> {
        Some(match code {
            0x01 => Self::U8,
            0x11 => Self::I8,
            0x02 => Self::U16,
            0x12 => Self::I16,
            0x04 => Self::U32,
            0x14 => Self::I32,
            0x08 => Self::U64,
            0x18 => Self::I64,
            0x24 => Self::Float,
            0x28 => Self::Double,
            0x21 => Self::Str,
            0x41 => Self::BlobV1,
            0x42 => Self::BlobChunk,
            0x48 => Self::BlobIndex,
            _ => return None,
        })
    }

    pub(crate) const fn has_payload(self) -> bool {
        matches!(self, Self::Str | Self::BlobV1 | Self::BlobChunk)
    }
}

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

    /// Reads the entry whose head is at `slot`, and how many slots it takes.
    fn read(page: &Page<'a>, slot: usize) -> Result<(Self, usize), Error> {
        let offset = page.slot_offset(slot);
        let (head, crc_ok) = Head::decode(page.slot(slot).ok_or(Error::Span { offset })?);
        if !crc_ok {
            return Err(Error::EntryCrc { offset });
        }
        let kind = ItemType::from_code(head.kind).ok_or(Error::UnknownType {
            offset,
            code: head.kind,
        })?;
        if (head.chunk == NO_CHUNK) == (kind == ItemType::BlobChunk) {
            return Err(Error::ChunkIndex { offset });
        }
        let span = usize::from(head.span);
        let payload = if kind.has_payload() {
            let data = PayloadData::decode(head.data);
            let size = usize::from(data.size);
            let payload = page.slot_bytes(slot + 1, size).ok_or(Error::Span { offset })?;
            if span != 1 + size.div_ceil(SLOT_SIZE) {
                return Err(Error::Span { offset });
            }
            if crc32(&[payload]) != data.crc {
                return Err(Error::PayloadCrc { offset });
            }
            payload
        } else {
            if span != 1 {
                return Err(Error::Span { offset });
            }
            &[]
        };
        if kind == ItemType::BlobIndex
            && usize::try_from(IndexData::decode(head.data).size).map_or(true, |size| size > MAX_BLOB_V2)
        {
            return Err(Error::BlobIndex { offset });
        }
        if (slot..slot + span).any(|s| page.slot_state(s) != SLOT_WRITTEN) {
            return Err(Error::SlotState { offset });
        }
        let key = Key::from_field(head.key).ok_or(Error::KeyField { offset })?;
        let item = Self {
            offset,
            namespace: head.namespace,
            kind,
            chunk: head.chunk,
            key,
            data: head.data,
            payload,
        };
        Ok((item, span))
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

/// Walks over the entries of an image, page by page as they lie there, without allocating.
///
/// A damaged page or entry is one `Err` with its offset; the walk goes on behind it. Each slot is looked at a bounded
/// number of times, so that the whole walk is linear in the size of the image.
#[derive(Clone, Debug)]
pub struct Items<'a> {
    /// What is left of the image, from the start of the current page.
    rest: &'a [u8],
    offset: usize,
    /// The next slot of the current page; `None` while its header is still to be read.
    slot: Option<usize>,
}

impl<'a> Items<'a> {
    /// Starts at the first page of `image`.
    #[must_use]
    pub const fn new(image: &'a [u8]) -> Self {
        Self::starting_at(image, 0)
    }

    /// Starts at a part of an image that begins at `offset`, which only matters for the offsets reported.
    pub(crate) const fn starting_at(rest: &'a [u8], offset: usize) -> Self {
        Self {
            rest,
            offset,
            slot: None,
        }
    }

    fn next_page(&mut self) {
        self.rest = self.rest.get(PAGE_SIZE..).unwrap_or_default();
        self.offset += PAGE_SIZE;
        self.slot = None;
    }
}

impl<'a> Iterator for Items<'a> {
    type Item = Result<Item<'a>, Error>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if self.rest.is_empty() {
                return None;
            }
            let Some(page) = Page::first_of(self.rest, self.offset) else {
                let error = Error::ImageSize {
                    len: self.offset + self.rest.len(),
                };
                self.rest = &[];
                return Some(Err(error));
            };
            let Some(slot) = self.slot else {
                match page.check() {
                    Ok(true) => self.slot = Some(0),
                    Ok(false) => self.next_page(),
                    Err(error) => {
                        self.next_page();
                        return Some(Err(error));
                    }
                }
                continue;
            };
            if slot >= SLOTS_PER_PAGE {
                self.next_page();
                continue;
            }
            self.slot = Some(slot + 1);
            match page.slot_state(slot) {
                SLOT_WRITTEN => {
                    return Some(Item::read(&page, slot).map(|(item, span)| {
                        self.slot = Some(slot + span);
                        item
                    }));
                }
                // Nothing is written behind the first empty slot, but a damaged bitmap may say so: look at all.
                crate::layout::SLOT_EMPTY | SLOT_ERASED => {}
                _ => {
                    return Some(Err(Error::SlotState {
                        offset: page.slot_offset(slot),
                    }));
                }
            }
        }
    }
}
