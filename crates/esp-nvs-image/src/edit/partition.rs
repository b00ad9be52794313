use alloc::collections::BTreeSet;
use alloc::vec::Vec;

use zeroize::Zeroizing;

use super::blob;
use super::log::{Log, Plan};
use crate::Error;
use crate::cursor::Run;
use crate::decode::decode;
use crate::finding::{Finding, FindingKind};
use crate::head::Head;
use crate::item_type::ItemType;
use crate::layout::{NO_CHUNK, SECOND_HALF};
use crate::mounted::Mounted;
use crate::name::{Key, Namespace};
use crate::owned::OwnedValue;
use crate::record::Record;
use crate::value::Value;
use crate::writer::Payload;
#[cfg(feature = "encryption")]
use crate::xts::SlotCipher;

/// A partition as the firmware sees it after the mount: all entries are valid, and there are no
/// duplicate keys.
pub(super) struct Partition {
    log: Log,
}

impl Partition {
    /// Sets a value in a copy of a decrypted partition; `None` if an equal value exists.
    pub(super) fn with(
        bytes: Zeroizing<Vec<u8>>,
        namespace: &Namespace,
        key: &Key,
        value: Value<'_>,
    ) -> Result<Option<Self>, Error> {
        let stored = Current::read(&bytes, namespace, key)?;
        if stored.value.is_some_and(|stored| stored.as_value() == value) {
            return Ok(None);
        }
        let mut partition = Self {
            log: Log::new(bytes, &stored.plan)?,
        };
        let index = match partition.index_of(namespace) {
            Some(index) => index,
            None => partition.add_namespace(namespace)?,
        };
        let new = partition.append(index, key, value)?;
        partition.erase(index, key, |at, record| !new.is(at, record));
        partition.checked().map(Some)
    }

    /// Removes a key from a copy of a decrypted partition; `None` if it does not exist.
    pub(super) fn without(bytes: Zeroizing<Vec<u8>>, namespace: &Namespace, key: &Key) -> Result<Option<Self>, Error> {
        let stored = Current::read(&bytes, namespace, key)?;
        if stored.value.is_none() {
            return Ok(None);
        }
        let mut partition = Self {
            log: Log::new(bytes, &stored.plan)?,
        };
        if let Some(index) = partition.index_of(namespace) {
            partition.erase(index, key, |_, _| true);
        }
        partition.checked().map(Some)
    }

    /// Reads a key of a decrypted partition.
    pub(super) fn value(bytes: &[u8], namespace: &Namespace, key: &Key) -> Result<Option<OwnedValue>, Error> {
        Ok(Current::read(bytes, namespace, key)?.value)
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.log.bytes()
    }

    #[cfg(feature = "encryption")]
    pub(super) fn encrypt(&mut self, cipher: &SlotCipher) {
        cipher.encrypt(&mut self.log.clear_slots());
    }

    /// Checks that the result can be read.
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

    /// Returns the namespaces of the table, each with its index.
    fn namespaces(&self) -> impl Iterator<Item = (u8, Namespace)> {
        let table = self.log.records().filter(|(_, record)| record.is_in_table());
        table.filter_map(|(_, record)| {
            let [index, ..] = record.data;
            Some((index, record.key.key()?.as_namespace()))
        })
    }

    fn index_of(&self, namespace: &Namespace) -> Option<u8> {
        self.namespaces()
            .find(|(_, name)| name == namespace)
            .map(|(index, _)| index)
    }

    /// Adds a namespace with the lowest free index.
    fn add_namespace(&mut self, namespace: &Namespace) -> Result<u8, Error> {
        let taken = self.namespaces().map(|(index, _)| index).collect::<BTreeSet<_>>();
        let index = (1..u8::MAX)
            .find(|index| !taken.contains(index))
            .ok_or(Error::TooManyNamespaces)?;
        self.log.append_head(&Head::of_namespace(namespace, index))?;
        Ok(index)
    }

    /// Returns the half of the chunk indices that the stored blob does not use, so that both can
    /// exist together.
    fn free_half(&self, namespace: u8, key: &Key) -> Result<u8, Error> {
        let mut entries = self.entries_of(namespace, key);
        let Some((record, data)) = entries.find_map(|(_, record)| Some((record, record.index_data()?))) else {
            return Ok(0);
        };
        // The firmware uses only the starts 0x00 and 0x80.
        if data.chunk_start >= SECOND_HALF {
            Ok(0)
        } else if data.chunks <= SECOND_HALF - data.chunk_start {
            Ok(SECOND_HALF)
        } else {
            let (key, start) = (record.key, data.chunk_start);
            let fault = FindingKind::ChunkStart { key, start };
            Err(Error::Damaged(Finding::at(record.offset, fault)))
        }
    }

    fn entries_of(&self, namespace: u8, key: &Key) -> impl Iterator<Item = (Run, Record<'_>)> {
        let field = key.field();
        let records = self.log.records();
        records.filter(move |(_, record)| record.namespace == namespace && *record.key.field() == field)
    }

    /// Erases the entries of a key for which `which` is true, and returns whether there were any.
    fn erase(&mut self, namespace: u8, key: &Key, which: impl Fn(Run, &Record<'_>) -> bool) {
        let entries = self.entries_of(namespace, key);
        let erased = entries
            .filter(|(at, record)| which(*at, record))
            .map(|(at, record)| (at, record.slots()));
        let erased = erased.collect::<Vec<_>>();
        for &(at, slots) in &erased {
            self.log.erase(at, slots);
        }
    }
}

/// The entries written last, to distinguish them from the ones that they replace.
enum New {
    At(Run),
    Blob { chunk_start: u8 },
}

impl New {
    fn is(&self, at: Run, record: &Record<'_>) -> bool {
        match *self {
            Self::At(place) => at == place,
            Self::Blob { chunk_start } => match record.index_data() {
                Some(data) => data.chunk_start == chunk_start,
                None => record.is_chunk() && (record.chunk ^ chunk_start) < SECOND_HALF,
            },
        }
    }
}

/// The entries of a key in a partition, including those that the firmware drops at mount.
struct Current {
    value: Option<OwnedValue>,
    plan: Plan,
}

impl Current {
    /// Rejects damage that an interrupted write does not cause: chunks without an index, superseded
    /// values, blobs of which a chunk was assigned to their new value.
    fn read(bytes: &[u8], namespace: &Namespace, key: &Key) -> Result<Self, Error> {
        let mut repeated = None;
        let mut cut = BTreeSet::new();
        let owner = |fault: &Finding, key| (namespace_at(bytes, fault), key);
        let mounted = Mounted::new(bytes, &mut |fault| match fault.kind {
            FindingKind::OrphanChunks { .. } => Ok(()),
            FindingKind::DuplicateKey { .. } | FindingKind::DuplicateChunk { .. } => {
                repeated.get_or_insert(fault);
                Ok(())
            }
            FindingKind::ChunkErased { key, .. } => {
                cut.insert(owner(&fault, key));
                Ok(())
            }
            FindingKind::BlobChunks { key, .. } if cut.contains(&owner(&fault, key)) => Ok(()),
            kind if kind.is_damage() => Err(Error::Damaged(fault)),
            _ => Ok(()),
        })
        .map_err(|error| error.of_image(bytes))?;
        let entries = mounted.given();
        let mut keys = BTreeSet::new();
        let is_clear = entries.iter().all(|entry| keys.insert((entry.namespace, entry.key)));
        // If both values can be read, neither is dropped.
        if let Some(repeated) = repeated.filter(|_| !is_clear) {
            return Err(Error::Damaged(repeated));
        }
        let mut entries = entries.iter();
        let entry = entries.find(|entry| entry.namespace == *namespace && entry.key == *key);
        Ok(Self {
            value: entry.map(|entry| OwnedValue::from(&entry.value)),
            plan: Plan::of(&mounted),
        })
    }
}

/// Returns the namespace of the entry of a finding.
fn namespace_at(bytes: &[u8], fault: &Finding) -> Option<u8> {
    bytes.get(fault.offset?).copied()
}
