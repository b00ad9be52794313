//! Serde for entries: `{"namespace", "key", "type", "value"}` with integers and floats as numbers
//! and blobs as lower-case hexadecimal digits. A float is serialized as the equal double, so that
//! every reader gets the exact value; values that no JSON number represents are the strings `NaN`,
//! `inf` and `-inf`.

mod read;

use core::fmt;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::decode::{Blob, Entry, StoredValue};
use crate::entry_list::EntryList;
use crate::finding::Finding;
use crate::number::Number;

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

impl Serialize for EntryList<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self)
    }
}

impl Serialize for StoredValue<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Number(number) => number.serialize(serializer),
            Self::Str(text) => serializer.serialize_str(text),
            Self::Blob(blob) => serializer.collect_str(&Hexadecimal(blob)),
        }
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match *self {
            Self::U8(number) => serializer.serialize_u8(number),
            Self::I8(number) => serializer.serialize_i8(number),
            Self::U16(number) => serializer.serialize_u16(number),
            Self::I16(number) => serializer.serialize_i16(number),
            Self::U32(number) => serializer.serialize_u32(number),
            Self::I32(number) => serializer.serialize_i32(number),
            Self::U64(number) => serializer.serialize_u64(number),
            Self::I64(number) => serializer.serialize_i64(number),
            Self::Float(number) => float(number.into(), serializer),
            Self::Double(number) => float(number, serializer),
        }
    }
}

fn float<S: Serializer>(number: f64, serializer: S) -> Result<S::Ok, S::Error> {
    if number.is_finite() {
        serializer.serialize_f64(number)
    } else {
        // `NaN` has no sign here; its bits are not preserved.
        serializer.collect_str(&number)
    }
}

impl Serialize for Finding {
    /// Serializes `id`, `severity`, `offset` and `text`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut finding = serializer.serialize_struct("Finding", 4)?;
        finding.serialize_field("id", self.kind.id())?;
        finding.serialize_field("severity", &Shown(&self.severity))?;
        finding.serialize_field("offset", &self.offset)?;
        finding.serialize_field("text", &Shown(self))?;
        finding.end()
    }
}

struct Shown<'a, T>(&'a T);

impl<T: fmt::Display> Serialize for Shown<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self.0)
    }
}

struct Hexadecimal<'b>(&'b Blob<'b>);

impl fmt::Display for Hexadecimal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.chunks().flatten().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
