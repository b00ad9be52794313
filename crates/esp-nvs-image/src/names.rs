use crate::finding::FindingKind;
use crate::item_type::ItemType;
use crate::layout::{MAX_NAMESPACES, NAMESPACE_TABLE, PAGE_SIZE};
use crate::name::StoredKey;
use crate::record::Record;

/// The table of namespaces as the firmware reads it: page by page, on each page up to the first
/// entry that is not a u8.
///
/// Source: ESP-IDF `components/nvs_flash`, `Storage::init`.
#[derive(Clone)]
pub(crate) struct Names {
    /// By index minus one: the name, and the offset of its entry, which is 0 for a free index.
    names: [StoredKey; MAX_NAMESPACES],
    /// All names from this one on are free.
    used: usize,
    offsets: [usize; MAX_NAMESPACES],
    /// The page whose remaining table entries are not read.
    ended_page: Option<usize>,
}

impl Names {
    pub(crate) const fn new() -> Self {
        Self {
            names: [StoredKey::new([0; 16]); MAX_NAMESPACES],
            used: 0,
            offsets: [0; MAX_NAMESPACES],
            ended_page: None,
        }
    }

    /// Adds an entry of the table; entries come in log order, without erased ones. For a duplicate
    /// index or name the first entry is kept.
    pub(crate) fn take(&mut self, record: &Record<'_>) {
        let page = Some(record.offset / PAGE_SIZE);
        if record.kind != ItemType::U8 {
            self.ended_page = page;
        }
        if self.ended_page == page || self.index_of(record.key).is_some() {
            return;
        }
        let [index, ..] = record.data;
        let place = usize::from(index).wrapping_sub(1);
        if let (Some(name), Some(offset @ 0)) = (self.names.get_mut(place), self.offsets.get_mut(place)) {
            (*name, *offset) = (record.key, record.offset);
            self.used = self.used.max(place + 1);
        }
    }

    /// Returns the name of an index.
    pub(crate) fn get(&self, index: u8) -> Option<StoredKey> {
        let place = usize::from(index).wrapping_sub(1);
        self.names.get(place).copied().filter(|_| self.offset(index) != 0)
    }

    /// Returns the offset of the entry of an index, or 0.
    pub(crate) fn offset(&self, index: u8) -> usize {
        let place = usize::from(index).wrapping_sub(1);
        self.offsets.get(place).copied().unwrap_or_default()
    }

    /// Returns the index of a name.
    pub(crate) fn index_of(&self, name: StoredKey) -> Option<u8> {
        let known = self.names.iter().zip(&self.offsets).zip(1..=u8::MAX).take(self.used);
        let mut known = known.filter(|((other, offset), _)| **offset != 0 && **other == name);
        known.next().map(|(_, index)| index)
    }

    /// Returns the namespaces in the order of their indices, each with its index and the offset of
    /// its entry.
    #[cfg(feature = "alloc")]
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u8, StoredKey, usize)> {
        let all = (1..=u8::MAX).zip(self.names.iter().zip(&self.offsets));
        all.filter(|(_, (_, offset))| **offset != 0)
            .map(|(index, (name, offset))| (index, *name, *offset))
    }

    /// Returns the fault of an entry of the table after all have been added, except for a duplicate
    /// name.
    pub(crate) fn fault(&self, record: &Record<'_>) -> Option<FindingKind> {
        let name = record.key;
        let [index, ..] = record.data;
        if record.kind != ItemType::U8 {
            return Some(FindingKind::NamespaceTableType { key: name });
        }
        if index == NAMESPACE_TABLE || usize::from(index) > MAX_NAMESPACES {
            return Some(FindingKind::NamespaceIndexReserved { name, index });
        }
        let is_taken = self.get(index).is_some_and(|other| other != name);
        let earlier = self.offset(index);
        is_taken.then_some(FindingKind::NamespaceIndexTwice { name, index, earlier })
    }
}
