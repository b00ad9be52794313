//! Serde for entries: `{"namespace", "key", "type", "value"}`, integers and floats as numbers, blobs as lower-case
//! hexadecimal digits. A float is written as the double that it equals, so that every reader gets it exactly, and what JSON
//! has no number for as the text `NaN`, `inf` or `-inf`.

mod read;

use core::fmt;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::decode::{Blob, Entry, StoredValue};

impl Serialize for Entry<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut entry = serializer.serialize_struct("Entry", 4)?;
        entry.serialize_field("namespace", self.namespace.as_str())?;
        entry.serialize_field("key", self.key.as_str())?;
        entry.serialize_field("type", self.value.type_name())?;
        entry.serialize_field("value", &self.value)?;
        entry.end()
    }
}

impl Serialize for StoredValue<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::U8(v) => serializer.serialize_u8(*v),
            Self::I8(v) => serializer.serialize_i8(*v),
            Self::U16(v) => serializer.serialize_u16(*v),
            Self::I16(v) => serializer.serialize_i16(*v),
            Self::U32(v) => serializer.serialize_u32(*v),
            Self::I32(v) => serializer.serialize_i32(*v),
            Self::U64(v) => serializer.serialize_u64(*v),
            Self::I64(v) => serializer.serialize_i64(*v),
            Self::Float(v) => number(f64::from(*v), serializer),
            Self::Double(v) => number(*v, serializer),
            Self::Str(v) => serializer.serialize_str(v),
            Self::Blob(blob) => serializer.collect_str(&Hexadecimal(blob)),
        }
    }
}

fn number<S: Serializer>(number: f64, serializer: S) -> Result<S::Ok, S::Error> {
    if number.is_finite() {
        serializer.serialize_f64(number)
    } else {
        // `NaN` without a sign: the bits of one are not kept.
        serializer.collect_str(&number)
    }
}

struct Hexadecimal<'b>(&'b Blob<'b>);

impl fmt::Display for Hexadecimal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chunks().flatten().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
