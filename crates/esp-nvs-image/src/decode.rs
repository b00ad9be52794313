use alloc::collections::btree_map::Entry as MapEntry;
use alloc::collections::{BTreeMap, BTreeSet};
use alloc::vec::Vec;
use core::fmt;

use crate::Error;
use crate::head::IndexData;
use crate::item::{Item, ItemType, Items};
use crate::layout::{NAMESPACE_TABLE, PAGE_SIZE};
use crate::name::{Key, Namespace};
use crate::page::Page;

/// One key and its value, read from an image.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry<'a> {
    /// The namespace that the key is in.
    pub namespace: Namespace,
    /// The key.
    pub key: Key,
    /// The value.
    pub value: StoredValue<'a>,
}

/// A value read from an image.
///
/// `Debug` shows the type and the size only: factory partitions hold private keys.
#[derive(Clone, PartialEq)]
#[non_exhaustive]
pub enum StoredValue<'a> {
    /// An unsigned 8-bit integer.
    U8(u8),
    /// A signed 8-bit integer.
    I8(i8),
    /// An unsigned 16-bit integer.
    U16(u16),
    /// A signed 16-bit integer.
    I16(i16),
    /// An unsigned 32-bit integer.
    U32(u32),
    /// A signed 32-bit integer.
    I32(i32),
    /// An unsigned 64-bit integer.
    U64(u64),
    /// A signed 64-bit integer.
    I64(i64),
    /// A 32-bit IEEE 754 number, which ESP-IDF reads from its development version of 2026 on.
    Float(f32),
    /// A 64-bit IEEE 754 number, likewise.
    Double(f64),
    /// A text, without its terminating NUL.
    Str(&'a str),
    /// Bytes, possibly in several pieces.
    Blob(Blob<'a>),
}

impl StoredValue<'_> {
    /// Returns the name of the type: `u8`, `i8`, .. `float`, `double`, `string` or `blob`.
    #[must_use]
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::U8(_) => "u8",
            Self::I8(_) => "i8",
            Self::U16(_) => "u16",
            Self::I16(_) => "i16",
            Self::U32(_) => "u32",
            Self::I32(_) => "i32",
            Self::U64(_) => "u64",
            Self::I64(_) => "i64",
            Self::Float(_) => "float",
            Self::Double(_) => "double",
            Self::Str(_) => "string",
            Self::Blob(_) => "blob",
        }
    }
}

impl fmt::Debug for StoredValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::U8(_) => f.write_str("U8([elided])"),
            Self::I8(_) => f.write_str("I8([elided])"),
            Self::U16(_) => f.write_str("U16([elided])"),
            Self::I16(_) => f.write_str("I16([elided])"),
            Self::U32(_) => f.write_str("U32([elided])"),
            Self::I32(_) => f.write_str("I32([elided])"),
            Self::U64(_) => f.write_str("U64([elided])"),
            Self::I64(_) => f.write_str("I64([elided])"),
            Self::Float(_) => f.write_str("Float([elided])"),
            Self::Double(_) => f.write_str("Double([elided])"),
            Self::Str(text) => write!(f, "Str([{} bytes])", text.len()),
            Self::Blob(blob) => blob.fmt(f),
        }
    }
}

/// The bytes of a blob where they lie in the image.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Blob<'a> {
    chunks: Vec<&'a [u8]>,
    len: usize,
}

impl<'a> Blob<'a> {
    fn push(&mut self, chunk: &'a [u8]) {
        self.len += chunk.len();
        self.chunks.push(chunk);
    }

    /// Returns the number of bytes.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Tells whether there are no bytes.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns the pieces in order; some may be empty.
    pub fn chunks(&self) -> impl Iterator<Item = &'a [u8]> {
        self.chunks.iter().copied()
    }

    /// Copies the bytes together.
    #[must_use]
    pub fn to_vec(&self) -> Vec<u8> {
        self.chunks.concat()
    }
}

impl fmt::Debug for Blob<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Blob([{} bytes in {} chunks])", self.len, self.chunks.len())
    }
}

/// Reads a whole image strictly: whatever the firmware would drop, erase or refuse is an error here.
///
/// The entries come in the order in which they were written.
///
/// # Errors
///
/// The first damage found, with its byte offset. [`Error::DuplicateKey`], [`Error::UnknownNamespace`],
/// [`Error::BlobIndex`] and [`Error::OrphanChunk`] for entries that are whole but do not fit together.
pub fn decode(image: &[u8]) -> Result<Vec<Entry<'_>>, Error> {
    read(image, Err)
}

/// What can still be read of an image, and what cannot.
#[derive(Clone, Debug, PartialEq)]
pub struct Recovered<'a> {
    /// The entries that are whole, in the order in which they were written.
    pub entries: Vec<Entry<'a>>,
    /// The damage found, each with its byte offset.
    pub damage: Vec<Error>,
}

/// Reads what can be read of an image: damaged pages and entries are reported and left out.
///
/// Of a key that stands twice the value written last is taken. Bytes behind the last whole page are left out.
#[must_use]
pub fn recover(image: &[u8]) -> Recovered<'_> {
    let mut damage = Vec::new();
    let (pages, rest) = image.as_chunks::<PAGE_SIZE>();
    if !rest.is_empty() || pages.is_empty() {
        damage.push(Error::ImageSize { len: image.len() });
    }
    let entries = read(pages.as_flattened(), |error| {
        damage.push(error);
        Ok(())
    });
    // Nothing is an error when all damage is accepted, but an image of no pages, which was reported.
    Recovered {
        entries: entries.unwrap_or_default(),
        damage,
    }
}

/// Reads an image, as long as `report` accepts the damage that is found.
fn read(image: &[u8], mut report: impl FnMut(Error) -> Result<(), Error>) -> Result<Vec<Entry<'_>>, Error> {
    let mut names = BTreeMap::new();
    let mut known = BTreeSet::new();
    let mut chunks = BTreeMap::new();
    let mut values = Vec::new();
    for item in log_order(image)? {
        let item = match item {
            Ok(item) => item,
            Err(error) => {
                report(error)?;
                continue;
            }
        };
        match item.kind() {
            ItemType::U8 if item.namespace_index() == NAMESPACE_TABLE => {
                let [index, ..] = item.data();
                let name = item.key().as_namespace();
                if index == NAMESPACE_TABLE || index == u8::MAX || names.contains_key(&index) || !known.insert(name) {
                    report(Error::NamespaceTable { offset: item.offset() })?;
                } else {
                    names.insert(index, name);
                }
            }
            ItemType::BlobChunk => {
                let id = (item.namespace_index(), item.key(), item.chunk_index());
                if chunks.insert(id, item).is_some() {
                    report(Error::DuplicateKey { key: item.key() })?;
                }
            }
            _ => values.push(item),
        }
    }
    let mut places = BTreeMap::<u128, usize>::new();
    let mut entries: Vec<Entry<'_>> = Vec::with_capacity(values.len());
    for item in values {
        let (key, index, offset) = (item.key(), item.namespace_index(), item.offset());
        let Some(namespace) = names.get(&index).copied() else {
            report(Error::UnknownNamespace { offset, index })?;
            continue;
        };
        // One look-up for both, since images have thousands of keys.
        let place = places.entry(key.within(index));
        if let MapEntry::Occupied(_) = place {
            report(Error::DuplicateKey { key })?;
        }
        let value = match value(&item, &mut chunks) {
            Ok(value) => value,
            Err(error) => {
                report(error)?;
                continue;
            }
        };
        let entry = Entry { namespace, key, value };
        match place {
            MapEntry::Occupied(place) => {
                if let Some(earlier) = entries.get_mut(*place.get()) {
                    *earlier = entry;
                }
            }
            MapEntry::Vacant(place) => {
                place.insert(entries.len());
                entries.push(entry);
            }
        }
    }
    for orphan in chunks.values() {
        report(Error::OrphanChunk {
            offset: orphan.offset(),
        })?;
    }
    Ok(entries)
}

/// The items page by page, the pages by their sequence numbers.
fn log_order(image: &[u8]) -> Result<impl Iterator<Item = Result<Item<'_>, Error>>, Error> {
    if image.is_empty() || !image.len().is_multiple_of(PAGE_SIZE) {
        return Err(Error::ImageSize { len: image.len() });
    }
    let mut pages = image
        .chunks(PAGE_SIZE)
        .enumerate()
        .filter_map(|(i, bytes)| {
            Page::first_of(bytes, i * PAGE_SIZE).map(|page| (page.sequence(), i * PAGE_SIZE, bytes))
        })
        .collect::<Vec<_>>();
    pages.sort_unstable_by_key(|&(sequence, offset, _)| (sequence, offset));
    Ok(pages
        .into_iter()
        .flat_map(|(_, offset, bytes)| Items::starting_at(bytes, offset)))
}

type Chunks<'a> = BTreeMap<(u8, Key, u8), Item<'a>>;

fn value<'a>(item: &Item<'a>, chunks: &mut Chunks<'a>) -> Result<StoredValue<'a>, Error> {
    let data @ [a, b, c, d, ..] = item.data();
    let offset = item.offset();
    Ok(match item.kind() {
        ItemType::U8 => StoredValue::U8(a),
        ItemType::I8 => StoredValue::I8(i8::from_le_bytes([a])),
        ItemType::U16 => StoredValue::U16(u16::from_le_bytes([a, b])),
        ItemType::I16 => StoredValue::I16(i16::from_le_bytes([a, b])),
        ItemType::U32 => StoredValue::U32(u32::from_le_bytes([a, b, c, d])),
        ItemType::I32 => StoredValue::I32(i32::from_le_bytes([a, b, c, d])),
        ItemType::U64 => StoredValue::U64(u64::from_le_bytes(data)),
        ItemType::I64 => StoredValue::I64(i64::from_le_bytes(data)),
        ItemType::Float => StoredValue::Float(f32::from_le_bytes([a, b, c, d])),
        ItemType::Double => StoredValue::Double(f64::from_le_bytes(data)),
        ItemType::Str => {
            let text = item.payload().strip_suffix(&[0]).filter(|text| !text.contains(&0));
            let text = text.ok_or(Error::StringNotTerminated { offset })?;
            StoredValue::Str(core::str::from_utf8(text).map_err(|_| Error::StringNotUtf8 { offset })?)
        }
        ItemType::BlobV1 => {
            let mut blob = Blob::default();
            blob.push(item.payload());
            StoredValue::Blob(blob)
        }
        ItemType::BlobIndex => StoredValue::Blob(assemble(item, chunks)?),
        ItemType::BlobChunk => return Err(Error::OrphanChunk { offset }),
    })
}

/// Takes the chunks that an index names out of the map, and checks that they are all there.
fn assemble<'a>(item: &Item<'a>, chunks: &mut Chunks<'a>) -> Result<Blob<'a>, Error> {
    let error = Error::BlobIndex { offset: item.offset() };
    let index = IndexData::decode(item.data());
    let mut blob = Blob::default();
    for n in 0..index.chunks {
        let chunk_index = index.chunk_start.checked_add(n).ok_or(error)?;
        let chunk = chunks
            .remove(&(item.namespace_index(), item.key(), chunk_index))
            .ok_or(error)?;
        blob.push(chunk.payload());
    }
    if u32::try_from(blob.len) == Ok(index.size) {
        Ok(blob)
    } else {
        Err(error)
    }
}
