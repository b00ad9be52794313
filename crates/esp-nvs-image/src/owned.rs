use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;

use zeroize::Zeroize;

use crate::decode::{Entry, StoredValue};
use crate::name::{Key, Namespace};
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
#[derive(Clone)]
#[non_exhaustive]
pub enum OwnedValue {
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
            Self::U8(v) => Value::U8(*v),
            Self::I8(v) => Value::I8(*v),
            Self::U16(v) => Value::U16(*v),
            Self::I16(v) => Value::I16(*v),
            Self::U32(v) => Value::U32(*v),
            Self::I32(v) => Value::I32(*v),
            Self::U64(v) => Value::U64(*v),
            Self::I64(v) => Value::I64(*v),
            Self::Float(v) => Value::Float(*v),
            Self::Double(v) => Value::Double(*v),
            Self::Str(v) => Value::Str(v),
            Self::Blob(v) => Value::Blob(v),
        }
    }
}

impl PartialEq for OwnedValue {
    fn eq(&self, other: &Self) -> bool {
        self.as_value() == other.as_value()
    }
}

impl Eq for OwnedValue {}

impl From<Value<'_>> for OwnedValue {
    fn from(value: Value<'_>) -> Self {
        match value {
            Value::U8(v) => Self::U8(v),
            Value::I8(v) => Self::I8(v),
            Value::U16(v) => Self::U16(v),
            Value::I16(v) => Self::I16(v),
            Value::U32(v) => Self::U32(v),
            Value::I32(v) => Self::I32(v),
            Value::U64(v) => Self::U64(v),
            Value::I64(v) => Self::I64(v),
            Value::Float(v) => Self::Float(v),
            Value::Double(v) => Self::Double(v),
            Value::Str(v) => Self::Str(v.into()),
            Value::Blob(v) => Self::Blob(v.into()),
        }
    }
}

impl From<&StoredValue<'_>> for OwnedValue {
    fn from(value: &StoredValue<'_>) -> Self {
        match value {
            StoredValue::U8(v) => Self::U8(*v),
            StoredValue::I8(v) => Self::I8(*v),
            StoredValue::U16(v) => Self::U16(*v),
            StoredValue::I16(v) => Self::I16(*v),
            StoredValue::U32(v) => Self::U32(*v),
            StoredValue::I32(v) => Self::I32(*v),
            StoredValue::U64(v) => Self::U64(*v),
            StoredValue::I64(v) => Self::I64(*v),
            StoredValue::Float(v) => Self::Float(*v),
            StoredValue::Double(v) => Self::Double(*v),
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
            _ => {}
        }
    }
}
