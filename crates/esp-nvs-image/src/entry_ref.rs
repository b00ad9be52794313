use core::fmt;

use crate::Error;
use crate::blob_ref::BlobRef;
use crate::item::{Item, ItemType};
use crate::name::{Key, Namespace};

/// One key and its value, where they lie in an image.
#[derive(Clone, Debug)]
pub struct EntryRef<'a> {
    /// The namespace that the key is in.
    pub namespace: Namespace,
    /// The key.
    pub key: Key,
    /// The value.
    pub value: ValueRef<'a>,
}

/// A value, where it lies in an image.
///
/// `Debug` shows the type and the size only: factory partitions hold private keys.
#[derive(Clone)]
#[non_exhaustive]
pub enum ValueRef<'a> {
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
    Blob(BlobRef<'a>),
}

impl<'a> ValueRef<'a> {
    /// Reads an entry that holds all of its value: neither a chunk of a blob nor an index.
    pub(crate) fn of_item(item: &Item<'a>) -> Result<Self, Error> {
        let data @ [a, b, c, d, ..] = item.data();
        let offset = item.offset();
        Ok(match item.kind() {
            ItemType::U8 => Self::U8(a),
            ItemType::I8 => Self::I8(i8::from_le_bytes([a])),
            ItemType::U16 => Self::U16(u16::from_le_bytes([a, b])),
            ItemType::I16 => Self::I16(i16::from_le_bytes([a, b])),
            ItemType::U32 => Self::U32(u32::from_le_bytes([a, b, c, d])),
            ItemType::I32 => Self::I32(i32::from_le_bytes([a, b, c, d])),
            ItemType::U64 => Self::U64(u64::from_le_bytes(data)),
            ItemType::I64 => Self::I64(i64::from_le_bytes(data)),
            ItemType::Float => Self::Float(f32::from_le_bytes([a, b, c, d])),
            ItemType::Double => Self::Double(f64::from_le_bytes(data)),
            ItemType::Str => {
                let text = item.payload().strip_suffix(&[0]).filter(|text| !text.contains(&0));
                let text = text.ok_or(Error::StringNotTerminated { offset })?;
                Self::Str(core::str::from_utf8(text).map_err(|_| Error::StringNotUtf8 { offset })?)
            }
            ItemType::BlobV1 => Self::Blob(BlobRef::in_one_piece(item.payload())),
            ItemType::BlobIndex => return Err(Error::BlobIndex { offset }),
            ItemType::BlobChunk => return Err(Error::OrphanChunk { offset }),
        })
    }

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

impl fmt::Debug for ValueRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Str(text) => write!(f, "Str([{} bytes])", text.len()),
            Self::Blob(blob) => blob.fmt(f),
            number => write!(f, "{}([elided])", number.type_name()),
        }
    }
}
