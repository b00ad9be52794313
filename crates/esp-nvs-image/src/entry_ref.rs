use core::fmt;

use crate::Error;
use crate::blob_ref::BlobRef;
use crate::item::Item;
use crate::item_type::ItemType;
use crate::name::{Key, Namespace};
use crate::number::Number;

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
    /// A number.
    Number(Number),
    /// A text, without its terminating NUL.
    Str(&'a str),
    /// Bytes, possibly in several pieces.
    Blob(BlobRef<'a>),
}

impl<'a> ValueRef<'a> {
    /// Reads an entry that holds all of its value: neither a chunk of a blob nor an index.
    pub(crate) fn of_item(item: &Item<'a>) -> Result<Self, Error> {
        let offset = item.offset();
        if let Some(number) = Number::from_data(item.kind(), item.data()) {
            return Ok(Self::Number(number));
        }
        Ok(match item.kind() {
            ItemType::Str => {
                let text = item.payload().strip_suffix(&[0]).filter(|text| !text.contains(&0));
                let text = text.ok_or(Error::StringNotTerminated { offset })?;
                Self::Str(core::str::from_utf8(text).map_err(|_| Error::StringNotUtf8 { offset })?)
            }
            ItemType::BlobV1 => Self::Blob(BlobRef::in_one_piece(item.payload())),
            ItemType::BlobChunk => return Err(Error::OrphanChunk { offset }),
            _ => return Err(Error::BlobIndex { offset }),
        })
    }

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

impl fmt::Debug for ValueRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Str(text) => write!(f, "Str([{} bytes])", text.len()),
            Self::Blob(blob) => blob.fmt(f),
            Self::Number(number) => number.fmt(f),
        }
    }
}
