use std::fmt;

use matter_ledger::{Claim, Mac};

use crate::{BoardRefusal, Error, QuarantineReason};

/// How the work on one board has ended.
#[derive(Debug)]
#[non_exhaustive]
pub enum Outcome {
    /// The board is ready.
    Done(Claim),
    /// The station itself cannot go on: a file is missing, or the order is not there.
    Failed(Error),
    /// The board was given up, and the ledger has the reason.
    Quarantined(Quarantine),
    /// The board was refused, and nothing was written to it.
    Refused(Refusal),
    /// Nothing is decided: the same board may be tried again, and goes on where it was.
    Retry(RetryCause),
}

/// A board that was refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// Why.
    pub reason: BoardRefusal,
    /// The board, as far as it said who it is.
    pub mac: Option<Mac>,
    /// The serial number of the device that the board has.
    pub serial: Option<String>,
    /// The values that decided.
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

/// A board that was given up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quarantine {
    /// Why.
    pub reason: QuarantineReason,
    /// The board and its device.
    pub claim: Claim,
    /// What was seen.
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

/// What a slot waits for.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum RetryCause {
    /// Another board than the one that was worked on.
    BoardChanged(String),
    /// The firmware has not done its part yet.
    Firmware(String),
    /// The label cannot be printed now.
    Label(String),
    /// The ledger cannot be written now.
    Ledger(String),
    /// No board answers at the port.
    NoBoard(String),
    /// Another slot of the station works on the board.
    OtherSlot(String),
    /// The port is gone, or another program has it.
    Port(String),
}

impl RetryCause {
    /// Returns a name for programs.
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
            Self::Firmware(text) => write!(f, "the firmware has not done its part: {text}"),
            Self::Label(text) => write!(f, "the label is not printed: {text}"),
            Self::Ledger(text) => write!(f, "the ledger is away: {text}"),
            Self::NoBoard(text) => write!(f, "no board answers: {text}"),
            Self::OtherSlot(text) => write!(f, "another slot works on the board: {text}"),
            Self::Port(text) => write!(f, "the port is gone: {text}"),
        }
    }
}
