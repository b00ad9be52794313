use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::schema::Refusal;
use crate::{ClaimState, DeviceTrait, LedgerPlace, Mac};

/// An error of a ledger or of a request to it. No variant contains a secret.
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
    /// The board never had a device.
    BoardUnknown {
        /// The board.
        mac: Mac,
    },
    /// The board is not in the expected state: another station is working on it, or it was quarantined.
    ClaimState {
        /// The board.
        mac: Mac,
        /// The expected state.
        expected: ClaimState,
        /// The actual state; `None` when the board no longer has the device.
        found: Option<ClaimState>,
    },
    /// A state does not follow another.
    ClaimStep {
        /// The current state.
        from: ClaimState,
        /// The state that does not follow it.
        to: ClaimState,
    },
    /// The system clock is not in the years 1970 to 9999.
    Clock,
    /// It is not a ledger, is damaged, or has an unsupported version.
    Damaged {
        /// The ledger.
        place: LedgerPlace,
        /// The reason.
        reason: String,
    },
    /// The device is already retired.
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
    /// All devices of the order are claimed, or none is made yet.
    OrderEmpty {
        /// The order.
        id: String,
    },
    /// The order does not have room for more devices.
    OrderFull {
        /// The order.
        id: String,
        /// Number of devices that it is for.
        size: u32,
        /// Number of devices made.
        made: u64,
        /// Number of devices requested.
        count: u32,
    },
    /// The order is not approved yet, or closed.
    OrderNotOpen {
        /// The order.
        id: String,
        /// `proposed` or `closed`.
        state: String,
    },
    /// The order was for another number of devices before.
    OrderSize {
        /// The order.
        id: String,
        /// Its number of devices in the ledger.
        known: u32,
        /// The number of devices now given.
        size: u32,
    },
    /// The ledger has no such order.
    OrderUnknown {
        /// The order.
        id: String,
    },
    /// The operating system provides no random numbers.
    Random,
    /// The reason for retiring a device is empty.
    ReasonEmpty,
    /// Another device has a value that must be unique.
    Taken {
        /// The value.
        what: DeviceTrait,
        /// The row with the conflict, from 0.
        row: u32,
    },
    /// The server is unavailable, or its answer was lost: the result is unknown, and retrying is safe.
    Unavailable {
        /// The ledger.
        place: LedgerPlace,
        /// The reason.
        reason: String,
    },
    /// The ledger or its key cannot be opened, read or written.
    Unusable {
        /// The ledger.
        place: LedgerPlace,
        /// The reason.
        reason: String,
    },
    /// A text is neither a path nor the URL of a server.
    Url {
        /// The reason.
        reason: &'static str,
    },
    /// A new ledger, or its key, cannot be written.
    Write {
        /// The file.
        path: PathBuf,
        /// The system error.
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

/// SQLite's messages may have several lines.
fn first_line(reason: &impl fmt::Display) -> String {
    reason.to_string().lines().next().unwrap_or_default().to_owned()
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BoardTaken { mac, uuid } => {
                write!(f, "board {mac} already has device {uuid} of another order")
            }
            Self::BoardUnknown { mac } => write!(f, "board {mac} never had a device"),
            Self::ClaimState { mac, expected, found } => {
                let found = found.map_or("without this device", ClaimState::name);
                write!(f, "board {mac} is {found}, not {expected}")
            }
            Self::ClaimStep { from, to } => write!(f, "a board cannot change from {from} to {to}"),
            Self::Clock => f.write_str("the system clock is not in the years 1970 to 9999"),
            Self::Damaged { place, reason } | Self::Unusable { place, reason } => write!(f, "ledger {place}: {reason}"),
            Self::DeviceRetired { place, uuid, state } => {
                write!(f, "ledger {place}: device {uuid} is already {state}")
            }
            Self::DeviceUnknown { place, uuid } => write!(f, "ledger {place}: there is no device {uuid}"),
            Self::OrderEmpty { id } => write!(f, "order {id} has no free device"),
            Self::OrderFull { id, size, made, count } => write!(
                f,
                "order {id} is for {size} devices; {made} are made already, so {count} more do not fit"
            ),
            Self::OrderNotOpen { id, state } => write!(f, "order {id} is {state} and does not accept devices"),
            Self::OrderSize { id, known, size } => {
                write!(f, "order {id} is for {known} devices in the ledger, not for {size}")
            }
            Self::OrderUnknown { id } => write!(f, "there is no order {id}"),
            Self::Random => f.write_str("the operating system provides no random numbers"),
            Self::ReasonEmpty => f.write_str("the reason for taking a device out of use is empty"),
            Self::Taken { what, row } => {
                let number = row.saturating_add(1);
                write!(f, "device {number}: another device in the ledger has the same {what}")
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
