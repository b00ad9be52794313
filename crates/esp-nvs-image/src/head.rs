use crate::crc::crc32;
use crate::finding::FindingKind;
use crate::item_type::ItemType;
use crate::layout::{KEY_FIELD, NAMESPACE_TABLE, NO_CHUNK, SECOND_HALF, SLOT_SIZE};
use crate::name::{Key, Namespace, StoredKey};
use crate::number::Number;

/// The fields of the first slot of every entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    pub(crate) namespace: u8,
    pub(crate) kind: u8,
    pub(crate) span: u8,
    pub(crate) chunk: u8,
    pub(crate) key: [u8; KEY_FIELD],
    pub(crate) data: [u8; 8],
}

impl Head {
    pub(crate) fn new(namespace: u8, kind: ItemType, span: u8, chunk: u8, key: &Key, data: [u8; 8]) -> Self {
        Self {
            namespace,
            kind: kind.code(),
            span,
            chunk,
            key: key.field(),
            data,
        }
    }

    pub(crate) fn of_number(namespace: u8, key: &Key, number: Number) -> Self {
        Self::new(namespace, number.item_type(), 1, NO_CHUNK, key, number.to_data())
    }

    /// Creates the entry in the table of namespaces that assigns an index to a namespace.
    pub(crate) fn of_namespace(namespace: &Namespace, index: u8) -> Self {
        Self::of_number(NAMESPACE_TABLE, &namespace.as_key(), Number::U8(index))
    }

    /// Encodes the slot with its checksum.
    pub(crate) fn encode(&self) -> [u8; SLOT_SIZE] {
        let mut slot = [0; SLOT_SIZE];
        slot[..4].copy_from_slice(&[self.namespace, self.kind, self.span, self.chunk]);
        slot[4..8].copy_from_slice(&self.checksum().to_le_bytes());
        slot[8..24].copy_from_slice(&self.key);
        slot[24..].copy_from_slice(&self.data);
        slot
    }

    /// Decodes the slot; `None` if its checksum is wrong.
    pub(crate) fn decode(slot: &[u8; SLOT_SIZE]) -> Option<Self> {
        let (head, crc) = Self::split(slot);
        (head.checksum() == crc).then_some(head)
    }

    /// Splits the slot into its fields and the stored checksum.
    pub(crate) fn split(slot: &[u8; SLOT_SIZE]) -> (Self, u32) {
        let [namespace, kind, span, chunk, c0, c1, c2, c3, rest @ ..] = *slot;
        let [key @ .., d0, d1, d2, d3, d4, d5, d6, d7] = rest;
        let head = Self {
            namespace,
            kind,
            span,
            chunk,
            key,
            data: [d0, d1, d2, d3, d4, d5, d6, d7],
        };
        (head, u32::from_le_bytes([c0, c1, c2, c3]))
    }

    fn checksum(&self) -> u32 {
        let mut covered = [0; SLOT_SIZE - 4];
        covered[..4].copy_from_slice(&[self.namespace, self.kind, self.span, self.chunk]);
        covered[4..20].copy_from_slice(&self.key);
        covered[20..].copy_from_slice(&self.data);
        crc32(&[&covered])
    }
}

/// The data field of an entry with a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PayloadData {
    pub(crate) size: u16,
    pub(crate) crc: u32,
}

impl PayloadData {
    pub(crate) fn encode(self) -> [u8; 8] {
        let [s0, s1] = self.size.to_le_bytes();
        let [c0, c1, c2, c3] = self.crc.to_le_bytes();
        [s0, s1, 0xFF, 0xFF, c0, c1, c2, c3]
    }

    /// The reserved bytes are ignored, as in the firmware.
    pub(crate) fn decode([s0, s1, _, _, c0, c1, c2, c3]: [u8; 8]) -> Self {
        Self {
            size: u16::from_le_bytes([s0, s1]),
            crc: u32::from_le_bytes([c0, c1, c2, c3]),
        }
    }
}

/// The data field of a blob index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct IndexData {
    pub(crate) size: u32,
    pub(crate) chunks: u8,
    pub(crate) chunk_start: u8,
}

impl IndexData {
    pub(crate) fn encode(self) -> [u8; 8] {
        let [s0, s1, s2, s3] = self.size.to_le_bytes();
        [s0, s1, s2, s3, self.chunks, self.chunk_start, 0xFF, 0xFF]
    }

    /// The reserved bytes are ignored, as in the firmware.
    pub(crate) fn decode([s0, s1, s2, s3, chunks, chunk_start, _, _]: [u8; 8]) -> Self {
        Self {
            size: u32::from_le_bytes([s0, s1, s2, s3]),
            chunks,
            chunk_start,
        }
    }

    /// Returns whether the firmware counts a chunk for the index at mount: all chunks from the
    /// chunk start on in its half of the chunk indices (`Storage::eraseMismatchedBlobIndexes`).
    pub(crate) const fn counts(self, chunk: u8) -> bool {
        let end = if self.chunk_start == 0 { SECOND_HALF } else { NO_CHUNK };
        self.chunk_start <= chunk && chunk < end
    }

    /// Returns whether the firmware counts all stated chunks.
    pub(crate) fn counts_all(self) -> bool {
        let last = self.chunks.checked_sub(1);
        last.is_none_or(|last| self.chunk_start.checked_add(last).is_some_and(|last| self.counts(last)))
    }

    /// Returns the finding if the firmware counts `found` chunks with `bytes` bytes, and the index
    /// states others.
    pub(crate) fn mismatch(self, key: StoredKey, found: usize, bytes: usize) -> Option<FindingKind> {
        let stated = usize::from(self.chunks);
        if found != stated {
            return Some(FindingKind::BlobChunks { key, stated, found });
        }
        let (stated, found) = (self.size, bytes);
        (usize::try_from(stated) != Ok(found)).then_some(FindingKind::BlobSize { key, stated, found })
    }
}
