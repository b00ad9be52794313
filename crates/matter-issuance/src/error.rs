use std::fmt;
use std::sync::Arc;

use crate::LogFault;

/// What keeps a desk from its work, and is not the fault of a request: nothing is half-issued.
///
/// No variant carries a secret.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Error {
    /// PAI, signer or declaration cannot be used, or the signer failed.
    Attestation(Arc<matter_attestation::Error>),
    /// PAA, PAI and declaration do not fit together, or the signer returned a certificate that is not as it must be.
    Chain {
        /// What is wrong.
        text: String,
    },
    /// The ledger is away, cannot be used, or is damaged.
    Ledger(Arc<matter_ledger::Error>),
    /// The log was changed by somebody else.
    Log(LogFault),
    /// The log's head could not be signed.
    LogSigner(Arc<signature::Error>),
    /// Too many wait already.
    QueueFull {
        /// How many may wait.
        limit: usize,
    },
    /// The operating system gives no random numbers.
    Random,
    /// The desk was stopped before it came to this.
    Stopped,
    /// The ledger's certificate is not one for its key.
    StoredCertificate {
        /// The device.
        device: String,
    },
}

impl Error {
    /// Tells whether the same request can be made again soon: ledger or signer are away, or there is too much to do.
    #[must_use]
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::Attestation(error) => matches!(**error, matter_attestation::Error::SigningFailed { .. }),
            Self::Ledger(error) => matches!(**error, matter_ledger::Error::Unavailable { .. }),
            Self::LogSigner(_) | Self::QueueFull { .. } | Self::Stopped => true,
            Self::Chain { .. } | Self::Log(_) | Self::Random | Self::StoredCertificate { .. } => false,
        }
    }
}

impl From<matter_attestation::Error> for Error {
    fn from(error: matter_attestation::Error) -> Self {
        Self::Attestation(Arc::new(error))
    }
}

impl From<matter_ledger::Error> for Error {
    fn from(error: matter_ledger::Error) -> Self {
        Self::Ledger(Arc::new(error))
    }
}

impl From<LogFault> for Error {
    fn from(fault: LogFault) -> Self {
        Self::Log(fault)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Attestation(error) => error.fmt(f),
            Self::Chain { text } => write!(f, "certificates: {text}"),
            Self::Ledger(error) => error.fmt(f),
            Self::Log(fault) => write!(f, "log: {fault}"),
            Self::LogSigner(_) => f.write_str("the log's signer reported a failure"),
            Self::QueueFull { limit } => write!(f, "{limit} requests wait already; try again later"),
            Self::Random => f.write_str("the operating system gives no random numbers"),
            Self::Stopped => f.write_str("the desk was stopped; try again later"),
            Self::StoredCertificate { device } => {
                write!(
                    f,
                    "the ledger is damaged: the certificate of device {device} is not one for its key"
                )
            }
        }
    }
}

impl std::error::Error for Error {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Attestation(error) => std::error::Error::source(&**error),
            Self::Ledger(error) => std::error::Error::source(&**error),
            Self::Log(fault) => Some(fault),
            Self::LogSigner(error) => Some(&**error),
            _ => None,
        }
    }
}
