use alloc::vec::Vec;
use core::fmt;

use crate::entry_ref::{EntryRef, ValueRef};
use crate::name::{Key, Namespace};

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

impl<'a> From<ValueRef<'a>> for StoredValue<'a> {
    /// Collects the pieces of a blob; no byte is copied.
    fn from(value: ValueRef<'a>) -> Self {
        match value {
            ValueRef::U8(v) => Self::U8(v),
            ValueRef::I8(v) => Self::I8(v),
            ValueRef::U16(v) => Self::U16(v),
            ValueRef::I16(v) => Self::I16(v),
            ValueRef::U32(v) => Self::U32(v),
            ValueRef::I32(v) => Self::I32(v),
            ValueRef::U64(v) => Self::U64(v),
            ValueRef::I64(v) => Self::I64(v),
            ValueRef::Float(v) => Self::Float(v),
            ValueRef::Double(v) => Self::Double(v),
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
