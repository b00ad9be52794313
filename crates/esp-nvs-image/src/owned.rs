use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use zeroize::Zeroize;

use crate::decode::{Entry, StoredValue};
use crate::name::{Key, Namespace};
use crate::number::{Number, from_numbers, number_getters};
use crate::value::Value;

/// An entry that owns its value.
///
/// # Examples
///
/// ```
/// use esp_nvs_image::{BlobVersion, OwnedEntry, decode, encode_to_vec};
///
/// let image = encode_to_vec(0x3000, BlobVersion::V2, [("wifi", "channel", 6_u8)])?;
/// let mut entries: Vec<OwnedEntry> = decode(&image)?.into_iter().map(OwnedEntry::from).collect();
/// drop(image);
///
/// entries[0].value = 11_u8.into();
/// let changed = encode_to_vec(0x3000, BlobVersion::V2, entries)?;
/// # Ok::<(), esp_nvs_image::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedEntry {
    /// The namespace.
    pub namespace: Namespace,
    /// The key within the namespace.
    pub key: Key,
    /// The value.
    pub value: OwnedValue,
}

/// A value that owns its bytes, which are zeroized on drop.
///
/// # Examples
///
/// ```
/// use esp_nvs_image::OwnedValue;
///
/// let value = OwnedValue::from("factory");
/// assert_eq!(value.as_str(), Some("factory"));
/// assert_eq!(format!("{value:?}"), "Str([7 bytes])");
/// ```
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum OwnedValue {
    /// A number.
    Number(Number),
    /// A string.
    Str(String),
    /// Bytes.
    Blob(Vec<u8>),
}

number_getters!(OwnedValue);

impl OwnedValue {
    /// Returns the string, or `None` for another type.
    #[must_use]
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the bytes of a blob, or `None` for another type.
    #[must_use]
    pub fn as_bytes(&self) -> Option<&[u8]> {
        match self {
            Self::Blob(bytes) => Some(bytes),
            _ => None,
        }
    }

    /// Borrows the value for the encoder.
    #[must_use]
    pub fn as_value(&self) -> Value<'_> {
        match self {
            Self::Number(number) => Value::Number(*number),
            Self::Str(v) => Value::Str(v),
            Self::Blob(v) => Value::Blob(v),
        }
    }
}

from_numbers!(OwnedValue);

impl From<String> for OwnedValue {
    fn from(text: String) -> Self {
        Self::Str(text)
    }
}

impl From<&str> for OwnedValue {
    fn from(text: &str) -> Self {
        Self::Str(text.into())
    }
}

impl From<Vec<u8>> for OwnedValue {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Blob(bytes)
    }
}

impl From<&[u8]> for OwnedValue {
    fn from(bytes: &[u8]) -> Self {
        Self::Blob(bytes.into())
    }
}

impl From<Value<'_>> for OwnedValue {
    fn from(value: Value<'_>) -> Self {
        match value {
            Value::Number(number) => Self::Number(number),
            Value::Str(v) => Self::Str(v.into()),
            Value::Blob(v) => Self::Blob(v.into()),
        }
    }
}

impl From<StoredValue<'_>> for OwnedValue {
    fn from(value: StoredValue<'_>) -> Self {
        (&value).into()
    }
}

impl From<&StoredValue<'_>> for OwnedValue {
    fn from(value: &StoredValue<'_>) -> Self {
        match value {
            StoredValue::Number(number) => Self::Number(*number),
            StoredValue::Str(v) => Self::Str((*v).into()),
            StoredValue::Blob(v) => Self::Blob(v.to_vec()),
        }
    }
}

impl From<Entry<'_>> for OwnedEntry {
    fn from(entry: Entry<'_>) -> Self {
        (&entry).into()
    }
}

impl From<&Entry<'_>> for OwnedEntry {
    fn from(entry: &Entry<'_>) -> Self {
        Self {
            namespace: entry.namespace,
            key: entry.key,
            value: (&entry.value).into(),
        }
    }
}

impl fmt::Debug for OwnedValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_value().fmt(f)
    }
}

impl Drop for OwnedValue {
    fn drop(&mut self) {
        match self {
            Self::Str(text) => text.zeroize(),
            Self::Blob(bytes) => bytes.zeroize(),
            Self::Number(_) => {}
        }
    }
}
