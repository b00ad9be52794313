use crate::finding::FindingKind;
use crate::item_type::ItemType;
use crate::layout::{MAX_NAMESPACES, NAMESPACE_TABLE, PAGE_SIZE};
use crate::name::StoredKey;
use crate::record::Record;

/// The table of namespaces as the firmware reads it: page by page, on each up to the first entry that is no u8.
///
/// Source: ESP-IDF `components/nvs_flash`, `Storage::init`.
#[derive(Clone)]
pub(crate) struct Names {
    /// By index less one: the name, and where its entry lies, which for an index that is free is 0.
    names: [StoredKey; MAX_NAMESPACES],
    /// All behind so many are free.
    used: usize,
    offsets: [usize; MAX_NAMESPACES],
    /// The page whose further entries of the table are not read.
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

    /// Takes the entries of the table in the order of the log, those that are erased left out. An index or a name that is taken
    /// stays with the first.
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

    /// The name of an index.
    pub(crate) fn get(&self, index: u8) -> Option<StoredKey> {
        let place = usize::from(index).wrapping_sub(1);
        self.names.get(place).copied().filter(|_| self.offset(index) != 0)
    }

    /// Where the entry of an index lies, or 0.
    pub(crate) fn offset(&self, index: u8) -> usize {
        let place = usize::from(index).wrapping_sub(1);
        self.offsets.get(place).copied().unwrap_or_default()
    }

    /// The index of a name.
    pub(crate) fn index_of(&self, name: StoredKey) -> Option<u8> {
        let known = self.names.iter().zip(&self.offsets).zip(1..=u8::MAX).take(self.used);
        let mut known = known.filter(|((other, offset), _)| **offset != 0 && **other == name);
        known.next().map(|(_, index)| index)
    }

    /// The namespaces in the order of their indices, each with its index and where its entry lies.
    #[cfg(feature = "alloc")]
    pub(crate) fn iter(&self) -> impl Iterator<Item = (u8, StoredKey, usize)> {
        let all = (1..=u8::MAX).zip(self.names.iter().zip(&self.offsets));
        all.filter(|(_, (_, offset))| **offset != 0)
            .map(|(index, (name, offset))| (index, *name, *offset))
    }

    /// What is wrong with an entry of the table, all of which was taken before, but for a name that stands twice.
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
