use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use matter_ledger::Error as LedgerError;

/// Why a run cannot start, or had to stop. No variant carries a secret.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// A cell of a table cannot be used.
    Cell {
        /// The table's file.
        path: PathBuf,
        /// The line in which the row starts, from 1; 0 when there is no file.
        line: u64,
        /// The column's name.
        column: String,
        /// What is wrong and what is allowed.
        reason: String,
    },
    /// The system's clock shows no time between the years 1970 and 9999.
    Clock,
    /// A device's data cannot be written in one of its forms, which a checked plan does not cause.
    Encode {
        /// What the form's library says.
        reason: String,
    },
    /// An input file cannot be read or does not hold what it should.
    File {
        /// The option that named it.
        option: &'static str,
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A device would have a private key that belongs into none.
    Leak {
        /// The key of its entry.
        entry: String,
        /// Whose private key it is.
        whose: String,
    },
    /// The ledger cannot be used, or not for this.
    Ledger(matter_ledger::Error),
    /// An option's value cannot be used, alone or beside another.
    Option {
        /// The option.
        option: &'static str,
        /// What is wrong and what is allowed.
        reason: String,
    },
    /// Devices that the ledger lists are not where they should be.
    Missing {
        /// Which, and what to do.
        reason: String,
    },
    /// The operating system gives no random numbers.
    Random,
    /// A finished device did not read back as it was meant.
    ReadBack {
        /// What differs.
        reason: String,
    },
    /// A device of the ledger has a value already that must be unique.
    Taken {
        /// What value it is.
        what: &'static str,
        /// The row that wanted it, from 0.
        row: u32,
    },
    /// A chip's name is none that is known.
    Target,
    /// The system starts no thread.
    Thread {
        /// What the system says.
        source: io::Error,
    },
    /// Something failed while files were written.
    Write {
        /// The file or folder.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
}

impl Error {
    /// Tells whether the input is at fault, so that nothing was written.
    #[must_use]
    pub const fn is_input(&self) -> bool {
        matches!(
            self,
            Self::Cell { .. }
                | Self::File { .. }
                | Self::Option { .. }
                | Self::Target
                | Self::Ledger(
                    LedgerError::OrderFull { .. } | LedgerError::OrderSize { .. } | LedgerError::ReasonEmpty
                )
        )
    }

    pub(crate) fn option(option: &'static str, reason: impl fmt::Display) -> Self {
        Self::Option {
            option,
            reason: reason.to_string(),
        }
    }

    pub(crate) fn file(option: &'static str, path: &Path, reason: impl fmt::Display) -> Self {
        Self::File {
            option,
            path: path.into(),
            reason: reason.to_string(),
        }
    }

    pub(crate) fn encode(reason: impl fmt::Display) -> Self {
        Self::Encode {
            reason: reason.to_string(),
        }
    }

    pub(crate) fn read_back(reason: impl fmt::Display) -> Self {
        Self::ReadBack {
            reason: reason.to_string(),
        }
    }

    /// What keeps a run from starting: what is in the way is the input's fault, and a failing disk is not.
    pub(crate) fn obstacle(option: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| match source.kind() {
            io::ErrorKind::AlreadyExists
            | io::ErrorKind::InvalidFilename
            | io::ErrorKind::InvalidInput
            | io::ErrorKind::IsADirectory
            | io::ErrorKind::NotADirectory
            | io::ErrorKind::NotFound
            | io::ErrorKind::PermissionDenied
            | io::ErrorKind::ReadOnlyFilesystem
            | io::ErrorKind::UnexpectedEof => Self::file(option, &path, source),
            _ => Self::Write { path, source },
        }
    }

    /// The same of an error before the first device is made: the output folder and the ledger are inputs then.
    pub(crate) fn at_start(self, outdir: &'static str) -> Self {
        match self {
            Self::Write { path, source } => Self::obstacle(outdir, &path)(source),
            other => other.at_ledger(),
        }
    }

    /// A ledger that cannot be opened is an input's fault as long as nothing is written.
    pub(crate) fn at_ledger(self) -> Self {
        match self {
            Self::Ledger(LedgerError::Damaged { path, reason } | LedgerError::Unusable { path, reason }) => {
                Self::file("--ledger", &path, reason)
            }
            other => other,
        }
    }

    pub(crate) fn leak(entry: &str, whose: impl fmt::Display) -> Self {
        Self::Leak {
            entry: entry.into(),
            whose: whose.to_string(),
        }
    }

    /// What is there already, with the reason or the remedy.
    pub(crate) fn exists(path: &Path, reason: &'static str) -> Self {
        Self::write(path)(io::Error::new(io::ErrorKind::AlreadyExists, reason))
    }

    /// What another run does at this moment.
    pub(crate) fn overtaken(path: &Path) -> Self {
        let reason = "another run has made it in the meantime; the next try uses that";
        Self::write(path)(io::Error::new(io::ErrorKind::ResourceBusy, reason))
    }

    pub(crate) fn write(path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.into();
        move |source| Self::Write { path, source }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cell {
                path,
                line,
                column,
                reason,
            } => {
                write!(f, "{}:{line}: column '{column}': {reason}", path.display())
            }
            Self::File { option, path, reason } => write!(f, "{option} {}: {reason}", path.display()),
            Self::Option { option, reason } => write!(f, "{option}: {reason}"),
            Self::Clock => f.write_str("the system's clock shows no time between the years 1970 and 9999"),
            Self::Encode { reason } => write!(f, "a device's data cannot be written: {reason}"),
            Self::Missing { reason } => f.write_str(reason),
            Self::Leak { entry, whose } => {
                write!(
                    f,
                    "a device would have {whose} in its entry '{entry}', which belongs into no device"
                )
            }
            Self::Random => f.write_str("the operating system gives no random numbers"),
            Self::ReadBack { reason } => write!(f, "a finished device does not read back: {reason}"),
            Self::Ledger(error @ LedgerError::OrderFull { .. }) => write!(f, "--order: {error}"),
            Self::Ledger(error @ LedgerError::OrderSize { .. }) => write!(f, "--order-size: {error}"),
            Self::Ledger(LedgerError::ReasonEmpty) => {
                f.write_str("--reason: is empty; say why the device is taken out of use")
            }
            Self::Ledger(error) => error.fmt(f),
            Self::Taken { what, row } => {
                let number = row.saturating_add(1);
                write!(
                    f,
                    "device {number}: its {what} is that of another device in the ledger, and --unique forbids it"
                )
            }
            Self::Target => write!(f, "is no chip; allowed: {}", crate::storage::names(false)),
            Self::Thread { source } => write!(f, "the system starts no thread: {source}"),
            Self::Write { path, source } => write!(f, "cannot write {}: {source}", path.display()),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Thread { source } | Self::Write { source, .. } => Some(source),
            Self::Ledger(error) => Some(error),
            _ => None,
        }
    }
}

impl From<LedgerError> for Error {
    /// What can be wrong elsewhere as well is the same error.
    fn from(error: LedgerError) -> Self {
        match error {
            LedgerError::Clock => Self::Clock,
            LedgerError::Random => Self::Random,
            LedgerError::Taken { what, row } => Self::Taken { what: what.name(), row },
            LedgerError::Write { path, source } => Self::Write { path, source },
            other => Self::Ledger(other),
        }
    }
}
