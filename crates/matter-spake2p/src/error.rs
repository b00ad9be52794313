use core::fmt;

/// Errors of decoding, deriving and the exchange. No variant carries a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The text is too long or not canonical base64.
    Base64,
    /// The confirmation does not have 32 bytes.
    ConfirmationLength {
        /// Its length in bytes.
        len: usize,
    },
    /// The peer does not know the passcode or its verifier, or a message was modified.
    ConfirmationMismatch,
    /// A derived scalar is zero (probability 2^-256); another salt is needed.
    DegenerateVerifier,
    /// The iteration count is not a decimal or `0x` hexadecimal number.
    IterationsNotANumber,
    /// The iteration count is not in the range 1000 to 100000.
    IterationsOutOfRange {
        /// The refused count.
        count: u32,
    },
    /// The salt is not canonical base64.
    SaltBase64,
    /// The salt is given in hexadecimal digits instead of base64.
    SaltHexadecimal,
    /// The salt does not have 16 to 32 bytes.
    SaltLength {
        /// Its length in bytes.
        len: usize,
    },
    /// The share is not an uncompressed point of the curve.
    ShareInvalid,
    /// The share does not have 65 bytes.
    ShareLength {
        /// Its length in bytes.
        len: usize,
    },
    /// The verifier's w0 is zero or not below the order of the curve, or its L is not a point of the curve.
    VerifierInvalid,
    /// The verifier does not have 97 bytes.
    VerifierLength {
        /// Its length in bytes.
        len: usize,
    },
    /// The verifier does not match passcode, salt and iteration count.
    VerifierMismatch,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Base64 => f.write_str("not base64 of the expected length"),
            Self::ConfirmationLength { len } => write!(f, "confirmation has {len} bytes; 32 are required"),
            Self::ConfirmationMismatch => f.write_str("the peer does not know the passcode or its verifier"),
            Self::DegenerateVerifier => f.write_str("the salt gives a degenerate verifier; use another salt"),
            Self::IterationsNotANumber => f.write_str("iteration count is not a number in the range 1000 to 100000"),
            Self::IterationsOutOfRange { count } => {
                write!(f, "iteration count {count} is not in the range 1000 to 100000")
            }
            Self::SaltBase64 => f.write_str("salt is not base64 of 16 to 32 bytes"),
            Self::SaltHexadecimal => f.write_str("salt is hexadecimal; write its 16 to 32 bytes in base64"),
            Self::SaltLength { len } => {
                write!(
                    f,
                    "salt has {len} bytes; 16 to 32 bytes, written in base64, are allowed"
                )
            }
            Self::ShareInvalid => f.write_str("share is not an uncompressed point of P-256"),
            Self::ShareLength { len } => write!(f, "share has {len} bytes; 65 are required"),
            Self::VerifierInvalid => f.write_str("verifier is not a scalar and a point of P-256"),
            Self::VerifierLength { len } => write!(f, "verifier has {len} bytes; 97 are required"),
            Self::VerifierMismatch => f.write_str("verifier does not match this passcode, salt and iteration count"),
        }
    }
}

impl core::error::Error for Error {}
