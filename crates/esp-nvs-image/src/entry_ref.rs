use core::fmt;

use crate::blob_ref::BlobRef;
use crate::item_type::ItemType;
use crate::name::{Key, Namespace};
use crate::number::{Number, number_getters};
use crate::record::Record;

/// A key with its value, borrowed from an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryRef<'a> {
    /// The namespace of the key.
    pub namespace: Namespace,
    /// The key.
    pub key: Key,
    /// The value.
    pub value: ValueRef<'a>,
}

/// A value, borrowed from an image.
///
/// `Debug` shows only type and size, because factory partitions contain private keys.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum ValueRef<'a> {
    /// A number.
    Number(Number),
    /// A string without its terminating NUL.
    Str(&'a str),
    /// Bytes, possibly in several pieces.
    Blob(BlobRef<'a>),
}

number_getters!(ValueRef<'_>);

impl<'a> ValueRef<'a> {
    /// Returns the string, or `None` for another type.
    #[must_use]
    pub const fn as_str(&self) -> Option<&'a str> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the blob, or `None` for another type.
    #[must_use]
    pub const fn as_blob(&self) -> Option<&BlobRef<'a>> {
        match self {
            Self::Blob(blob) => Some(blob),
            _ => None,
        }
    }

    /// Converts a valid record that contains its whole value: neither a chunk of a blob nor an
    /// index.
    pub(crate) fn of_record(record: &Record<'a>) -> Option<Self> {
        match record.kind {
            ItemType::Str => record.text().map(Self::Str),
            ItemType::BlobV1 => Some(Self::Blob(BlobRef::in_one_piece(record.payload))),
            kind => Number::from_data(kind, record.data).map(Self::Number),
        }
    }

    /// Returns the name of the type: `u8`, `i8`, …, `float`, `double`, `string` or `blob`.
    #[must_use]
    pub const fn type_name(&self) -> &'static str {
        match self {
            Self::Number(number) => number.type_name(),
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
            Self::Number(number) => number.fmt(f),
        }
    }
}
