//! Printing and scanning the label of a board.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use matter_ledger::Mac;
use matter_station::StationDevice;
use zeroize::Zeroizing;

use crate::labels::Labels;
use crate::scanner::{Codes, ScanFailure, Scanner};
use crate::update::Update;
use crate::watching::Watcher;

/// Time to wait for the label of a locked board.
const PATIENCE: Duration = Duration::from_secs(5);

/// The codes on each slot's label: the QR text and the manual code.
type Shown = BTreeMap<String, (Zeroizing<String>, Zeroizing<String>)>;

/// Prints labels and scans them.
pub(crate) struct Printing {
    labels: Labels,
    scanner: Option<Scanner>,
    watcher: Arc<Watcher>,
    shown: Mutex<Shown>,
}

impl Printing {
    pub(crate) const fn new(labels: Labels, scanner: Option<Scanner>, watcher: Arc<Watcher>) -> Self {
        Self {
            labels,
            scanner,
            watcher,
            shown: Mutex::new(BTreeMap::new()),
        }
    }
}

impl matter_station::Labels for Printing {
    fn print(&self, slot: &str, device: &StationDevice, _mac: Mac) -> Result<(), String> {
        let label = &device.label;
        self.labels.print(&device.uuid, &label.qr, device.serial.as_deref())?;
        let secret = |text: &str| Zeroizing::new(text.to_owned());
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        shown.insert(slot.to_owned(), (secret(&label.qr), secret(&label.manual)));
        Ok(())
    }

    fn scan(&self, slot: &str) -> Result<Option<String>, String> {
        let Some(scanner) = &self.scanner else { return Ok(None) };
        let shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner).remove(slot);
        let Some((qr, manual)) = shown else {
            // A locked board is identified by its label, if there is one.
            let text = "scan the label of the board if it has one";
            self.watcher.show(slot, &Update::Doing(text.into()));
            return Ok(scanner.any(PATIENCE).map(|code| code.as_str().to_owned()));
        };
        self.watcher.show(slot, &Update::Doing("scan the label".into()));
        let wrong = || {
            let text = "the scanned code belongs to another device; scan the label of this board";
            self.watcher.show(slot, &Update::Note(text.into()));
        };
        match scanner.wait_for(Codes::new(&qr, &manual), wrong) {
            Ok(()) => Ok(Some(qr.as_str().to_owned())),
            Err(ScanFailure::Other(scanned)) => Ok(Some(scanned)),
            Err(ScanFailure::Closed) => {
                // A further attempt would print the label again.
                self.watcher.lose_scanner();
                Err("the scanner ended without a code of this board".into())
            }
        }
    }
}
