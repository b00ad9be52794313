use std::fmt;
use std::io;
use std::path::PathBuf;

/// An error of a station's order, devices or ledger. No variant contains a secret.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The plan burns eFuses, but consent is missing.
    BurnConsent {
        /// The order.
        order: String,
        /// Number of eFuse steps per device.
        steps: usize,
    },
    /// A device's files do not match its plan.
    Device {
        /// The device.
        uuid: String,
        /// The reason.
        reason: String,
    },
    /// The engine does not support the board.
    Engine {
        /// The reason.
        reason: String,
    },
    /// A file cannot be read.
    File {
        /// The file.
        path: PathBuf,
        /// The system error.
        source: io::Error,
    },
    /// A folder does not contain devices.
    Folder {
        /// The folder.
        path: PathBuf,
        /// The reason.
        reason: String,
    },
    /// The ledger refused something.
    Ledger(matter_ledger::Error),
    /// No more devices of the order could be made.
    Making {
        /// The order.
        order: String,
        /// The reason.
        reason: String,
    },
    /// The order has no free device, and none is made on demand.
    OrderEmpty {
        /// The order.
        order: String,
    },
    /// The typed name is not that of the order.
    OrderTyped {
        /// The order.
        order: String,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BurnConsent { order, steps } => write!(
                f,
                "the plan of order {order} burns eFuses in {steps} steps, which is irreversible; consent is missing"
            ),
            Self::Device { uuid, reason } => write!(f, "device {uuid}: {reason}"),
            Self::Engine { reason } => f.write_str(reason),
            Self::File { path, source } => write!(f, "cannot read {}: {source}", path.display()),
            Self::Folder { path, reason } => write!(f, "{}: {reason}", path.display()),
            Self::Ledger(error) => error.fmt(f),
            Self::Making { order, reason } => write!(f, "order {order}: cannot make more devices: {reason}"),
            Self::OrderEmpty { order } => write!(f, "order {order} has no free device"),
            Self::OrderTyped { order } => write!(f, "the typed text is not the name of order {order}"),
        }
    }
}

impl core::error::Error for Error {
    fn source(&self) -> Option<&(dyn core::error::Error + 'static)> {
        match self {
            Self::File { source, .. } => Some(source),
            Self::Ledger(error) => Some(error),
            _ => None,
        }
    }
}

impl From<matter_ledger::Error> for Error {
    fn from(error: matter_ledger::Error) -> Self {
        Self::Ledger(error)
    }
}
