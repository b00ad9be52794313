use std::fmt;
use std::io;
use std::path::PathBuf;

/// What is wrong with a station's order, devices or ledger. No variant carries a secret.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// The plan burns eFuses, and nobody has agreed to that.
    BurnConsent {
        /// The order.
        order: String,
        /// How many eFuse steps a device has.
        steps: usize,
    },
    /// A device's files are not what its plan says.
    Device {
        /// The device.
        uuid: String,
        /// What is wrong.
        reason: String,
    },
    /// The engine cannot work on the board.
    Engine {
        /// What is missing.
        reason: String,
    },
    /// A file cannot be read.
    File {
        /// The file.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A folder is not one of devices.
    Folder {
        /// The folder.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// The ledger refused something.
    Ledger(matter_ledger::Error),
    /// No more devices of the order could be made.
    Making {
        /// The order.
        order: String,
        /// What is wrong.
        reason: String,
    },
    /// The order has no free device, and none is made on the spot.
    OrderEmpty {
        /// The order.
        order: String,
    },
    /// The order's name that was typed is another one.
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
                "the plan of order {order} burns eFuses in {steps} steps, which nothing undoes, and nobody has agreed to that"
            ),
            Self::Device { uuid, reason } => write!(f, "device {uuid}: {reason}"),
            Self::Engine { reason } => f.write_str(reason),
            Self::File { path, source } => write!(f, "cannot read {}: {source}", path.display()),
            Self::Folder { path, reason } => write!(f, "{}: {reason}", path.display()),
            Self::Ledger(error) => error.fmt(f),
            Self::Making { order, reason } => write!(f, "order {order}: no more devices could be made: {reason}"),
            Self::OrderEmpty { order } => write!(f, "order {order} has no device that is free"),
            Self::OrderTyped { order } => write!(f, "what was typed is not the name of order {order}"),
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
