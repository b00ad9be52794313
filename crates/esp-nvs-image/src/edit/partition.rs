use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use zeroize::Zeroizing;

use super::{blob, log::Log};
use crate::Error;
use crate::cursor::Run;
use crate::decode::{Entry, decode, recover};
use crate::head::{Head, IndexData};
use crate::item::Item;
use crate::item_type::ItemType;
use crate::layout::{NAMESPACE_TABLE, NO_CHUNK};
use crate::name::{Key, Namespace};
use crate::owned::OwnedValue;
use crate::value::Value;
use crate::writer::Payload;
#[cfg(feature = "encryption")]
use crate::xts::SlotCipher;

/// The first chunk index of a blob's second half of the range.
const SECOND_HALF: u8 = 0x80;

/// A partition as the firmware sees it after the mount: all entries sound and no key twice.
pub(super) struct Partition {
    log: Log,
}

impl Partition {
    /// Stores a value in a copy of a partition whose slots are in the clear; `None` when it is there already.
    pub(super) fn with(
        bytes: Zeroizing<Vec<u8>>,
        namespace: &Namespace,
        key: &Key,
        value: Value<'_>,
    ) -> Result<Option<Self>, Error> {
        let stored = Stored::read(&bytes, namespace, key)?;
        if stored.value.is_some_and(|stored| stored.as_value() == value) {
            return Ok(None);
        }
        let mut partition = Self {
            log: Log::new(bytes, &stored.dropped)?,
        };
        let index = match partition.index_of(namespace) {
            Some(index) => index,
            None => partition.add_namespace(namespace)?,
        };
        let new = partition.append(index, key, value)?;
        partition.erase(index, key, |at, item| !new.is(at, item));
        partition.checked().map(Some)
    }

    /// Removes a key from a copy of a partition whose slots are in the clear; `None` when it is not there.
    pub(super) fn without(bytes: Zeroizing<Vec<u8>>, namespace: &Namespace, key: &Key) -> Result<Option<Self>, Error> {
        let stored = Stored::read(&bytes, namespace, key)?;
        if stored.value.is_none() {
            return Ok(None);
        }
        let mut partition = Self {
            log: Log::new(bytes, &stored.dropped)?,
        };
        if let Some(index) = partition.index_of(namespace) {
            partition.erase(index, key, |_, _| true);
        }
        partition.checked().map(Some)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.log.bytes()
    }

    #[cfg(feature = "encryption")]
    pub(super) fn encrypt(&mut self, cipher: &SlotCipher) {
        cipher.encrypt(&mut self.log.clear_slots());
    }

    /// Nothing leaves that cannot be read.
    fn checked(self) -> Result<Self, Error> {
        decode(self.bytes())?;
        Ok(self)
    }

    fn append(&mut self, index: u8, key: &Key, value: Value<'_>) -> Result<New, Error> {
        match value {
            Value::Number(number) => {
                let head = Head::of_number(index, key, number);
                self.log.append_head(&head).map(New::At)
            }
            Value::Str(text) => {
                let payload = Payload {
                    kind: ItemType::Str,
                    chunk: NO_CHUNK,
                    namespace: index,
                    key,
                    parts: &[text.as_bytes(), &[0]],
                };
                self.log.append(&payload).map(New::At)
            }
            Value::Blob(bytes) => {
                let chunk_start = self.free_half(index, key)?;
                blob::append(&mut self.log, index, key, bytes, chunk_start)?;
                Ok(New::Blob { chunk_start })
            }
        }
    }

    /// The namespaces of the table, each with its index.
    fn namespaces(&self) -> impl Iterator<Item = (u8, Namespace)> {
        let table = self
            .log
            .items()
            .filter(|(_, item)| item.namespace_index() == NAMESPACE_TABLE);
        table.map(|(_, item)| {
            let [index, ..] = item.data();
            (index, item.key().as_namespace())
        })
    }

    fn index_of(&self, namespace: &Namespace) -> Option<u8> {
        self.namespaces()
            .find(|(_, name)| name == namespace)
            .map(|(index, _)| index)
    }

    /// Adds a namespace under the lowest index that is free.
    fn add_namespace(&mut self, namespace: &Namespace) -> Result<u8, Error> {
        let taken = self.namespaces().map(|(index, _)| index).collect::<BTreeSet<_>>();
        let index = (1..u8::MAX)
            .find(|index| !taken.contains(index))
            .ok_or(Error::TooManyNamespaces)?;
        self.log.append_head(&Head::of_namespace(namespace, index))?;
        Ok(index)
    }

    /// The half of the chunk indices that the stored blob does not use, so that both can stand beside each other.
    fn free_half(&self, namespace: u8, key: &Key) -> Result<u8, Error> {
        let mut entries = self.entries_of(namespace, key);
        let Some((_, item)) = entries.find(|(_, item)| item.kind() == ItemType::BlobIndex) else {
            return Ok(0);
        };
        // The firmware starts at 0x00 and 0x80 only.
        let data = IndexData::decode(item.data());
        if data.chunk_start >= SECOND_HALF {
            Ok(0)
        } else if data.chunks <= SECOND_HALF - data.chunk_start {
            Ok(SECOND_HALF)
        } else {
            Err(Error::BlobIndex { offset: item.offset() })
        }
    }

    fn entries_of(&self, namespace: u8, key: &Key) -> impl Iterator<Item = (Run, Item<'_>)> {
        let key = *key;
        self.log
            .items()
            .filter(move |(_, item)| item.namespace_index() == namespace && item.key() == key)
    }

    /// Erases those entries of a key that `which` names, and tells whether there were any.
    fn erase(&mut self, namespace: u8, key: &Key, which: impl Fn(Run, &Item<'_>) -> bool) -> bool {
        let entries = self.entries_of(namespace, key);
        let erased = entries
            .filter(|(at, item)| which(*at, item))
            .map(|(at, item)| (at, item.slots()));
        let erased = erased.collect::<Vec<_>>();
        for &(at, slots) in &erased {
            self.log.erase(at, slots);
        }
        !erased.is_empty()
    }
}

/// What was written last, to be told apart from what it replaces.
enum New {
    At(Run),
    Blob { chunk_start: u8 },
}

impl New {
    fn is(&self, at: Run, item: &Item<'_>) -> bool {
        match *self {
            Self::At(place) => at == place,
            Self::Blob { chunk_start } => match item.kind() {
                ItemType::BlobChunk => (item.chunk_index() ^ chunk_start) < SECOND_HALF,
                ItemType::BlobIndex => IndexData::decode(item.data()).chunk_start == chunk_start,
                _ => false,
            },
        }
    }
}

/// What a partition holds under a key, and what the firmware drops when it mounts it.
struct Stored {
    value: Option<OwnedValue>,
    /// Offsets of the entries that a write left behind which was interrupted: chunks without an index, and values that
    /// others replace.
    dropped: Vec<usize>,
}

impl Stored {
    fn read(bytes: &[u8], namespace: &Namespace, key: &Key) -> Result<Self, Error> {
        let recovered = recover(bytes);
        let mut keys = BTreeSet::new();
        let is_new = |entry: &Entry<'_>| keys.insert((entry.namespace, entry.key));
        let is_clear = recovered.entries.iter().all(is_new);
        let dropped = recovered.damage.into_iter().map(|error| match error {
            Error::OrphanChunk { offset } => Ok(offset),
            // Of two that both can be read none is dropped.
            Error::DuplicateEntry { offset, .. } if is_clear => Ok(offset),
            error => Err(error),
        });
        let dropped = dropped.collect::<Result<Vec<_>, Error>>()?;
        let mut entries = recovered.entries.iter();
        let entry = entries.find(|entry| entry.namespace == *namespace && entry.key == *key);
        Ok(Self {
            value: entry.map(|entry| OwnedValue::from(&entry.value)),
            dropped,
        })
    }
}
