use matter_ledger::{Claim, ClaimState, Mac};

use crate::{BoardFacts, Quarantine, Refusal, RetryCause, StationDevice};

/// An event at a slot.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub enum Event<'e> {
    /// A board was identified.
    Identified(&'e BoardFacts),
    /// The board has a device: a new one, or the one from before.
    Claimed(&'e Claim),
    /// The ledger has recorded a new state of the board.
    State(&'e Claim, ClaimState),
    /// Progress in writing the flash or comparing its MD5.
    Progress {
        /// Number of bytes so far.
        done: u64,
        /// Number of bytes in total.
        total: u64,
    },
    /// An eFuse step is done, now or earlier.
    Step {
        /// Its number, from 1.
        number: u32,
        /// Number of steps.
        total: u32,
        /// A description of the step.
        what: &'e str,
    },
    /// The slot waits and tries again.
    Waiting(&'e RetryCause),
    /// The board was refused; nothing was written.
    Refused(&'e Refusal),
    /// The board was quarantined.
    Quarantined(&'e Quarantine),
    /// The board is ready.
    Done(&'e Claim),
}

/// An observer of events. Slots report concurrently.
pub trait Observer: Send + Sync {
    /// Receives an event of a slot.
    fn event(&self, slot: &str, event: &Event<'_>);
}

/// Ignores all events.
impl Observer for () {
    fn event(&self, _slot: &str, _event: &Event<'_>) {}
}

/// A label printer with an optional scanner.
pub trait Labels: Send + Sync {
    /// Prints the label of a device. May be repeated for a device whose label was possibly printed before a power cut.
    ///
    /// # Errors
    ///
    /// The reason why it cannot be printed now.
    fn print(&self, slot: &str, device: &StationDevice, mac: Mac) -> Result<(), String>;

    /// Reads the label on the board: the text of its QR code, its manual code or its serial number. `None` if there is
    /// neither a scanner nor manual input.
    ///
    /// # Errors
    ///
    /// The reason why the scanner returns no code now.
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
