use alloc::vec::Vec;
use core::fmt;

use crate::entry_ref::{EntryRef, ValueRef};
use crate::name::{Key, Namespace};
use crate::number::Number;

/// One key and its value, read from an image.
#[derive(Clone, Debug, PartialEq, Eq)]
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
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoredValue<'a> {
    /// A number.
    Number(Number),
    /// A text, without its terminating NUL.
    Str(&'a str),
    /// Bytes, possibly in several pieces.
    Blob(Blob<'a>),
}

impl<'a> From<ValueRef<'a>> for StoredValue<'a> {
    /// Collects the pieces of a blob; no byte is copied.
    fn from(value: ValueRef<'a>) -> Self {
        match value {
            ValueRef::Number(number) => Self::Number(number),
            ValueRef::Str(v) => Self::Str(v),
            ValueRef::Blob(blob) => {
                let mut pieces = Blob::default();
                blob.pieces().for_each(|piece| pieces.push(piece));
                Self::Blob(pieces)
            }
        }
    }
}

impl<'a> From<EntryRef<'a>> for Entry<'a> {
    fn from(entry: EntryRef<'a>) -> Self {
        Self {
            namespace: entry.namespace,
            key: entry.key,
            value: entry.value.into(),
        }
    }
}

impl StoredValue<'_> {
    /// Returns the name of the type: `u8`, `i8`, .. `float`, `double`, `string` or `blob`.
    #[must_use]
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Number(number) => number.type_name(),
            Self::Str(_) => "string",
            Self::Blob(_) => "blob",
        }
    }
}

impl fmt::Debug for StoredValue<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => number.fmt(f),
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
    pub(crate) fn push(&mut self, chunk: &'a [u8]) {
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
