//! Serde implementations for partition tables.

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use crate::{Partition, PartitionTable};

impl Serialize for PartitionTable {
    /// Writes `offset` and `partitions`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut table = serializer.serialize_struct("PartitionTable", 2)?;
        table.serialize_field("offset", &self.offset())?;
        table.serialize_field("partitions", self.partitions())?;
        table.end()
    }
}

impl Serialize for Partition {
    /// Writes `label`, `type` and `subtype` (their names, or numbers if unnamed), `offset`, `size`, `encrypted` and
    /// `read_only`.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut partition = serializer.serialize_struct("Partition", 7)?;
        partition.serialize_field("label", self.label())?;
        partition.serialize_field("type", &NameOr(self.kind().name(), self.kind().number()))?;
        partition.serialize_field("subtype", &NameOr(self.subtype_name(), self.subtype()))?;
        partition.serialize_field("offset", &self.offset())?;
        partition.serialize_field("size", &self.size())?;
        partition.serialize_field("encrypted", &self.is_encrypted())?;
        partition.serialize_field("read_only", &self.is_read_only())?;
        partition.end()
    }
}

struct NameOr(Option<&'static str>, u8);

impl Serialize for NameOr {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Some(name) => serializer.serialize_str(name),
            None => serializer.serialize_u8(self.1),
        }
    }
}
