use core::fmt;

/// A value that is not acceptable.
///
/// No variant carries a passcode: a rejected number may be a mistyped real one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// The discriminator does not fit into 12 bits.
    DiscriminatorOutOfRange {
        /// The rejected value.
        value: u32,
    },
    /// The text has a leading zero and no `0x`, so that it may be decimal or hexadecimal.
    LeadingZero {
        /// The decimal number.
        value: u32,
    },
    /// The text is neither a decimal number nor `0x` with hexadecimal digits, or it exceeds 32
    /// bits.
    NotANumber,
    /// Hexadecimal digits of an id without `0x`.
    PrefixMissing {
        /// The number.
        value: u16,
    },
    /// The passcode is outside 1 to 99999998.
    PasscodeOutOfRange,
    /// The passcode is one of the twelve trivial ones of Matter Core Specification 5.1.7.1.
    PasscodeTrivial,
    /// The product id is 0 or does not fit into 16 bits.
    ProductIdOutOfRange {
        /// The rejected value.
        value: u32,
    },
    /// The short discriminator does not fit into 4 bits.
    ShortDiscriminatorOutOfRange {
        /// The rejected value.
        value: u32,
    },
    /// The vendor id is 0 or above 0xFFF4.
    VendorIdOutOfRange {
        /// The rejected value.
        value: u32,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DiscriminatorOutOfRange { value } => write!(f, "discriminator {value} is not in the range 0 to 4095"),
            Self::LeadingZero { value } => {
                write!(
                    f,
                    "number has a leading zero: write {value} for the decimal number, or 0x{value}"
                )?;
                // The same digits read as hexadecimal.
                let (mut rest, mut worth, mut hexadecimal) = (*value, 1, 0_u64);
                while rest > 0 {
                    hexadecimal += u64::from(rest % 10) * worth;
                    (rest, worth) = (rest / 10, worth * 16);
                }
                write!(f, " (decimal {hexadecimal}) for hexadecimal digits")
            }
            Self::NotANumber => f.write_str("not a decimal number, or 0x and hexadecimal digits, of at most 32 bits"),
            Self::PrefixMissing { value } => write!(f, "hexadecimal digits without 0x: write {value:#06X}"),
            Self::PasscodeOutOfRange => f.write_str("passcode is not in the range 1 to 99999998"),
            Self::PasscodeTrivial => f.write_str(
                "passcode is one of the twelve trivial ones \
                 (00000000, 11111111, ... 99999999, 12345678, 87654321); allowed: 1 to 99999998 except these",
            ),
            Self::ProductIdOutOfRange { value } => {
                write!(f, "product id {value:#06X} is not in the range 0x0001 to 0xFFFF")
            }
            Self::ShortDiscriminatorOutOfRange { value } => {
                write!(f, "short discriminator {value} is not in the range 0 to 15")
            }
            Self::VendorIdOutOfRange { value } => {
                write!(f, "vendor id {value:#06X} is not in the range 0x0001 to 0xFFF4")
            }
        }
    }
}

impl core::error::Error for Error {}
