use std::fmt;

use matter_ledger::{Claim, Mac};

use crate::{BoardRefusal, Error, QuarantineReason};

/// The result of the work on one board.
#[derive(Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// The board is ready.
    Done(Claim),
    /// The station cannot continue: a file is missing, or the order does not exist.
    Failed(Error),
    /// The board was quarantined; the ledger has the reason.
    Quarantined(Quarantine),
    /// The board was refused; nothing was written to it.
    Refused(Refusal),
    /// Undecided: try the same board again; it continues where it was.
    Retry(RetryCause),
}

/// The refusal of a board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The reason.
    pub reason: BoardRefusal,
    /// The MAC address, if known.
    pub mac: Option<Mac>,
    /// The serial number of the board's device.
    pub serial: Option<String>,
    /// The relevant values.
    pub detail: String,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.mac {
            Some(mac) => write!(f, "board {mac}: {}", self.reason)?,
            None => write!(f, "board: {}", self.reason)?,
        }
        if let Some(serial) = &self.serial {
            write!(f, " (serial number {serial})")?;
        }
        if !self.detail.is_empty() {
            write!(f, ": {}", self.detail)?;
        }
        Ok(())
    }
}

/// The quarantine of a board.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantine {
    /// The reason.
    pub reason: QuarantineReason,
    /// The board with its device.
    pub claim: Claim,
    /// The observation.
    pub detail: String,
}

impl fmt::Display for Quarantine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "board {}: {}", self.claim.mac, self.reason)?;
        if !self.detail.is_empty() {
            write!(f, ": {}", self.detail)?;
        }
        Ok(())
    }
}

/// The reason why a slot waits.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RetryCause {
    /// The board differs from the one in progress.
    BoardChanged(String),
    /// The firmware step has not succeeded yet.
    Firmware(String),
    /// The label cannot be printed now.
    Label(String),
    /// The ledger cannot be written now.
    Ledger(String),
    /// No board answers at the port.
    NoBoard(String),
    /// Another slot of the station is working on the board.
    OtherSlot(String),
    /// The port has disappeared, or another program uses it.
    Port(String),
}

impl RetryCause {
    /// Returns the machine-readable name.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::BoardChanged(_) => "board-changed",
            Self::Firmware(_) => "firmware",
            Self::Label(_) => "label",
            Self::Ledger(_) => "ledger",
            Self::NoBoard(_) => "no-board",
            Self::OtherSlot(_) => "other-slot",
            Self::Port(_) => "port",
        }
    }
}

impl fmt::Display for RetryCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BoardChanged(text) => write!(f, "another board is at the port: {text}"),
            Self::Firmware(text) => write!(f, "the firmware step failed: {text}"),
            Self::Label(text) => write!(f, "the label cannot be printed: {text}"),
            Self::Ledger(text) => write!(f, "the ledger is unavailable: {text}"),
            Self::NoBoard(text) => write!(f, "no board is answering: {text}"),
            Self::OtherSlot(text) => write!(f, "another slot is working on the board: {text}"),
            Self::Port(text) => write!(f, "the port is unavailable: {text}"),
        }
    }
}
