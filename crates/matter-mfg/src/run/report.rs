use std::path::PathBuf;
use std::time::Duration;

use matter_ledger::LedgerPlace;

use crate::{Message, Timings};

/// What a run has produced.
#[derive(Debug)]
#[non_exhaustive]
pub struct RunReport {
    /// How many devices are complete, those included that an earlier part of the run has made.
    pub devices: u32,
    /// How many of them were complete when the run was continued.
    pub earlier: u32,
    /// The folder with a folder for each device.
    pub top: PathBuf,
    /// The ledger that lists them; a run from a seed has one only where it is named.
    pub ledger: Option<LedgerPlace>,
    /// The table of all devices, once it is complete.
    pub summary: Option<PathBuf>,
    /// The table of all certificates, if there are any, once it is complete.
    pub dacs: Option<PathBuf>,
    /// The manifest, once it is complete.
    pub manifest: Option<PathBuf>,
    /// The zip file of all pictures, if it was asked for, once it is complete.
    pub qr_zip: Option<PathBuf>,
    /// The folder of label sheets, if they were asked for, once they are complete.
    pub labels: Option<PathBuf>,
    /// How long the phases took, over all devices and threads.
    pub timings: Timings,
    /// How long the run took.
    pub elapsed: Duration,
    /// What the user should know although it is no error, a sentence each.
    pub notes: Vec<Message>,
    /// Whether folders, tables, manifest and ledger were counted, and have the same devices.
    pub is_reconciled: bool,
}
