//! Checks at the end of a run that folders, tables, manifest and ledger have the same devices.

use std::io::{BufReader, Read};

use factory_fs::{Dir, Kind};
use matter_ledger::{Ledger, Progress};
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::message::message;
use crate::{Error, Field, device_tables, manifest};

/// Counts the devices of a run in its tables and its manifest in `folder`, and compares with the ledger.
pub(super) fn check_lists(folder: &Dir, stamp: &str, devices: u32, has_dacs: bool) -> Result<(), Error> {
    for (below, name) in device_tables::names(stamp) {
        // It has one row per column; and certificates without a common name have no row.
        if name == "config.csv" || name == device_tables::dacs(stamp) && !has_dacs {
            continue;
        }
        let dir = match below {
            None => folder.try_clone(),
            Some(below) => folder.child(below),
        };
        let path = folder.path().join(&*name);
        let file = dir.and_then(|dir| dir.open_file(&*name)).map_err(Error::write(&path))?;
        let rows = rows(file).ok_or_else(|| Error::read_back(format_args!("{name} is not a table")))?;
        if rows != u64::from(devices) {
            return Err(differ(&name, rows, devices));
        }
    }
    let path = folder.path().join(manifest::NAME);
    let file = folder.open_file(manifest::NAME).map_err(Error::write(&path))?;
    let listed = listed(file).map_err(|error| Error::read_back(format_args!("{}: {error}", manifest::NAME)))?;
    if listed != u64::from(devices) {
        return Err(differ(manifest::NAME, listed, devices));
    }
    Ok(())
}

fn differ(name: &str, found: u64, devices: u32) -> Error {
    Error::read_back(format_args!("{name} lists {found} devices, but the run has {devices}"))
}

/// Counts the rows of a table after its header.
fn rows(file: impl Read) -> Option<u64> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(file);
    let (mut row, mut rows) = (csv::ByteRecord::new(), 0);
    while reader.read_byte_record(&mut row).ok()? {
        rows += 1;
    }
    Some(rows)
}

/// Counts the devices of a manifest in constant memory.
fn listed(file: impl Read) -> Result<u64, serde_json::Error> {
    #[derive(Deserialize)]
    struct Manifest {
        #[serde(deserialize_with = "count")]
        devices: u64,
    }
    let manifest: Manifest = serde_json::from_reader(BufReader::with_capacity(1 << 16, file))?;
    Ok(manifest.devices)
}

fn count<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    struct Count;
    impl<'de> serde::de::Visitor<'de> for Count {
        type Value = u64;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a list")
        }

        fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut list: A) -> Result<u64, A::Error> {
            let mut count = 0;
            while list.next_element::<IgnoredAny>()?.is_some() {
                count += 1;
            }
            Ok(count)
        }
    }
    deserializer.deserialize_seq(Count)
}

/// Result of looking for the folders of a run's devices.
pub(super) struct Folders {
    /// Devices in use according to the ledger.
    pub(super) expected: u32,
    pub(super) missing: Vec<String>,
}

/// Looks for the folder of each device of a run in the ledger.
pub(super) fn folders(top: &Dir, ledger: &mut Ledger, progress: &Progress) -> Result<Folders, Error> {
    let devices = ledger.devices_of(progress.run)?;
    let expected = u32::try_from(devices.len()).unwrap_or(u32::MAX);
    let mut missing = Vec::new();
    for uuid in devices {
        let found = top.kind(&uuid).map_err(Error::write(&top.path().join(&uuid)))?;
        if found != Some(Kind::Folder) {
            missing.push(uuid);
        }
    }
    Ok(Folders { expected, missing })
}

impl Folders {
    /// Refuses a run with a missing device.
    pub(super) fn check(&self, top: &Dir) -> Result<(), Error> {
        let Some(first) = self.missing.first() else {
            return Ok(());
        };
        let (missing, expected, top) = (self.missing.len(), self.expected, top.path().display());
        Err(Error::Missing {
            reason: message![
                format!(
                    "{missing} of {expected} devices listed in the ledger are missing from {top}, for example {first}; bring them back, or take them out of use with "
                ),
                Field::Scrap
            ],
        })
    }
}
