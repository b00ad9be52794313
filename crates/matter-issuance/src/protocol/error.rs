use core::fmt;
use std::io;

use super::{MAX_LINE, ShortText};

/// Errors of reading or writing a line or a value of the protocol.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ProtocolError {
    /// The peer closed the connection.
    Closed,
    /// The connection failed.
    Io {
        /// The kind of failure.
        kind: io::ErrorKind,
    },
    /// A line is longer than [`MAX_LINE`].
    LineTooLong,
    /// A line is not a message of the protocol.
    Malformed {
        /// The fault and its position in the line.
        reason: ShortText,
    },
    /// No complete line was received or sent in time.
    TimedOut,
    /// A text is not a valid value of its type.
    Value {
        /// The allowed values.
        expected: &'static str,
    },
}

impl fmt::Display for ProtocolError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Closed => f.write_str("connection closed by the peer"),
            Self::Io { kind } => write!(f, "connection failed: {kind}"),
            Self::LineTooLong => write!(f, "line longer than {MAX_LINE} bytes"),
            Self::Malformed { reason } => write!(f, "not a message of the protocol: {reason}"),
            Self::TimedOut => f.write_str("no complete line within the time limit"),
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
