//! CSV tables, read row by row.

use std::cell::Cell;
use std::fs::File;
use std::io;
use std::path::Path;

use csv::StringRecord;
use matter_attestation::{Object, Part};
use matter_factory_data::unguard_formula;

use super::device_values::{self, DeviceIndex};
use super::{RunTable, TableComparison, TableKind};
use crate::device_files::is_uuid;
use crate::json_list::ListFault;
use crate::list_bytes::{ListBytes, csv_text};
use crate::list_rows::broken;

/// The contents of `master.csv`, for the other tables of the same run.
#[derive(Default)]
pub(super) struct MasterTable {
    header: Vec<String>,
    devices: Vec<Option<DeviceIndex>>,
}

/// The columns of `pin_disc.csv`, and their names in other tables.
const PINS: [(&str, &str); 5] = [
    ("PIN Code", device_values::PASSCODE),
    ("Iteration Count", device_values::ITERATIONS),
    ("Salt", device_values::SALT),
    ("Verifier", device_values::VERIFIER),
    ("Discriminator", device_values::DISCRIMINATOR),
];

impl TableComparison<'_> {
    /// Compares a table with all values: the summary, or the source of the images.
    pub(super) fn read_values(&mut self, table: &RunTable) -> Result<(), String> {
        let mut master = MasterTable::default();
        read(&table.path, |header, row, line| {
            if master.header.is_empty() {
                master.header = header.iter().map(str::to_owned).collect();
            }
            let cells = header.iter().zip(row);
            let named = cells.clone().find_map(|(_, cell)| uuid_in(cell));
            let device = match &named {
                Some(name) => self.facts.named(name),
                None => self.facts.device_of(cells.clone()),
            };
            master.devices.push(device);
            let Some(device) = device else {
                let place = format!("line {line}");
                let identities = self.facts.identities(cells);
                let name = named.or_else(|| self.absent(&identities)).unwrap_or(place);
                self.missing(table, &name);
                for identity in identities {
                    self.absent.entry(identity).or_insert_with(|| name.clone());
                }
                return;
            };
            self.list(table, device);
            let mut differ = Vec::new();
            for (column, cell) in cells {
                let agrees = match uuid_in(cell) {
                    Some(name) => self.facts.named(&name) == Some(device),
                    None => self.facts.agrees(device, column, cell) != Some(false),
                };
                if !agrees {
                    differ.push(column);
                }
            }
            if !differ.is_empty() {
                self.differs(table, device, &differ.join(", "));
            }
        })?;
        if table.kind == TableKind::Master {
            self.master.insert(table.top.clone(), master);
        }
        Ok(())
    }

    /// Compares a table of common names and certificates.
    pub(super) fn read_certificates(&mut self, table: &RunTable) -> Result<(), String> {
        read(&table.path, |header, row, line| {
            let cell = |name: &str| {
                header
                    .iter()
                    .position(|column| column == name)
                    .and_then(|at| row.get(at))
            };
            let (name, certificate) = (
                cell(device_values::NAME).unwrap_or_default(),
                cell(device_values::CERTIFICATE),
            );
            let Some(device) = self
                .facts
                .device_with(device_values::NAME, name)
                .or_else(|| self.facts.named(name))
            else {
                let place = format!("line {line}");
                self.missing(table, if is_uuid(name) { name } else { &place });
                return;
            };
            self.list(table, device);
            let der = certificate.and_then(|pem| Part::read_as(Object::Dac, pem.as_bytes()).ok());
            let is_own = der.map(|part| self.facts.has_certificate(device, part.as_der()) != Some(false));
            if is_own != Some(true) {
                self.differs(table, device, "the certificate");
            }
        })
    }

    /// Compares the table of drawn passcodes and verifiers, whose rows correspond to those of `master.csv`.
    pub(super) fn read_pins(&mut self, table: &RunTable) -> Result<(), String> {
        let (mut number, mut found) = (0, Vec::new());
        read(&table.path, |header, row, line| {
            let cells = header.iter().zip(row).filter_map(|(column, cell)| {
                let (_, name) = PINS.iter().find(|(own, _)| *own == column)?;
                Some((*name, cell))
            });
            let known = self.facts.device_of(cells.clone());
            let master = self.master.get(&table.top);
            let expected = master.map(|master| master.devices.get(number).copied());
            number += 1;
            let device = match expected {
                // A missing device of the other table.
                Some(Some(None)) if known.is_none() => return,
                Some(Some(Some(device))) => device,
                _ => match known {
                    Some(device) => device,
                    None => {
                        let name = self.absent(&self.facts.identities(cells));
                        return self.missing(table, &name.unwrap_or_else(|| format!("line {line}")));
                    }
                },
            };
            let differ = cells.filter(|(column, cell)| self.facts.agrees(device, column, cell) == Some(false));
            let differ = differ.map(|(column, _)| column).collect::<Vec<_>>();
            found.push((device, differ.join(", ")));
        })?;
        if let Some(rows) = self.master.get(&table.top).map(|master| master.devices.len())
            && rows != number
        {
            return Err(format!("it has {number} rows, but master.csv has {rows}"));
        }
        for (device, differ) in found {
            self.list(table, device);
            if !differ.is_empty() {
                self.differs(table, device, &differ);
            }
        }
        Ok(())
    }

    /// Compares the table of columns with those of `master.csv`, and their types with those of a device.
    pub(super) fn read_config(&mut self, table: &RunTable) -> Result<(), String> {
        let Some(master) = self.master.get(&table.top) else {
            return Ok(());
        };
        let device = master.devices.iter().flatten().next().copied();
        let mut columns = Vec::new();
        let mut differ = Vec::new();
        read_rows(&table.path, |row, _| {
            let cell = |at: usize| row.get(at).unwrap_or_default();
            let (key, kind, encoding) = (cell(0), cell(1), cell(2));
            if kind == "namespace" {
                return;
            }
            columns.push(key.to_owned());
            let stored = device
                .map(|device| self.facts.encodings(device, key))
                .unwrap_or_default();
            let expected = match encoding {
                "hex2bin" | "base64" | "binary" => "blob",
                other => other,
            };
            if !stored.is_empty() && !stored.contains(&expected) {
                differ.push(key.to_owned());
            }
        })?;
        if columns != master.header {
            return Err("its columns differ from master.csv".into());
        }
        if let Some(device) = device.filter(|_| !differ.is_empty()) {
            self.differs(table, device, &format!("the types of {}", differ.join(", ")));
        }
        Ok(())
    }
}

/// Returns the name of the device whose folder contains a file.
fn uuid_in(path: &str) -> Option<String> {
    if path.len() < 37 {
        return None;
    }
    let folder = path.rsplit(['/', '\\']).skip(1).find(|part| is_uuid(part))?;
    Some(folder.to_ascii_lowercase())
}

/// Reads the rows after a header, each with its line.
fn read(path: &Path, mut take: impl FnMut(&StringRecord, &StringRecord, u64)) -> Result<(), String> {
    let mut header = None::<StringRecord>;
    let mut wrong = None;
    read_rows(path, |row, line| match &header {
        None => header = Some(row.clone()),
        Some(header) if header.len() == row.len() => take(header, row, line),
        Some(header) => {
            wrong.get_or_insert_with(|| {
                format!(
                    "line {line} has {} cells, but the header has {}",
                    row.len(),
                    header.len()
                )
            });
        }
    })?;
    match (header, wrong) {
        (None, _) => Err("it has no header".into()),
        (_, Some(wrong)) => Err(wrong),
        _ => Ok(()),
    }
}

/// Reads all rows, each with its line.
fn read_rows(path: &Path, mut take: impl FnMut(&StringRecord, u64)) -> Result<(), String> {
    let failed = |error: io::Error| error.to_string();
    let bytes = ListBytes::new(File::open(path).map_err(failed)?);
    let since = Cell::new(0);
    let (delimiter, text) = csv_text(bytes, &since).map_err(failed)?;
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text);
    let mut row = StringRecord::new();
    loop {
        let read = reader.read_record(&mut row).map_err(|error| match broken(error) {
            ListFault::Malformed(reason) => reason,
            ListFault::Unreadable(error) => failed(error),
        })?;
        if !read {
            return Ok(());
        }
        since.set(0);
        let line = row.position().map_or(0, csv::Position::line);
        if row.iter().any(|cell| cell.starts_with('\'')) {
            let texts = row.iter().map(unguard_formula).collect();
            take(&texts, line);
        } else {
            take(&row, line);
        }
    }
}
