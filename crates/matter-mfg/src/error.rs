use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use factory_fs::CellPlace;

use crate::message::{message, write_field};
use crate::{Field, Message};

/// Why a run cannot start, or had to stop. No variant carries a secret.
///
/// Errors name the [`Field`] that is concerned; [`Error::with_names`] writes another name for it, such as that of an option.
#[derive(Debug)]
#[non_exhaustive]
pub enum Error {
    /// A cell of a table cannot be used.
    Cell {
        /// Where it is.
        place: CellPlace,
        /// What is wrong and what is allowed.
        reason: Message,
    },
    /// The system's clock shows no time between the years 1970 and 9999.
    Clock,
    /// A device's data cannot be written in one of its forms, which a checked plan does not cause.
    Encode {
        /// What the form's library says.
        reason: String,
    },
    /// Something is where a file is to be written.
    Exists {
        /// What is there.
        path: PathBuf,
        /// Why it stays, or what to do about it.
        reason: Message,
    },
    /// A field's value cannot be used, alone or beside another.
    Field {
        /// The field.
        field: Field,
        /// What is wrong and what is allowed.
        reason: Message,
    },
    /// An input file cannot be read or does not hold what it should.
    File {
        /// The field that names it.
        field: Field,
        /// The file.
        path: PathBuf,
        /// What is wrong.
        reason: Message,
    },
    /// A device would have a private key that belongs into none.
    Leak {
        /// The key of its entry.
        entry: String,
        /// Whose private key it is.
        whose: String,
    },
    /// The ledger cannot be used.
    Ledger {
        /// Its file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// Devices that the ledger lists are not where they should be.
    Missing {
        /// Which, and what to do.
        reason: Message,
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
            Self::Cell { .. } | Self::Field { .. } | Self::File { .. } | Self::Target
        )
    }

    /// Returns the sentence with the caller's names of fields.
    pub fn with_names<'e>(&'e self, names: &'e dyn Fn(Field) -> String) -> impl fmt::Display + 'e {
        struct Named<'e>(&'e Error, &'e dyn Fn(Field) -> String);
        impl fmt::Display for Named<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.display(f, Some(self.1))
            }
        }
        Named(self, names)
    }

    pub(crate) fn field(field: Field, reason: impl Into<Message>) -> Self {
        let reason = reason.into();
        Self::Field { field, reason }
    }

    /// What the type of a field's value says of it.
    pub(crate) fn value(field: Field) -> impl FnOnce(&dyn fmt::Display) -> Self {
        move |error| Self::field(field, error.to_string())
    }

    pub(crate) fn file(field: Field, path: &Path, reason: impl Into<Message>) -> Self {
        let (path, reason) = (path.into(), reason.into());
        Self::File { field, path, reason }
    }

    pub(crate) fn cell(place: CellPlace, reason: impl Into<Message>) -> Self {
        let reason = reason.into();
        Self::Cell { place, reason }
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

    /// The same of an error before the first device is made: the output folder and the ledger are inputs then.
    pub(crate) fn at_start(self, outdir: Field) -> Self {
        match self {
            Self::Exists { path, reason } => Self::file(outdir, &path, reason),
            Self::Write { path, source } => Self::obstacle(outdir, &path)(source),
            Self::Ledger { path, reason } => Self::file(Field::Ledger, &path, reason),
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
    pub(crate) fn exists(path: &Path, reason: impl Into<Message>) -> Self {
        let (path, reason) = (path.into(), reason.into());
        Self::Exists { path, reason }
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

    fn display(&self, f: &mut fmt::Formatter<'_>, names: Option<&dyn Fn(Field) -> String>) -> fmt::Result {
        match self {
            Self::Cell { place, reason } => {
                write!(f, "{place}: ")?;
                reason.write(f, names)
            }
            Self::Exists { path, reason } => {
                write!(f, "cannot write {}: ", path.display())?;
                reason.write(f, names)
            }
            Self::Field { field, reason } => {
                write_field(*field, f, names)?;
                f.write_str(": ")?;
                reason.write(f, names)
            }
            Self::File { field, path, reason } => {
                write_field(*field, f, names)?;
                write!(f, " {}: ", path.display())?;
                reason.write(f, names)
            }
            Self::Missing { reason } => reason.write(f, names),
            Self::Taken { what, row } => {
                let number = row.saturating_add(1);
                let text = format!("device {number}: its {what} is that of another device in the ledger, and ");
                message![text, Field::Unique, " forbids it"].write(f, names)
            }
            Self::Clock => f.write_str("the system's clock shows no time between the years 1970 and 9999"),
            Self::Encode { reason } => write!(f, "a device's data cannot be written: {reason}"),
            Self::Leak { entry, whose } => {
                write!(
                    f,
                    "a device would have {whose} in its entry '{entry}', which belongs into no device"
                )
            }
            Self::Ledger { path, reason } => write!(f, "ledger {}: {reason}", path.display()),
            Self::Random => f.write_str("the operating system gives no random numbers"),
            Self::ReadBack { reason } => write!(f, "a finished device does not read back: {reason}"),
            Self::Target => write!(f, "is no chip; allowed: {}", crate::storage::names(false)),
            Self::Thread { source } => write!(f, "the system starts no thread: {source}"),
            Self::Write { path, source } => write!(f, "cannot write {}: {source}", path.display()),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.display(f, None)
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Thread { source } | Self::Write { source, .. } => Some(source),
            _ => None,
        }
    }
}
