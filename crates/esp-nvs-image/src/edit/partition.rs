use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use zeroize::Zeroizing;

use super::{blob, log::Log};
use crate::Error;
use crate::cursor::Run;
use crate::decode::decode;
use crate::head::{Head, IndexData};
use crate::item::{Item, ItemType};
use crate::layout::{MAX_CHUNKS, NAMESPACE_TABLE, NO_CHUNK};
use crate::name::{Key, Namespace};
use crate::owned::OwnedValue;
use crate::value::Value;
use crate::writer::Payload;
#[cfg(feature = "encryption")]
use crate::{encryption, xts::SlotCipher};

/// The first chunk index of a blob's second half of the range.
const SECOND_HALF: u8 = 0x80;

/// A partition as the firmware sees it after the mount: all entries sound, and at least one page empty.
pub(super) struct Partition {
    log: Log,
}

impl Partition {
    pub(super) fn mount(
        image: &[u8],
        #[cfg(feature = "encryption")] cipher: Option<&SlotCipher>,
    ) -> Result<Self, Error> {
        let bytes = Zeroizing::new(image.to_vec());
        #[cfg(feature = "encryption")]
        let bytes = match cipher {
            Some(cipher) => encryption::decrypted(bytes, cipher)?,
            None => bytes,
        };
        // What cannot be read would be lost when its page is moved.
        decode(&bytes)?;
        Log::new(bytes).map(|log| Self { log })
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.log.bytes()
    }

    #[cfg(feature = "encryption")]
    pub(super) fn encrypt(&mut self, cipher: &SlotCipher) {
        cipher.encrypt(&mut self.log.clear_slots());
    }

    pub(super) fn set(&mut self, namespace: &Namespace, key: &Key, value: Value<'_>) -> Result<bool, Error> {
        if self.holds(namespace, key, &value)? {
            return Ok(false);
        }
        let index = match self.index_of(namespace) {
            Some(index) => index,
            None => self.add_namespace(namespace)?,
        };
        let chunk_start = self.free_half(index, key)?;
        let new = match value {
            Value::Blob(bytes) => {
                blob::append(&mut self.log, index, key, bytes, chunk_start)?;
                New::Blob { chunk_start }
            }
            Value::Str(text) => New::At(self.log.append(&Payload {
                kind: ItemType::Str,
                chunk: NO_CHUNK,
                namespace: index,
                key,
                parts: &[text.as_bytes(), &[0]],
            })?),
            _ => {
                let Some((kind, data)) = value.fixed() else {
                    return Ok(false);
                };
                New::At(self.log.append_head(&Head::new(index, kind, 1, NO_CHUNK, key, data))?)
            }
        };
        self.erase(index, key, |at, item| !new.is(at, item));
        Ok(true)
    }

    pub(super) fn remove(&mut self, namespace: &Namespace, key: &Key) -> Result<bool, Error> {
        let index = self.index_of(namespace);
        Ok(index.is_some_and(|index| self.erase(index, key, |_, _| true)))
    }

    /// Tells whether the value is what is stored.
    fn holds(&self, namespace: &Namespace, key: &Key, value: &Value<'_>) -> Result<bool, Error> {
        let entries = decode(self.log.bytes())?;
        let entry = entries
            .iter()
            .find(|entry| entry.namespace == *namespace && entry.key == *key);
        Ok(entry.is_some_and(|entry| OwnedValue::from(&entry.value).as_value() == *value))
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
        let data = [index, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF];
        let head = Head::new(NAMESPACE_TABLE, ItemType::U8, 1, NO_CHUNK, &namespace.as_key(), data);
        self.log.append_head(&head)?;
        Ok(index)
    }

    /// The half of the chunk indices that the stored blob does not use, so that both can stand beside each other.
    fn free_half(&self, namespace: u8, key: &Key) -> Result<u8, Error> {
        let mut entries = self.entries_of(namespace, key);
        let Some((_, item)) = entries.find(|(_, item)| item.kind() == ItemType::BlobIndex) else {
            return Ok(0);
        };
        // The firmware writes no others, and others could reach into both halves.
        match IndexData::decode(item.data()) {
            data if data.chunks > MAX_CHUNKS => Err(Error::BlobIndex { offset: item.offset() }),
            data if data.chunk_start == 0 => Ok(SECOND_HALF),
            data if data.chunk_start == SECOND_HALF => Ok(0),
            _ => Err(Error::BlobIndex { offset: item.offset() }),
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
