//! Serde implementations for findings.

use core::fmt;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};

use crate::Error;
#[cfg(feature = "esp")]
use crate::EspFinding;

impl Serialize for Error {
    /// Writes `id`, `severity`, `text`, and, if present, the number `sdk_code` and `remedy`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("id", self.id())?;
        map.serialize_entry("severity", matter_types::Severity::Error.name())?;
        map.serialize_entry("text", &Shown(self))?;
        if let Some(code) = self.sdk_code() {
            map.serialize_entry("sdk_code", &code.number())?;
        }
        if let Some(remedy) = self.remedy() {
            map.serialize_entry("remedy", remedy)?;
        }
        map.end()
    }
}

#[cfg(feature = "esp")]
impl Serialize for EspFinding {
    /// Writes `id`, `severity` and `text`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("id", self.id())?;
        map.serialize_entry("severity", self.severity().name())?;
        map.serialize_entry("text", &Shown(self))?;
        map.end()
    }
}

struct Shown<'a, T>(&'a T);

impl<T: fmt::Display> Serialize for Shown<'_, T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self.0)
    }
}
