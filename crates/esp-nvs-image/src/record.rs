use crate::crc::crc32;
use crate::finding::FindingKind;
use crate::head::{Head, IndexData, PayloadData};
use crate::item_type::ItemType;
use crate::layout::{MAX_BLOB_V2, NAMESPACE_TABLE, NO_CHUNK, SLOT_SIZE};
use crate::name::StoredKey;
use crate::page::Page;

/// An entry that the firmware sees when it mounts the partition, with a valid head. The key and the
/// bytes after the head are checked only when the value is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Record<'a> {
    /// The offset of the head in the image.
    pub(crate) offset: usize,
    pub(crate) namespace: u8,
    pub(crate) kind: ItemType,
    pub(crate) chunk: u8,
    pub(crate) key: StoredKey,
    pub(crate) data: [u8; 8],
    pub(crate) payload: &'a [u8],
}

/// An entry of an image with its fate. There may be as many as slots, so that the struct is small.
#[cfg(feature = "alloc")]
#[derive(Clone, Copy)]
pub(crate) struct Stored<'a> {
    /// The head and the bytes after it.
    bytes: &'a [u8],
    pub(crate) offset: usize,
    pub(crate) kind: ItemType,
    /// The entry has no fault inside.
    pub(crate) is_sound: bool,
    /// The firmware does not erase it because of another entry.
    pub(crate) is_kept: bool,
    /// The firmware drops it because blob indices and chunks do not match, or its search ends
    /// before it.
    pub(crate) is_lost: bool,
}

#[cfg(feature = "alloc")]
impl<'a> Stored<'a> {
    /// Stores an entry of a page.
    pub(crate) fn new(page: &Page<'a>, record: &Record<'a>, is_sound: bool) -> Self {
        let len = SLOT_SIZE + record.payload.len();
        let bytes = page.slot_bytes(page.slot_at(record.offset), len);
        Self {
            bytes: bytes.unwrap_or_default(),
            offset: record.offset,
            kind: record.kind,
            is_sound,
            is_kept: true,
            is_lost: false,
        }
    }

    pub(crate) fn record(&self) -> Record<'a> {
        let (slot, payload) = self.bytes.split_first_chunk().unwrap_or((&[0; SLOT_SIZE], &[]));
        let (
            Head {
                namespace,
                chunk,
                key,
                data,
                ..
            },
            _,
        ) = Head::split(slot);
        Record {
            offset: self.offset,
            namespace,
            kind: self.kind,
            chunk,
            key: StoredKey::new(key),
            data,
            payload,
        }
    }

    pub(crate) fn identity(&self) -> Identity {
        self.record().identity()
    }
}

/// The identity by which the firmware finds an entry; the type is not part of it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Identity {
    pub(crate) namespace: u8,
    pub(crate) key: StoredKey,
    pub(crate) chunk: u8,
}

impl Identity {
    /// Reads the identity from the head of an entry.
    pub(crate) fn of_slot(slot: &[u8; SLOT_SIZE]) -> Self {
        let (
            Head {
                namespace, chunk, key, ..
            },
            _,
        ) = Head::split(slot);
        Self {
            namespace,
            key: StoredKey::new(key),
            chunk,
        }
    }

    /// Returns a hash; it is not collision-resistant.
    pub(crate) fn hash(&self) -> u64 {
        let (halves, _) = self.key.field().as_chunks::<8>();
        let start = u64::from(self.namespace) << 8 | u64::from(self.chunk);
        halves.iter().fold(start, |hash, half| {
            let mixed = (hash ^ u64::from_le_bytes(*half)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
            mixed ^ mixed >> 29
        })
    }
}

impl<'a> Record<'a> {
    /// Reads the head at a slot. On an error the firmware erases only that slot
    /// (`checkHeaderConsistency`) and reads the bytes after it as heads.
    pub(crate) fn read(page: &Page<'a>, slot: usize) -> Result<Self, FindingKind> {
        const SLOTS: usize = 1;
        let bytes = page.slot(slot).ok_or(FindingKind::EntryCrc { slots: SLOTS })?;
        let head = Head::decode(bytes).ok_or(FindingKind::EntryCrc { slots: SLOTS })?;
        let (code, chunk, key) = (head.kind, head.chunk, StoredKey::new(head.key));
        let kind = ItemType::from_code(code).ok_or(FindingKind::UnknownType { code, slots: SLOTS })?;
        let may_be_chunk = match kind {
            ItemType::BlobChunk => chunk != NO_CHUNK,
            ItemType::BlobIndex => chunk == NO_CHUNK,
            _ => true,
        };
        if !may_be_chunk {
            let slots = SLOTS;
            return Err(FindingKind::ChunkIndex { key, chunk, slots });
        }
        let span = usize::from(head.span);
        let size = if kind.has_payload() {
            usize::from(PayloadData::decode(head.data).size)
        } else {
            0
        };
        let payload = page
            .slot_bytes(slot + 1, size)
            .filter(|_| span == 1 + size.div_ceil(SLOT_SIZE));
        let payload = payload.ok_or(FindingKind::Span {
            key,
            span,
            slots: SLOTS,
        })?;
        let size = IndexData::decode(head.data).size;
        if kind == ItemType::BlobIndex && usize::try_from(size).map_or(true, |size| size > MAX_BLOB_V2) {
            let slots = SLOTS;
            return Err(FindingKind::BlobIndexSize { key, size, slots });
        }
        Ok(Self {
            offset: page.slot_offset(slot),
            namespace: head.namespace,
            kind,
            chunk,
            key,
            data: head.data,
            payload,
        })
    }

    /// Returns the number of slots, including the head.
    pub(crate) const fn slots(&self) -> usize {
        1 + self.payload.len().div_ceil(SLOT_SIZE)
    }

    pub(crate) const fn identity(&self) -> Identity {
        Identity {
            namespace: self.namespace,
            key: self.key,
            chunk: self.chunk,
        }
    }

    pub(crate) const fn is_in_table(&self) -> bool {
        self.namespace == NAMESPACE_TABLE
    }

    pub(crate) const fn is_chunk(&self) -> bool {
        matches!(self.kind, ItemType::BlobChunk)
    }

    /// Returns the data field of a blob index, or `None` for another type.
    #[cfg(feature = "alloc")]
    pub(crate) fn index_data(&self) -> Option<IndexData> {
        (self.kind == ItemType::BlobIndex).then(|| IndexData::decode(self.data))
    }

    /// Calls `take` with each fault inside the entry, until it returns an error.
    pub(crate) fn faults<E>(&self, mut take: impl FnMut(FindingKind) -> Result<(), E>) -> Result<(), E> {
        let (key, chunk) = (self.key, self.chunk);
        if key.key().is_none() {
            take(if !key.is_padded() {
                FindingKind::KeyUnreadable { key }
            } else if key.as_bytes().is_empty() {
                FindingKind::KeyEmpty
            } else {
                FindingKind::KeyNotUtf8 { key }
            })?;
        }
        if !self.is_chunk() && chunk != NO_CHUNK {
            take(FindingKind::StrayChunkIndex { key, chunk })?;
        }
        if self.unused().iter().any(|&byte| byte != 0xFF) {
            take(FindingKind::DataPadding { key })?;
        }
        self.fault_of_value().map_or(Ok(()), take)
    }

    /// Returns the first fault inside the entry for which readers of values skip it.
    pub(crate) fn damage(&self) -> Option<FindingKind> {
        let first = |fault: FindingKind| if fault.is_damage() { Err(fault) } else { Ok(()) };
        self.faults(first).err()
    }

    /// Returns whether the checksum of the bytes after the head is correct, or there are none.
    pub(crate) fn has_right_payload(&self) -> bool {
        !self.kind.has_payload() || crc32(&[self.payload]) == PayloadData::decode(self.data).crc
    }

    fn fault_of_value(&self) -> Option<FindingKind> {
        let key = self.key;
        if !self.has_right_payload() {
            return Some(FindingKind::PayloadCrc { key });
        }
        match self.kind {
            ItemType::Str => match self.terminated() {
                None => Some(FindingKind::StringTerminator { key }),
                Some(text) if core::str::from_utf8(text).is_err() => Some(FindingKind::StringNotUtf8 { key }),
                Some(_) => None,
            },
            ItemType::BlobIndex => {
                let start = IndexData::decode(self.data).chunk_start;
                (start != 0x00 && start != 0x80).then_some(FindingKind::ChunkStart { key, start })
            }
            _ => None,
        }
    }

    /// Returns the bytes of a string before its NUL, or `None` if the NUL is not the first one.
    fn terminated(&self) -> Option<&'a [u8]> {
        self.payload.strip_suffix(&[0]).filter(|text| !text.contains(&0))
    }

    /// Returns the text of a string.
    pub(crate) fn text(&self) -> Option<&'a str> {
        core::str::from_utf8(self.terminated()?).ok()
    }

    /// Returns the unused bytes of the data field.
    fn unused(&self) -> &[u8] {
        let unused = match self.kind {
            kind if kind.has_payload() => self.data.get(2..4),
            ItemType::BlobIndex => self.data.get(6..8),
            kind => self.data.get(kind.number_size()..),
        };
        unused.unwrap_or_default()
    }
}
