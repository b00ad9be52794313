use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::schema::Refusal;
use crate::{ClaimState, DeviceTrait, LedgerPlace, Mac};

/// What is wrong with a ledger, or with what it was asked to do. No variant carries a secret.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The board has a device of another order.
    BoardTaken {
        /// The board.
        mac: Mac,
        /// Its device.
        uuid: String,
    },
    /// No device was ever taken for the board.
    BoardUnknown {
        /// The board.
        mac: Mac,
    },
    /// The board is in another state than the one it was to leave: another station works on it, or it was given up.
    ClaimState {
        /// The board.
        mac: Mac,
        /// The state it was to leave.
        expected: ClaimState,
        /// The state it is in; `None` when the board no longer has the device.
        found: Option<ClaimState>,
    },
    /// One state does not follow the other.
    ClaimStep {
        /// The state that was to be left.
        from: ClaimState,
        /// The state that does not follow it.
        to: ClaimState,
    },
    /// The system's clock shows no time between the years 1970 and 9999.
    Clock,
    /// It is no ledger, is damaged, or is of a version that is not known.
    Damaged {
        /// The ledger.
        place: LedgerPlace,
        /// What is wrong.
        reason: String,
    },
    /// The device is out of use already.
    DeviceRetired {
        /// The ledger.
        place: LedgerPlace,
        /// The device.
        uuid: String,
        /// `scrapped` or `replaced`.
        state: String,
    },
    /// The ledger has no such device.
    DeviceUnknown {
        /// The ledger.
        place: LedgerPlace,
        /// The device.
        uuid: String,
    },
    /// All devices of the order are taken, or none is made yet.
    OrderEmpty {
        /// The order.
        id: String,
    },
    /// The order has no room for so many devices more.
    OrderFull {
        /// The order.
        id: String,
        /// How many devices it is for.
        size: u32,
        /// How many of them are made.
        made: u64,
        /// How many were asked for.
        count: u32,
    },
    /// The order is proposed and not approved yet, or closed.
    OrderNotOpen {
        /// The order.
        id: String,
        /// `proposed` or `closed`.
        state: String,
    },
    /// The order was for another number of devices so far.
    OrderSize {
        /// The order.
        id: String,
        /// How many devices it is for in the ledger.
        known: u32,
        /// How many devices it was now said to be for.
        size: u32,
    },
    /// The ledger has no such order.
    OrderUnknown {
        /// The order.
        id: String,
    },
    /// The operating system gives no random numbers.
    Random,
    /// No reason was given for taking a device out of use.
    ReasonEmpty,
    /// Another device has something that must be unique.
    Taken {
        /// What it has.
        what: DeviceTrait,
        /// The row that wanted it, from 0.
        row: u32,
    },
    /// The server is not there for now, or its answer did not come: nothing is known to be done, and trying again is safe.
    Unavailable {
        /// The ledger.
        place: LedgerPlace,
        /// What is wrong.
        reason: String,
    },
    /// The ledger, or its key, cannot be opened, read or written now.
    Unusable {
        /// The ledger.
        place: LedgerPlace,
        /// What is wrong.
        reason: String,
    },
    /// The text that names a ledger is not one of a path or of a server.
    Url {
        /// What is wrong.
        reason: &'static str,
    },
    /// A new ledger, or its key, cannot be written.
    Write {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl Error {
    pub(crate) fn damaged(place: impl Into<LedgerPlace>, reason: impl fmt::Display) -> Self {
        Self::Damaged {
            place: place.into(),
            reason: first_line(&reason),
        }
    }

    pub(crate) fn unusable(place: impl Into<LedgerPlace>, reason: impl fmt::Display) -> Self {
        Self::Unusable {
            place: place.into(),
            reason: first_line(&reason),
        }
    }

    #[cfg(feature = "postgres")]
    pub(crate) fn unavailable(place: impl Into<LedgerPlace>, reason: impl fmt::Display) -> Self {
        Self::Unavailable {
            place: place.into(),
            reason: first_line(&reason),
        }
    }

    pub(crate) fn refused(place: impl Into<LedgerPlace>, refusal: Refusal) -> Self {
        match refusal {
            Refusal::Schema(reason) => Self::damaged(place, reason),
            Refusal::Sqlite(error) => Self::unusable(place, error),
        }
    }

    pub(crate) fn write(path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.into();
        move |source| Self::Write { path, source }
    }
}

/// What SQLite says may have several lines.
fn first_line(reason: &impl fmt::Display) -> String {
    reason.to_string().lines().next().unwrap_or_default().to_owned()
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BoardTaken { mac, uuid } => {
                write!(f, "board {mac} has the device {uuid}, which is of another order")
            }
            Self::BoardUnknown { mac } => write!(f, "board {mac} never had a device"),
            Self::ClaimState { mac, expected, found } => {
                let found = found.map_or("without this device", ClaimState::name);
                write!(f, "board {mac} is {found}, not {expected}")
            }
            Self::ClaimStep { from, to } => write!(f, "a board that is {from} does not become {to} next"),
            Self::Clock => f.write_str("the system's clock shows no time between the years 1970 and 9999"),
            Self::Damaged { place, reason } | Self::Unusable { place, reason } => write!(f, "ledger {place}: {reason}"),
            Self::DeviceRetired { place, uuid, state } => {
                write!(f, "ledger {place}: device {uuid} is {state} already")
            }
            Self::DeviceUnknown { place, uuid } => write!(f, "ledger {place}: there is no device {uuid}"),
            Self::OrderEmpty { id } => write!(f, "order {id} has no device that is free"),
            Self::OrderFull { id, size, made, count } => write!(
                f,
                "order {id} is for {size} devices; {made} are made, and {count} more are too many"
            ),
            Self::OrderNotOpen { id, state } => write!(f, "order {id} is {state}, and gets no devices now"),
            Self::OrderSize { id, known, size } => {
                write!(f, "order {id} is for {known} devices in the ledger, not for {size}")
            }
            Self::OrderUnknown { id } => write!(f, "there is no order {id}"),
            Self::Random => f.write_str("the operating system gives no random numbers"),
            Self::ReasonEmpty => f.write_str("the reason for taking a device out of use is empty"),
            Self::Taken { what, row } => {
                let number = row.saturating_add(1);
                write!(f, "device {number}: its {what} is that of another device in the ledger")
            }
            Self::Unavailable { place, reason } => write!(f, "ledger {place}: {reason}; try again"),
            Self::Url { reason } => write!(f, "the URL of the ledger {reason}"),
            Self::Write { path, source } => write!(f, "cannot write {}: {source}", path.display()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Write { source, .. } => Some(source),
            _ => None,
        }
    }
}
