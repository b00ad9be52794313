//! Serde for records and findings, and for records to write.

mod read;

use core::fmt;

use serde::ser::{SerializeMap, SerializeStruct};
use serde::{Serialize, Serializer};

use crate::{Finding, Record};

pub use read::{RecordSource, RecordSpec};

/// A record that serializes its data even if it is a key: [`Record::expose`].
#[derive(Clone, Copy, Debug)]
pub struct ExposedRecord<'r>(Record<'r>);

impl<'a> Record<'a> {
    /// Returns a view that serializes the record with its data, **even if that is a key**.
    #[must_use]
    pub const fn expose(&self) -> ExposedRecord<'a> {
        ExposedRecord(*self)
    }
}

impl Serialize for Record<'_> {
    /// Serializes `offset`, `type`, `type_name`, `subtype`, `flags`, `storage`, `length`, `crc_ok`,
    /// and `data` as hexadecimal digits unless it is a secret ([`Record::is_secret`]).
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize(self, !self.is_secret(), serializer)
    }
}

impl Serialize for ExposedRecord<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serialize(&self.0, true, serializer)
    }
}

fn serialize<S: Serializer>(record: &Record<'_>, with_data: bool, serializer: S) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(None)?;
    map.serialize_entry("offset", &record.offset())?;
    map.serialize_entry("type", &record.kind().code())?;
    map.serialize_entry("type_name", &Shown(&record.kind()))?;
    map.serialize_entry("subtype", &record.subtype())?;
    map.serialize_entry("flags", &record.flags().bits())?;
    map.serialize_entry("storage", record.flags().storage().name())?;
    map.serialize_entry("length", &record.data().len())?;
    map.serialize_entry("crc_ok", &record.crc_ok())?;
    if with_data {
        map.serialize_entry("data", &Shown(&Hexadecimal(record.data())))?;
    }
    map.end()
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

struct Hexadecimal<'a>(&'a [u8]);

impl fmt::Display for Hexadecimal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}
