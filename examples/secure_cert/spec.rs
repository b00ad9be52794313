//! SPEC: records as written by `dump --json --show-keys`, with or without `offset` and `crc_ok`, or with a `file` in
//! place of `data`; or the table of Espressif's tool.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use cli::{Failure, parse_json};
use esp_secure_cert::{RecordSource, RecordSpec, RecordType, Writer};
use serde::Deserialize;
use serde_json::Value;

use crate::material::Place;
use crate::table::is_table;

/// The records of a file.
pub(crate) struct Spec {
    pub(crate) path: PathBuf,
    pub(crate) records: Vec<RecordSpec>,
}

impl Spec {
    /// Reads the file strictly: redundant members must agree, and unknown members are refused.
    pub(crate) fn parse(place: Place<'_>, text: &[u8]) -> Result<Self, Failure> {
        let path = place.spec;
        if is_table(text) {
            return Self::from_table(place, text);
        }
        let json: Value = parse_json(path, text)?;
        let list = json
            .as_array()
            .ok_or_else(|| Failure::Input(format!("{}: not an array of records", path.display())))?;
        let entry = |(index, value): (usize, &Value)| {
            let mut record = RecordSpec::deserialize(value).map_err(|reason| refused(path, index, reason))?;
            if let RecordSource::File(name) = &record.source {
                record.source = RecordSource::Data(place.read(name, record.kind)?);
            }
            Ok::<_, Failure>(record)
        };
        let records = list.iter().enumerate().map(entry).collect::<Result<_, _>>()?;
        Ok(Self {
            path: path.to_owned(),
            records,
        })
    }

    /// Writes the records.
    pub(crate) fn write(&self, writer: &mut Writer<'_>) -> Result<(), Failure> {
        for (index, record) in self.records.iter().enumerate() {
            record
                .write(writer)
                .map_err(|error| refused(&self.path, index, error))?;
        }
        Ok(())
    }
}

fn refused(path: &Path, index: usize, reason: impl Display) -> Failure {
    Failure::Input(format!("{}: record {index}: {reason}", path.display()))
}

pub(crate) fn type_named(name: &str) -> Option<RecordType> {
    // The number as it is written: no sign, no leading zero.
    let number = || name.parse().ok().filter(|number: &u8| number.to_string() == name);
    RecordType::from_name(name).or_else(|| number().map(RecordType::new))
}
