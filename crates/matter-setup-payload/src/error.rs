use core::fmt;

use matter_types::Error as ValueError;

/// Why a code or one of its fields is not acceptable. Positions count characters from 0.
///
/// No variant carries a passcode or a whole code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Error {
    /// A group of QR characters stands for more than its bytes can hold.
    Base38Overflow {
        /// The group's first character.
        position: usize,
    },
    /// A character is not in the alphabet of the code.
    Character {
        /// Its place.
        position: usize,
    },
    /// The last digit is not the Verhoeff check digit of the others.
    CheckDigit,
    /// The commissioning flow is not 0, 1 or 2.
    CommissioningFlow {
        /// The refused value.
        value: u32,
    },
    /// The discovery capabilities are none or more than bits 1 to 5.
    DiscoveryCapabilities {
        /// The refused mask.
        mask: u32,
    },
    /// The number of characters fits no code.
    Length {
        /// How many there are, of a manual code without hyphens.
        len: usize,
    },
    /// A group of digits of a manual code says more than its bits can hold.
    ManualGroup {
        /// The group's first digit, hyphens not counted.
        position: usize,
    },
    /// The four bits behind the passcode are not zero.
    Padding,
    /// The text does not start with `MT:`.
    Prefix,
    /// A product id is missing where a vendor id is given.
    ProductIdMissing,
    /// There is data behind the fixed part, which this version does not read.
    TrailingData {
        /// How many bytes.
        len: usize,
    },
    /// A vendor id, product id, discriminator or passcode is out of range.
    Value(ValueError),
    /// The version is not 0.
    Version {
        /// The refused version.
        version: u8,
    },
}

impl From<ValueError> for Error {
    fn from(error: ValueError) -> Self {
        Self::Value(error)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Base38Overflow { position } => {
                write!(
                    f,
                    "characters from position {position} stand for more than their bytes can hold"
                )
            }
            Self::Character { position } => {
                write!(
                    f,
                    "character at position {position} is not allowed (QR: 0-9 A-Z - . and manual: 0-9 -)"
                )
            }
            Self::CheckDigit => f.write_str("last digit is not the check digit of the others"),
            Self::CommissioningFlow { value } => {
                write!(
                    f,
                    "commissioning flow {value} is not 0 (standard), 1 (user intent) or 2 (custom)"
                )
            }
            Self::DiscoveryCapabilities { mask } => write!(
                f,
                "discovery capabilities {mask} are not a sum of 2 (BLE), 4 (on network), 8 (Wi-Fi PAF), 16 (NFC) and \
                 32 (Thread)"
            ),
            Self::Length { len } => {
                write!(
                    f,
                    "{len} characters fit no code (QR: 22 with the prefix; manual: 11 or 21 digits)"
                )
            }
            Self::ManualGroup { position } => {
                write!(f, "digits from position {position} say more than their bits can hold")
            }
            Self::Padding => f.write_str("padding bits are not zero"),
            Self::Prefix => f.write_str("text does not start with MT:"),
            Self::ProductIdMissing => {
                f.write_str("product id is missing beside a vendor id; 0x0001..=0xFFFF is allowed")
            }
            Self::TrailingData { len } => write!(f, "{len} bytes of data follow the fixed part and cannot be read"),
            Self::Value(error) => error.fmt(f),
            Self::Version { version } => write!(f, "version {version} is not 0"),
        }
    }
}

impl core::error::Error for Error {}
