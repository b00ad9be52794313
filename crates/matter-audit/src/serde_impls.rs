//! Reports in the JSON of `audit-device`.

use matter_factory_data::Severity;
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::{AuditReport, AuditedDevice};

impl Serialize for AuditedDevice {
    /// Writes `path`, `uuid` or null, and `findings`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("AuditedDevice", 3)?;
        out.serialize_field("path", &self.path.display().to_string())?;
        out.serialize_field("uuid", &self.uuid)?;
        out.serialize_field("findings", &self.findings)?;
        out.end()
    }
}

impl Serialize for AuditReport {
    /// Writes `devices`, the findings of the `batch`, and a `summary` with the number of `devices`, of `clean` ones, of
    /// `errors` and of `warnings`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut out = serializer.serialize_struct("AuditReport", 3)?;
        out.serialize_field("devices", &self.devices)?;
        out.serialize_field("batch", &self.batch)?;
        out.serialize_field("summary", &Summary(self))?;
        out.end()
    }
}

struct Summary<'a>(&'a AuditReport);

impl Serialize for Summary<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Self(report) = self;
        let mut out = serializer.serialize_struct("Summary", 4)?;
        out.serialize_field("devices", &report.devices.len())?;
        out.serialize_field("clean", &report.clean())?;
        out.serialize_field("errors", &report.count(Severity::Error))?;
        out.serialize_field("warnings", &report.count(Severity::Warning))?;
        out.end()
    }
}
