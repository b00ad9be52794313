//! The tables, label sheets and picture archives of all runs in a folder, compared with the devices that exist.

mod csv_rows;
mod device_values;
mod label_sheets;
mod picture_archive;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use matter_factory_data::{Check, Finding};

use crate::beside::Beside;
use crate::folders::{STAGING, name};
use crate::retired::Retired;
pub(crate) use device_values::DeviceValues;
use device_values::{DeviceIndex, IdentityHash};

/// The kind of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum TableKind {
    Summary,
    Certificates,
    Labels,
    Pictures,
    Master,
    Pins,
    Config,
}

impl TableKind {
    const fn name(self) -> &'static str {
        match self {
            Self::Summary => "the summary",
            Self::Certificates => "the table of certificates",
            Self::Labels => "the labels",
            Self::Pictures => "the pictures",
            Self::Master | Self::Pins | Self::Config => "the tables in staging",
        }
    }
}

/// A file that lists devices of a run.
struct RunTable {
    kind: TableKind,
    path: PathBuf,
    /// The product folder, which contains the devices.
    top: PathBuf,
    /// The run's stamp in its file names.
    stamp: String,
}

impl RunTable {
    /// Recognizes a table by its name, as written by this tool and the vendor's.
    fn of(path: &Path) -> Option<Self> {
        let file = name(path);
        let folder = path.parent()?;
        let above = folder.parent().map(Path::to_path_buf);
        let in_folder = name(folder);
        let stamped = |start: &str, end: &str| file.strip_prefix(start)?.strip_suffix(end).map(str::to_owned);
        let here = |kind, stamp| Some((kind, folder.to_path_buf(), stamp));
        let (kind, top, stamp) = match file.as_str() {
            "master.csv" if in_folder == STAGING => (TableKind::Master, above?, String::new()),
            "pin_disc.csv" if in_folder == STAGING => (TableKind::Pins, above?, String::new()),
            "config.csv" if in_folder == STAGING => (TableKind::Config, above?, String::new()),
            _ => stamped("summary-", ".csv")
                .and_then(|stamp| here(TableKind::Summary, stamp))
                .or_else(|| stamped("cn_dacs-", ".csv").and_then(|stamp| here(TableKind::Certificates, stamp)))
                .or_else(|| stamped("qrcodes-", ".zip").and_then(|stamp| here(TableKind::Pictures, stamp)))
                .or_else(|| {
                    let stamp = in_folder.strip_prefix("labels-")?.to_owned();
                    let is_sheet = path.extension().is_some_and(|kind| kind == "svg" || kind == "pdf");
                    is_sheet.then_some((TableKind::Labels, above?, stamp))
                })?,
        };
        Some(Self {
            kind,
            path: path.to_path_buf(),
            top,
            stamp,
        })
    }

    fn place(&self) -> String {
        self.path.display().to_string()
    }
}

/// Returns whether there is a table to compare with devices.
pub(crate) fn are_there(beside: &[Beside]) -> bool {
    beside.iter().any(|file| RunTable::of(&file.path).is_some())
}

/// The findings in tables.
pub(crate) struct TableComparison<'a> {
    facts: &'a DeviceValues,
    retired: &'a mut Retired,
    /// Devices already reported by lists as missing or as additional.
    reported: &'a mut BTreeSet<String>,
    findings: Vec<Finding>,
    /// The devices in each kind of table of each run.
    listed: BTreeMap<(PathBuf, String, TableKind), BTreeSet<DeviceIndex>>,
    /// Identifying values of missing devices in summaries, with the devices' names.
    absent: BTreeMap<IdentityHash, String>,
    /// The devices of `master.csv` by row, and its header.
    master: BTreeMap<PathBuf, csv_rows::MasterTable>,
}

/// Compares all tables with the devices.
pub(crate) fn compare(
    beside: &[Beside],
    facts: &DeviceValues,
    retired: &mut Retired,
    reported: &mut BTreeSet<String>,
) -> Vec<Finding> {
    let mut tables = beside
        .iter()
        .filter_map(|file| RunTable::of(&file.path))
        .collect::<Vec<_>>();
    // The tables of the staging folder depend on the one that is read first.
    tables.sort_by(|a, b| (a.kind, &a.path).cmp(&(b.kind, &b.path)));
    let mut comparison = TableComparison {
        facts,
        retired,
        reported,
        findings: Vec::new(),
        listed: BTreeMap::new(),
        absent: BTreeMap::new(),
        master: BTreeMap::new(),
    };
    for table in tables {
        let read = match table.kind {
            TableKind::Summary | TableKind::Master => comparison.read_values(&table),
            TableKind::Certificates => comparison.read_certificates(&table),
            TableKind::Pins => comparison.read_pins(&table),
            TableKind::Config => comparison.read_config(&table),
            TableKind::Labels => comparison.read_labels(&table),
            TableKind::Pictures => comparison.read_pictures(&table),
        };
        let key = (table.top.clone(), table.stamp.clone(), table.kind);
        comparison.listed.entry(key).or_default();
        if let Err(reason) = read {
            comparison
                .findings
                .push(Finding::of(Check::TableMalformed, table.place(), reason));
            // The rest of its contents is unknown.
            comparison.listed.remove(&(table.top, table.stamp, table.kind));
        }
    }
    comparison.compare_runs();
    comparison.findings
}

impl TableComparison<'_> {
    /// Records that a table lists a device. Only the first duplicate is reported.
    fn list(&mut self, table: &RunTable, device: DeviceIndex) {
        let key = (table.top.clone(), table.stamp.clone(), table.kind);
        if !self.listed.entry(key).or_default().insert(device) {
            let text = format!("it lists {} twice", self.facts.name(device));
            self.findings
                .push(Finding::of(Check::TableDiffers, table.place(), text));
        }
    }

    fn differs(&mut self, table: &RunTable, device: DeviceIndex, what: &str) {
        let text = format!("{what} of {}", self.facts.name(device));
        self.findings
            .push(Finding::of(Check::TableDiffers, table.place(), text));
    }

    /// Reports a missing device of a table, once, and not if it is out of use.
    fn missing(&mut self, table: &RunTable, name: &str) {
        if !self.retired.has(&table.top, name) && self.reported.insert(name.to_owned()) {
            self.findings
                .push(Finding::of(Check::TableDeviceMissing, table.place(), name));
        }
    }

    /// Returns the name of a missing device in a table.
    fn absent(&self, identities: &[IdentityHash]) -> Option<String> {
        identities
            .iter()
            .find_map(|identity| self.absent.get(identity).cloned())
    }

    /// Compares the tables of each run with each other: they must list the same devices.
    fn compare_runs(&mut self) {
        let none = BTreeSet::new();
        let tops = self.listed.keys().map(|(top, ..)| top.clone()).collect::<BTreeSet<_>>();
        for top in tops {
            let of_kind = |kind: TableKind| self.listed.iter().filter(move |((_, _, own), _)| *own == kind);
            let summaries = of_kind(TableKind::Summary).filter(|((own, ..), _)| *own == top);
            let summaries = summaries
                .map(|((_, stamp, _), devices)| (stamp.clone(), devices))
                .collect::<Vec<_>>();
            if summaries.is_empty() {
                continue;
            }
            let mut rest = Vec::new();
            for device in self.facts.devices_in(&top) {
                let is_listed = summaries.iter().any(|(_, devices)| devices.contains(&device));
                if !is_listed && !self.reported.contains(self.facts.name(device)) {
                    rest.push((device, "summaries".to_owned()));
                }
            }
            for (stamp, devices) in &summaries {
                for kind in [TableKind::Certificates, TableKind::Labels, TableKind::Pictures] {
                    let Some(others) = self.listed.get(&(top.clone(), stamp.clone(), kind)) else {
                        continue;
                    };
                    let has_one = |device: &&DeviceIndex| match (kind, self.facts.has(**device)) {
                        (TableKind::Certificates, (has_name, _)) => has_name,
                        (_, (_, has_label)) => has_label,
                    };
                    let missing = devices.difference(others).filter(has_one);
                    rest.extend(missing.map(|device| (*device, format!("{}, not {}", summary_of(stamp), kind.name()))));
                    let more = others.difference(devices);
                    rest.extend(more.map(|device| (*device, format!("{}, not {}", kind.name(), summary_of(stamp)))));
                }
            }
            let latest = self
                .listed
                .get(&(top.clone(), String::new(), TableKind::Master))
                .unwrap_or(&none);
            let is_of_a_run = latest.is_empty() || summaries.iter().any(|(_, devices)| *devices == latest);
            for (device, where_it_is) in rest {
                let text = format!("{} is in {where_it_is}", self.facts.name(device));
                self.findings
                    .push(Finding::of(Check::TableRowMissing, top.display().to_string(), text));
            }
            if !is_of_a_run {
                let place = top.join(STAGING).join("master.csv").display().to_string();
                let text = "no summary lists the same devices";
                self.findings.push(Finding::of(Check::TableDiffers, place, text));
            }
        }
    }
}

fn summary_of(stamp: &str) -> String {
    format!("summary-{stamp}.csv")
}
