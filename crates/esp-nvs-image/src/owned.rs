use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use zeroize::Zeroize;

use crate::decode::{Entry, StoredValue};
use crate::name::{Key, Namespace};
use crate::number::Number;
use crate::value::Value;

/// A value that owns its bytes, and where it belongs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnedEntry {
    /// The namespace.
    pub namespace: Namespace,
    /// The key within the namespace.
    pub key: Key,
    /// The value.
    pub value: OwnedValue,
}

/// A value that owns its bytes, which are wiped when it is dropped.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum OwnedValue {
    /// A number.
    Number(Number),
    /// A text.
    Str(String),
    /// Bytes.
    Blob(Vec<u8>),
}

impl OwnedValue {
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

impl<N: Into<Number>> From<N> for OwnedValue {
    fn from(number: N) -> Self {
        Self::Number(number.into())
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

impl From<&StoredValue<'_>> for OwnedValue {
    fn from(value: &StoredValue<'_>) -> Self {
        match value {
            StoredValue::Number(number) => Self::Number(*number),
            StoredValue::Str(v) => Self::Str((*v).into()),
            StoredValue::Blob(v) => Self::Blob(v.to_vec()),
        }
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
