use core::fmt;

use crate::protocol::{KeyMode, ProtocolError, ShortText};

/// A device's fault in a session.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum SessionFault {
    /// The device ended the session with an error.
    Device {
        /// Its code.
        code: ShortText,
        /// Its reason.
        reason: ShortText,
    },
    /// The connection ended before the session.
    Disconnected,
    /// The session exceeded its time limit.
    Expired,
    /// The device keeps its key in another place than the station requires.
    KeyMode {
        /// The device's key mode.
        found: KeyMode,
        /// The required key mode.
        wanted: KeyMode,
    },
    /// A line is too long.
    LineTooLong,
    /// A line is not a message.
    Malformed {
        /// The fault.
        reason: ShortText,
    },
    /// The request is not signed for this session: it was copied, or the device does not hold the key.
    PossessionUnproved,
    /// The final signature is not from the certificate's key.
    ProofInvalid,
    /// The device stored bytes other than those it was sent.
    ReadbackMismatch,
    /// The device did not answer in time.
    TimedOut,
    /// A message came out of order.
    Unexpected {
        /// The received message.
        found: &'static str,
        /// The expected message.
        wanted: &'static str,
    },
}

impl SessionFault {
    /// Returns the code, which never changes between versions.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Device { .. } => "device-error",
            Self::Disconnected => "disconnected",
            Self::Expired => "session-expired",
            Self::KeyMode { .. } => "key-mode",
            Self::LineTooLong => "line-too-long",
            Self::Malformed { .. } => "message-malformed",
            Self::PossessionUnproved => "possession-unproved",
            Self::ProofInvalid => "proof-invalid",
            Self::ReadbackMismatch => "readback-mismatch",
            Self::TimedOut => "timed-out",
            Self::Unexpected { .. } => "message-unexpected",
        }
    }
}

impl fmt::Display for SessionFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Device { code, reason } => write!(f, "the device ended the session: {code}: {reason}"),
            Self::Disconnected => f.write_str("the connection ended before the session did; connect the device again"),
            Self::Expired => f.write_str("the session took too long; connect the device again"),
            Self::KeyMode { found, wanted } => write!(
                f,
                "the device's key mode is {found}, but the station requires {wanted}; flash the order's firmware"
            ),
            Self::LineTooLong => f.write_str("the device sent a line longer than 16384 bytes; set it aside"),
            Self::Malformed { reason } => write!(f, "the device sent a malformed message ({reason}); set it aside"),
            Self::PossessionUnproved => f.write_str(
                "the request is not signed for this session: it was copied, or the device does not hold the key; set it aside",
            ),
            Self::ProofInvalid => {
                f.write_str("the final signature is not from the certificate's key; set the device aside")
            }
            Self::ReadbackMismatch => {
                f.write_str("the device stored bytes other than those it was sent; check its flash")
            }
            Self::TimedOut => f.write_str("the device did not answer in time; connect it again"),
            Self::Unexpected { found, wanted } => {
                write!(f, "the device sent {found} where {wanted} was expected; flash the order's firmware")
            }
        }
    }
}

impl core::error::Error for SessionFault {}

impl From<ProtocolError> for SessionFault {
    fn from(error: ProtocolError) -> Self {
        match error {
            ProtocolError::Closed | ProtocolError::Io { .. } => Self::Disconnected,
            ProtocolError::LineTooLong => Self::LineTooLong,
            ProtocolError::Malformed { reason } => Self::Malformed { reason },
            ProtocolError::TimedOut => Self::TimedOut,
            ProtocolError::Value { expected } => Self::Malformed {
                reason: ShortText::abridged(expected),
            },
        }
    }
}
