use alloc::vec::Vec;
use core::fmt;

use crate::entry_ref::{EntryRef, ValueRef};
use crate::name::{Key, Namespace};
use crate::number::{Number, number_getters};
use crate::value::Value;

/// A key with its value, read from an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry<'a> {
    /// The namespace of the key.
    pub namespace: Namespace,
    /// The key.
    pub key: Key,
    /// The value.
    pub value: StoredValue<'a>,
}

/// A value read from an image.
///
/// `Debug` shows only type and size, because factory partitions contain private keys. `Display` shows the value, as
/// `nvs-image dump` does.
///
/// # Examples
///
/// ```
/// use esp_nvs_image::{BlobVersion, StoredValue, Value, decode, encode_to_vec};
///
/// let entries = [("factory", "hw-ver", Value::from(7_u16)), ("factory", "salt", Value::from(&[7; 16]))];
/// let image = encode_to_vec(0x3000, BlobVersion::V2, entries)?;
/// for entry in decode(&image)? {
///     match entry.value {
///         StoredValue::Number(number) => assert_eq!(number.to_string(), "7"),
///         StoredValue::Blob(blob) => assert_eq!(blob.to_vec(), [7; 16]),
///         _ => unreachable!(),
///     }
/// }
/// let shown: Vec<_> = decode(&image)?.iter().map(|entry| entry.value.to_string()).collect();
/// assert_eq!(shown, ["7", "07070707070707070707070707070707 (16 bytes)"]);
/// # Ok::<(), esp_nvs_image::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoredValue<'a> {
    /// A number.
    Number(Number),
    /// A string without its terminating NUL.
    Str(&'a str),
    /// Bytes, possibly in several pieces.
    Blob(Blob<'a>),
}

impl<'a> From<ValueRef<'a>> for StoredValue<'a> {
    /// Collects the pieces of a blob without copying bytes.
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

impl<'a> From<Value<'a>> for StoredValue<'a> {
    fn from(value: Value<'a>) -> Self {
        match value {
            Value::Number(number) => Self::Number(number),
            Value::Str(text) => Self::Str(text),
            Value::Blob(bytes) => Self::Blob(bytes.into()),
        }
    }
}

number_getters!(StoredValue<'_>);

impl<'a> StoredValue<'a> {
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
    pub const fn as_blob(&self) -> Option<&Blob<'a>> {
        match self {
            Self::Blob(blob) => Some(blob),
            _ => None,
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

impl PartialEq<Value<'_>> for StoredValue<'_> {
    fn eq(&self, other: &Value<'_>) -> bool {
        match (self, other) {
            (Self::Number(one), Value::Number(other)) => one == other,
            (Self::Str(one), Value::Str(other)) => one == other,
            (Self::Blob(one), Value::Blob(other)) => *one == **other,
            _ => false,
        }
    }
}

impl fmt::Display for StoredValue<'_> {
    /// Writes numbers in decimal, strings quoted and escaped, and of blobs up to 32 bytes in hexadecimal, then their length.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const SHOWN: usize = 32;
        match self {
            Self::Number(number) => fmt::Display::fmt(number, f),
            Self::Str(text) => write!(f, "{text:?}"),
            Self::Blob(blob) => {
                for byte in blob.chunks().flatten().take(SHOWN) {
                    write!(f, "{byte:02x}")?;
                }
                let more = if blob.len() > SHOWN { ".." } else { "" };
                write!(f, "{more} ({} bytes)", blob.len())
            }
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

/// The bytes of a blob, borrowed from the image.
///
/// Blobs are equal if their bytes are, however they are divided into pieces.
#[derive(Clone, Default)]
pub struct Blob<'a> {
    chunks: Vec<&'a [u8]>,
    len: usize,
}

impl<'a> Blob<'a> {
    pub(crate) fn push(&mut self, chunk: &'a [u8]) {
        self.len += chunk.len();
        self.chunks.push(chunk);
    }

    /// Returns the length in bytes.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Returns whether the blob is empty.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns the pieces in order; pieces may be empty.
    pub fn chunks(&self) -> impl Iterator<Item = &'a [u8]> {
        self.chunks.iter().copied()
    }

    /// Returns the bytes if they are a single slice.
    pub(crate) fn in_one_piece(&self) -> Option<&'a [u8]> {
        match *self.chunks.as_slice() {
            [] => Some(&[]),
            [chunk] => Some(chunk),
            _ => None,
        }
    }

    /// Copies the bytes into a vector.
    #[must_use]
    pub fn to_vec(&self) -> Vec<u8> {
        self.chunks.concat()
    }
}

impl<'a> From<&'a [u8]> for Blob<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        let mut blob = Self::default();
        blob.push(bytes);
        blob
    }
}

impl PartialEq for Blob<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.len == other.len && self.chunks().flatten().eq(other.chunks().flatten())
    }
}

impl Eq for Blob<'_> {}

impl PartialEq<[u8]> for Blob<'_> {
    fn eq(&self, other: &[u8]) -> bool {
        self.len == other.len() && self.chunks().flatten().eq(other)
    }
}

impl<const N: usize> PartialEq<[u8; N]> for Blob<'_> {
    fn eq(&self, other: &[u8; N]) -> bool {
        *self == *other.as_slice()
    }
}

impl fmt::Debug for Blob<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Blob([{} bytes in {} chunks])", self.len, self.chunks.len())
    }
}
