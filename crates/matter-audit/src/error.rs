use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use crate::AuditInput;

/// Error when an audit cannot be made. No variant carries a secret.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// A file or folder cannot be opened or read.
    File {
        /// Its role.
        input: AuditInput,
        /// The file or folder.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    /// The ledger cannot be read at present.
    Ledger(matter_ledger::Error),
    /// The operating system provides no random numbers.
    Random,
}

impl Error {
    /// Returns whether the input is at fault.
    #[must_use]
    pub const fn is_input(&self) -> bool {
        matches!(self, Self::File { .. })
    }

    pub(crate) fn file(input: AuditInput, path: &Path, source: io::Error) -> Self {
        let path = path.into();
        Self::File { input, path, source }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { input, path, source } => write!(f, "{input} {}: {source}", path.display()),
            Self::Ledger(error) => error.fmt(f),
            Self::Random => f.write_str("the operating system provides no random numbers"),
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::File { source, .. } => Some(source),
            Self::Ledger(error) => Some(error),
            Self::Random => None,
        }
    }
}

impl From<matter_ledger::Error> for Error {
    fn from(error: matter_ledger::Error) -> Self {
        Self::Ledger(error)
    }
}
