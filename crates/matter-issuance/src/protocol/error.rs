use core::fmt;
use std::io;

use super::{MAX_LINE, ShortText};

/// Why a line or a value of the protocol cannot be read or written.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProtocolError {
    /// The other side closed the connection.
    Closed,
    /// The connection failed.
    Io {
        /// How.
        kind: io::ErrorKind,
    },
    /// A line is longer than [`MAX_LINE`].
    LineTooLong,
    /// A line is not a message of the protocol.
    Malformed {
        /// What is wrong, and where in the line.
        reason: ShortText,
    },
    /// No whole line came, or could be sent, in time.
    TimedOut,
    /// A text is not a value of its kind.
    Value {
        /// What is allowed.
        expected: &'static str,
    },
}

impl fmt::Display for ProtocolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("connection closed by the other side"),
            Self::Io { kind } => write!(f, "connection failed: {kind}"),
            Self::LineTooLong => write!(f, "line of more than {MAX_LINE} bytes"),
            Self::Malformed { reason } => write!(f, "not a message of the protocol: {reason}"),
            Self::TimedOut => f.write_str("no whole line in the time allowed"),
            Self::Value { expected } => write!(f, "not {expected}"),
        }
    }
}

impl core::error::Error for ProtocolError {}

impl From<io::Error> for ProtocolError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::BrokenPipe
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::NotConnected
            | io::ErrorKind::UnexpectedEof
            | io::ErrorKind::WriteZero => Self::Closed,
            kind => Self::Io { kind },
        }
    }
}
