use core::fmt;

use crate::finding::{Finding, FindingKind};
use crate::item_type::ItemType;
use crate::name::Key;
use crate::record::Record;

/// A stored entry of an image: a value, a part of a blob, or a namespace.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Item<'a> {
    record: Record<'a>,
    key: Key,
}

impl<'a> Item<'a> {
    /// Creates an item from a valid entry.
    pub(crate) fn new(record: Record<'a>) -> Result<Self, Finding> {
        record.faults(|fault| {
            if is_damage_of_item(&fault) {
                Err(Finding::at(record.offset, fault))
            } else {
                Ok(())
            }
        })?;
        let key = record.key.sound();
        Ok(Self { record, key })
    }

    /// Returns the offset of the head in the image, in bytes.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.record.offset
    }

    /// Returns the namespace index: 0 for the table of namespaces, otherwise 1 to 254.
    #[must_use]
    pub const fn namespace_index(&self) -> u8 {
        self.record.namespace
    }

    /// Returns the type.
    #[must_use]
    pub const fn kind(&self) -> ItemType {
        self.record.kind
    }

    /// Returns the chunk index: 0 to 254 for a chunk, 255 for everything else.
    #[must_use]
    pub const fn chunk_index(&self) -> u8 {
        self.record.chunk
    }

    /// Returns the key; in the table of namespaces the name of a namespace.
    #[must_use]
    pub const fn key(&self) -> Key {
        self.key
    }

    /// Returns the eight bytes of the head's data field.
    #[must_use]
    pub const fn data(&self) -> [u8; 8] {
        self.record.data
    }

    /// Returns the bytes after the head without padding; empty for entries without payload.
    #[must_use]
    pub const fn payload(&self) -> &'a [u8] {
        self.record.payload
    }
}

impl fmt::Debug for Item<'_> {
    /// Omits the value, because factory partitions contain private keys.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Item")
            .field("offset", &self.record.offset)
            .field("namespace", &self.record.namespace)
            .field("kind", &self.record.kind)
            .field("chunk", &self.record.chunk)
            .field("key", &self.key)
            .field("payload_len", &self.record.payload.len())
            .finish_non_exhaustive()
    }
}

/// Items are returned as stored; the contents of a string are not checked.
const fn is_damage_of_item(fault: &FindingKind) -> bool {
    fault.is_damage()
        && !matches!(
            fault,
            FindingKind::StringTerminator { .. } | FindingKind::StringNotUtf8 { .. }
        )
}
