use core::fmt;

use crate::finding::{Finding, FindingKind};
use crate::item_type::ItemType;
use crate::name::Key;
use crate::record::Record;

/// One stored entry as it lies in the image: a value, a piece of a blob, or a namespace.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Item<'a> {
    record: Record<'a>,
    key: Key,
}

impl<'a> Item<'a> {
    /// Accepts an entry in which nothing is wrong.
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

    /// Returns the namespace's index: 0 for the table of namespaces, else 1..=254.
    #[must_use]
    pub const fn namespace_index(&self) -> u8 {
        self.record.namespace
    }

    /// Returns the type.
    #[must_use]
    pub const fn kind(&self) -> ItemType {
        self.record.kind
    }

    /// Returns the chunk index: 0..=254 for a chunk, 255 for everything else.
    #[must_use]
    pub const fn chunk_index(&self) -> u8 {
        self.record.chunk
    }

    /// Returns the key; in the table of namespaces that is a namespace's name.
    #[must_use]
    pub const fn key(&self) -> Key {
        self.key
    }

    /// Returns the eight bytes of the head's data field.
    #[must_use]
    pub const fn data(&self) -> [u8; 8] {
        self.record.data
    }

    /// Returns the bytes behind the head, without padding; empty for what has none.
    #[must_use]
    pub const fn payload(&self) -> &'a [u8] {
        self.record.payload
    }
}

impl fmt::Debug for Item<'_> {
    /// Leaves out the value: factory partitions hold private keys.
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

/// An item is given as it is stored: what a string holds is for its reader.
const fn is_damage_of_item(fault: &FindingKind) -> bool {
    fault.is_damage()
        && !matches!(
            fault,
            FindingKind::StringTerminator { .. } | FindingKind::StringNotUtf8 { .. }
        )
}
