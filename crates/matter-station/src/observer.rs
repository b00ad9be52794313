use matter_ledger::{Claim, ClaimState, Mac};

use crate::{BoardFacts, Quarantine, Refusal, RetryCause, StationDevice};

/// What happens at a slot.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'e> {
    /// A board has said what it is.
    Identified(&'e BoardFacts),
    /// The board has a device: a new one, or the one that it had before.
    Claimed(&'e Claim),
    /// The ledger has a new state of the board.
    State(&'e Claim, ClaimState),
    /// The flash is written, or its MD5 compared.
    Progress {
        /// Bytes so far.
        done: u64,
        /// Bytes of the device.
        total: u64,
    },
    /// An eFuse step is done or was done before.
    Step {
        /// Its number, from 1.
        number: u32,
        /// How many there are.
        total: u32,
        /// What it does.
        what: &'e str,
    },
    /// The slot waits, and tries again.
    Waiting(&'e RetryCause),
    /// The board was refused; nothing was written.
    Refused(&'e Refusal),
    /// The board was given up.
    Quarantined(&'e Quarantine),
    /// The board is ready.
    Done(&'e Claim),
}

/// Sees what happens. Slots work at the same time.
pub trait Observer: Send + Sync {
    /// Sees an event of a slot.
    fn event(&self, slot: &str, event: &Event<'_>);
}

/// Nobody looks.
impl Observer for () {
    fn event(&self, _slot: &str, _event: &Event<'_>) {}
}

/// A label printer, and a scanner where there is one.
pub trait Labels: Send + Sync {
    /// Prints the label of a device. It is called again for a device whose label may have been printed before a power cut.
    ///
    /// # Errors
    ///
    /// Why it cannot be printed now.
    fn print(&self, slot: &str, device: &StationDevice, mac: Mac) -> Result<(), String>;

    /// Reads the label that is on the board: the text of its QR code, its manual code or its serial number. `None` when there
    /// is no scanner, and nobody who types it.
    ///
    /// # Errors
    ///
    /// Why there is no code now, although there is a scanner.
    fn scan(&self, slot: &str) -> Result<Option<String>, String> {
        let _ = slot;
        Ok(None)
    }
}

/// No labels.
impl Labels for () {
    fn print(&self, _slot: &str, _device: &StationDevice, _mac: Mac) -> Result<(), String> {
        Ok(())
    }
}
