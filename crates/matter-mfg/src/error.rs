use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use factory_fs::CellPlace;
use matter_attestation::Error as AttestationError;
use matter_ledger::Error as LedgerError;

use crate::message::message;
use crate::{Field, Message};

/// Error when a run cannot start or had to stop. No variant carries a secret.
///
/// Errors name the [`Field`] concerned; [`Error::with_names`] substitutes another name, such as the one of an option.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// A cell of a table is invalid.
    Cell {
        /// Its place.
        place: CellPlace,
        /// The fault and the allowed values.
        reason: Message,
    },
    /// The system clock is not in the years 1970 to 9999.
    Clock,
    /// A device's data cannot be encoded, which does not occur with a checked plan.
    Encode {
        /// The error of the encoder.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// An output file or folder exists already.
    Exists {
        /// Its path.
        path: PathBuf,
        /// The reason it is kept, or the remedy.
        reason: Message,
    },
    /// A field's value is invalid, alone or in combination.
    Field {
        /// The field.
        field: Field,
        /// The fault and the allowed values.
        reason: Message,
    },
    /// An input file cannot be read or is invalid.
    File {
        /// The field that names it.
        field: Field,
        /// The file.
        path: PathBuf,
        /// The fault.
        reason: Message,
    },
    /// A device's data contains a private key of a signer.
    Leak {
        /// The key of its entry.
        entry: String,
        /// The owner of the private key.
        whose: String,
    },
    /// The ledger refuses the operation or cannot be used.
    Ledger(LedgerError),
    /// Devices that the ledger lists are missing.
    Missing {
        /// The devices and the remedy.
        reason: Message,
    },
    /// The operating system provides no random numbers.
    Random,
    /// A finished device differs when read back.
    ReadBack {
        /// The difference.
        reason: String,
    },
    /// The signer of certificates or of the manifest failed.
    Signing {
        /// The cause, with the signer's own error as its source.
        source: AttestationError,
    },
    /// A device of the ledger already has a value that must be unique.
    Taken {
        /// The kind of value.
        what: &'static str,
        /// The row of the new device, from 0.
        row: u32,
    },
    /// The system cannot start a thread.
    Thread {
        /// The system's error.
        source: io::Error,
    },
    /// Writing failed.
    Write {
        /// The file or folder.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
}

impl Error {
    /// Returns whether the input is at fault, so that nothing was written.
    #[must_use]
    pub const fn is_input(&self) -> bool {
        matches!(
            self,
            Self::Cell { .. }
                | Self::Field { .. }
                | Self::File { .. }
                | Self::Ledger(
                    LedgerError::OrderFull { .. }
                        | LedgerError::OrderNotOpen { .. }
                        | LedgerError::OrderSize { .. }
                        | LedgerError::ReasonEmpty
                        | LedgerError::Url { .. }
                )
        )
    }

    /// Returns the message with the caller's names of fields.
    #[must_use]
    pub fn with_names(&self, names: impl Fn(Field) -> String) -> String {
        self.to_message().with_names(names)
    }

    pub(crate) fn field(field: Field, reason: impl Into<Message>) -> Self {
        let reason = reason.into();
        Self::Field { field, reason }
    }

    pub(crate) fn file(field: Field, path: &Path, reason: impl Into<Message>) -> Self {
        let (path, reason) = (path.into(), reason.into());
        Self::File { field, path, reason }
    }

    pub(crate) fn cell(place: CellPlace, reason: impl Into<Message>) -> Self {
        let reason = reason.into();
        Self::Cell { place, reason }
    }

    /// The cause must not contain the data: errors of writers and of UTF-8 do.
    pub(crate) fn encode(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Encode { source: source.into() }
    }

    pub(crate) fn signing(error: impl Into<AttestationError>) -> Self {
        Self::Signing { source: error.into() }
    }

    pub(crate) fn read_back(reason: impl fmt::Display) -> Self {
        Self::ReadBack {
            reason: reason.to_string(),
        }
    }

    /// Classifies an error before a run: an existing entry is the input's fault, a failing disk is not.
    pub(crate) fn obstacle(field: Field, path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
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
            | io::ErrorKind::UnexpectedEof => Self::file(field, &path, source.to_string()),
            _ => Self::Write { path, source },
        }
    }

    /// Reclassifies an error before the first device is made, when the output folder and the ledger are still inputs.
    pub(crate) fn at_start(self) -> Self {
        match self {
            Self::Exists { path, reason } => Self::file(Field::OutputFolder, &path, reason),
            Self::Write { path, source } => Self::obstacle(Field::OutputFolder, &path)(source),
            other => other.at_ledger(),
        }
    }

    /// A ledger that cannot be opened is the input's fault as long as nothing is written.
    pub(crate) fn at_ledger(self) -> Self {
        match self {
            Self::Ledger(LedgerError::Damaged { place, reason } | LedgerError::Unusable { place, reason }) => {
                let path = place.file().map_or_else(|| place.to_string().into(), Path::to_owned);
                Self::file(Field::Ledger, &path, reason)
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

    /// Returns the error for an existing entry, with the reason or the remedy.
    pub(crate) fn exists(path: &Path, reason: impl Into<Message>) -> Self {
        let (path, reason) = (path.into(), reason.into());
        Self::Exists { path, reason }
    }

    /// Returns the error for an entry that a concurrent run has just created.
    pub(crate) fn overtaken(path: &Path) -> Self {
        let reason = "another run has created it in the meantime; run again to use it";
        Self::write(path)(io::Error::new(io::ErrorKind::ResourceBusy, reason))
    }

    pub(crate) fn write(path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.into();
        move |source| Self::Write { path, source }
    }

    /// Returns the message.
    pub(crate) fn to_message(&self) -> Message {
        match self {
            Self::Cell { place, reason } => message![format!("{place}: ")].append(reason.clone()),
            Self::Clock => "the system clock is not in the years 1970 to 9999".into(),
            Self::Encode { source } => format!("cannot encode a device's data: {source}").into(),
            Self::Exists { path, reason } => {
                message![format!("cannot write {}: ", path.display())].append(reason.clone())
            }
            Self::Field { field, reason } => message![*field, ": "].append(reason.clone()),
            Self::File { field, path, reason } => {
                message![*field, format!(" {}: ", path.display())].append(reason.clone())
            }
            Self::Leak { entry, whose } => {
                format!("a device would have {whose} in its entry '{entry}', which must not be in any device").into()
            }
            Self::Ledger(error) => {
                let text = error.to_string();
                match error {
                    LedgerError::OrderFull { .. } | LedgerError::OrderNotOpen { .. } => {
                        message![Field::Order, ": ", text]
                    }
                    LedgerError::OrderSize { .. } => message![Field::OrderSize, ": ", text],
                    LedgerError::Url { .. } => message![Field::Ledger, ": ", text],
                    LedgerError::ReasonEmpty => message![Field::Reason, ": ", text],
                    _ => text.into(),
                }
            }
            Self::Missing { reason } => reason.clone(),
            Self::Random => "the operating system provides no random numbers".into(),
            Self::ReadBack { reason } => format!("a finished device differs when read back: {reason}").into(),
            Self::Signing { source } => match std::error::Error::source(source) {
                Some(cause) => format!("cannot sign: {cause}").into(),
                None => format!("cannot sign: {source}").into(),
            },
            Self::Taken { what, row } => {
                let number = row.saturating_add(1);
                let text = format!("device {number}: another device in the ledger has the same {what}, which ");
                message![text, Field::Unique, " forbids"]
            }
            Self::Thread { source } => format!("cannot start a thread: {source}").into(),
            Self::Write { path, source } => format!("cannot write {}: {source}", path.display()).into(),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.to_message().fmt(f)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Thread { source } | Self::Write { source, .. } => Some(source),
            Self::Encode { source } => Some(source.as_ref()),
            Self::Ledger(error) => Some(error),
            Self::Signing { source } => Some(source),
            _ => None,
        }
    }
}

impl From<LedgerError> for Error {
    /// Errors that other crates share are the same variant here.
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
