use std::fmt;
use std::sync::Arc;

use crate::LogFault;

/// Errors that stop a desk and are not the fault of a request: nothing is half-issued.
///
/// No variant carries a secret.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Error {
    /// PAI, signer or declaration cannot be used, or the signer failed.
    Attestation(Arc<matter_attestation::Error>),
    /// PAA, PAI and declaration do not match, or the signer returned an invalid certificate.
    Chain {
        /// The fault.
        text: String,
    },
    /// The ledger is unavailable, unusable or damaged.
    Ledger(Arc<matter_ledger::Error>),
    /// The log was modified.
    Log(LogFault),
    /// The log's head could not be signed.
    LogSigner(Arc<signature::Error>),
    /// Too many requests are waiting.
    QueueFull {
        /// Maximum number of waiting requests.
        limit: usize,
    },
    /// The operating system provides no random numbers.
    Random,
    /// The desk was stopped before it processed the request.
    Stopped,
    /// The certificate in the ledger is not for its key.
    StoredCertificate {
        /// The device.
        device: String,
    },
}

impl Error {
    /// Returns whether the same request can be repeated soon: ledger or signer are unavailable, or the queue is full.
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
            Self::LogSigner(_) => f.write_str("the log's signer failed"),
            Self::QueueFull { limit } => write!(f, "{limit} requests are already waiting; try again later"),
            Self::Random => f.write_str("the operating system provides no random numbers"),
            Self::Stopped => f.write_str("the desk was stopped; try again later"),
            Self::StoredCertificate { device } => {
                write!(
                    f,
                    "the ledger is damaged: the certificate of device {device} is not for its key"
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
