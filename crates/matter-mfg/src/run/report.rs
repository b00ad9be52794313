use std::path::PathBuf;
use std::time::Duration;

use matter_ledger::LedgerPlace;

use crate::{Message, Timings};

/// The result of a run.
#[derive(Debug)]
#[non_exhaustive]
pub struct RunReport {
    /// The number of complete devices, including those of an earlier part of the run.
    pub devices: u32,
    /// The number of devices that were complete when the run was continued.
    pub earlier: u32,
    /// The folder that contains the devices' folders.
    pub top: PathBuf,
    /// The ledger that lists them; a seeded run has one only if it is named.
    pub ledger: Option<LedgerPlace>,
    /// The table of all devices, once it is complete.
    pub summary: Option<PathBuf>,
    /// The table of all certificates, if any, once it is complete.
    pub dacs: Option<PathBuf>,
    /// The manifest, once it is complete.
    pub manifest: Option<PathBuf>,
    /// The zip file of all pictures, if requested, once it is complete.
    pub qr_zip: Option<PathBuf>,
    /// The folder of label sheets, if requested, once it is complete.
    pub labels: Option<PathBuf>,
    /// The duration of each phase, summed over all devices and threads.
    pub timings: Timings,
    /// The duration of the run.
    pub elapsed: Duration,
    /// Notes for the user, one sentence each.
    pub notes: Vec<Message>,
    /// Whether folders, tables, manifest and ledger were counted and agree.
    pub is_reconciled: bool,
}
