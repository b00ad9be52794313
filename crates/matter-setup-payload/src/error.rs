use core::fmt;

use matter_types::Error as ValueError;

/// Why a code or one of its fields is not acceptable, and where.
///
/// It never carries a passcode, a whole code or a character of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    position: Option<usize>,
}

impl Error {
    pub(crate) const fn new(kind: ErrorKind) -> Self {
        Self { kind, position: None }
    }

    pub(crate) const fn at(kind: ErrorKind, position: usize) -> Self {
        Self {
            kind,
            position: Some(position),
        }
    }

    /// Returns what is wrong.
    #[must_use]
    pub const fn kind(self) -> ErrorKind {
        self.kind
    }

    /// Returns the character of the code, counted from 0, at which it was found; `None` when no code was being read.
    ///
    /// A QR text has five characters for three bytes: what is wrong with a field or with TLV data is reported at the
    /// first character of the group in which it starts.
    #[must_use]
    pub const fn position(self) -> Option<usize> {
        self.position
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self::new(kind)
    }
}

impl From<ValueError> for Error {
    fn from(error: ValueError) -> Self {
        ErrorKind::Value(error).into()
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.kind.fmt(f)?;
        match self.position {
            Some(position) => write!(f, " (at character {position})"),
            None => Ok(()),
        }
    }
}

impl core::error::Error for Error {}

/// What is wrong with a code or one of its fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A group of QR characters stands for more than its bytes can hold.
    Base38Overflow,
    /// The buffer has no room for the encoding.
    BufferTooSmall {
        /// How many bytes it has.
        len: usize,
    },
    /// A character is not in the alphabet of the code.
    Character,
    /// The last digit is not the Verhoeff check digit of the others.
    CheckDigit,
    /// The commissioning flow is not 0, 1 or 2.
    CommissioningFlow {
        /// The refused value.
        value: u32,
    },
    /// There are no payloads to join.
    NoPayloads,
    /// There are TLV data without a member; they must be left out then.
    DataEmpty,
    /// The TLV data are not in the canonical encoding: a number or a length is wider than it must be.
    DataNotCanonical,
    /// A tag of the TLV data is smaller than the one before it.
    DataOrder {
        /// The tag.
        tag: u8,
    },
    /// A number, or the length of a string, is out of the range of its tag.
    DataRange {
        /// The tag.
        tag: u8,
    },
    /// A tag stands twice in the TLV data.
    DataRepeated {
        /// The tag.
        tag: u8,
    },
    /// A tag of the TLV data is reserved, 0x05..=0x7F.
    DataReserved {
        /// The tag.
        tag: u8,
    },
    /// The TLV data are not one anonymous structure whose members have context tags.
    DataShape,
    /// The TLV data do not fit into one payload with its limit of 255 characters.
    DataTooLong,
    /// Bytes follow the TLV data.
    DataTrailing,
    /// A value of the TLV data has a type that its tag does not allow.
    DataType {
        /// The tag.
        tag: u8,
    },
    /// The discovery capabilities are none or more than bits 1 to 5.
    DiscoveryCapabilities {
        /// The refused mask.
        mask: u32,
    },
    /// The number of characters fits no code.
    Length {
        /// How many there are: of a payload without `MT:`, or of digits.
        len: usize,
    },
    /// The tag is not one for manufacturers, 0x80..=0xFF.
    ManufacturerTag {
        /// The refused tag.
        value: u32,
    },
    /// The number of digits of a manual code is not that of its first digit.
    ManualFirstDigit {
        /// How many digits there are.
        len: usize,
    },
    /// The first digit of a manual code, 8 or 9, belongs to a later version.
    ManualVersion,
    /// A group of digits of a manual code says more than its bits can hold.
    ManualGroup,
    /// The text does not fit into a short NDEF record.
    NdefTooLong {
        /// How many characters it has.
        len: usize,
    },
    /// The four bits behind the passcode are not zero.
    Padding,
    /// Only one of PBKDF2 iterations and salt is there.
    PbkdfHalf,
    /// The text does not start with `MT:`.
    Prefix,
    /// A product id is missing where a vendor id is given.
    ProductIdMissing,
    /// There are several payloads where one is expected.
    SeveralPayloads,
    /// The TLV data are malformed.
    Tlv(matter_tlv::Error),
    /// All payloads together are longer than the largest QR code.
    TooLong,
    /// A vendor id, product id, discriminator or passcode is out of range.
    Value(ValueError),
    /// The version is not 0.
    Version {
        /// The refused version.
        version: u8,
    },
}

impl fmt::Display for ErrorKind {
    #[rustfmt::skip]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Base38Overflow => f.write_str("group of characters stands for more than its bytes can hold"),
            Self::BufferTooSmall { len } => write!(f, "buffer of {len} bytes is too small for the code"),
            Self::Character => f.write_str("character is not allowed (QR text: 0-9 A-Z - . and manual code: 0-9 -)"),
            Self::CheckDigit => f.write_str("last digit is not the check digit of the others"),
            Self::CommissioningFlow { value } => {
                write!(f, "commissioning flow {value} is not 0 (standard), 1 (user intent) or 2 (custom)")
            }
            Self::NdefTooLong { len } => write!(f, "{len} characters do not fit an NDEF record; at most 254 do"),
            Self::NoPayloads => f.write_str("there is no payload; at least 1 is needed"),
            Self::DataEmpty => f.write_str("TLV data have no member; they must be left out then"),
            Self::DataNotCanonical => f.write_str("TLV data have a number or a length that is wider than it must be"),
            Self::DataOrder { tag } => write!(f, "tag {tag:#04x} of the TLV data is smaller than the one before it"),
            Self::DataRange { tag } => write!(f, "value of tag {tag:#04x} of the TLV data is not {}", allowed(tag)),
            Self::DataRepeated { tag } => write!(f, "tag {tag:#04x} stands twice in the TLV data"),
            Self::DataReserved { tag } => {
                write!(f, "tag {tag:#04x} of the TLV data is reserved; 0x00..=0x04 and 0x80..=0xff are allowed")
            }
            Self::DataShape => f.write_str("TLV data are not one anonymous structure whose members have context tags"),
            Self::DataTooLong => f.write_str("payload is longer than 255 characters with its TLV data"),
            Self::DataTrailing => f.write_str("bytes follow the end of the TLV data"),
            Self::DataType { tag } => write!(f, "value of tag {tag:#04x} of the TLV data is not {}", allowed(tag)),
            Self::DiscoveryCapabilities { mask } => write!(
                f,
                "discovery capabilities {mask} are not a sum of 2 (BLE), 4 (on network), 8 (Wi-Fi PAF), 16 (NFC) and \
                 32 (Thread)"
            ),
            Self::Length { len } => write!(
                f,
                "{len} characters fit no code (QR text: 19 behind MT:, more with TLV data; manual code: 11 or 21 digits)"
            ),
            Self::ManufacturerTag { value } => write!(f, "tag {value:#04x} is not in 0x80..=0xff"),
            Self::ManualFirstDigit { len } => write!(
                f,
                "{len} digits contradict the first of them: codes of 11 digits start with 0 to 3, codes of 21 with 4 to 7"
            ),
            Self::ManualVersion => f.write_str("first digit 8 or 9 belongs to a later version of manual codes"),
            Self::ManualGroup => f.write_str("group of digits says more than its bits can hold"),
            Self::Padding => f.write_str("padding bits are not zero"),
            Self::PbkdfHalf => f.write_str("PBKDF2 iterations (tag 0x01) and salt (tag 0x02) are not both there"),
            Self::Prefix => f.write_str("text does not start with MT:"),
            Self::ProductIdMissing => {
                f.write_str("product id is missing beside a vendor id; 0x0001..=0xFFFF is allowed")
            }
            Self::SeveralPayloads => f.write_str("several payloads are joined where one is expected"),
            Self::Tlv(error) => write!(f, "TLV data, counted from their start: {error}"),
            Self::TooLong => f.write_str("text is longer than the 4296 characters of the largest QR code"),
            Self::Value(error) => error.fmt(f),
            Self::Version { version } => write!(f, "version {version} is not 0"),
        }
    }
}

/// What the value of a tag may be.
const fn allowed(tag: u8) -> &'static str {
    match tag {
        0x00 => "a UTF-8 string of 1..=32 bytes or a number in 0..=4294967295",
        0x01 => "a number in 1000..=100000",
        0x02 => "16..=32 octets",
        0x03 => "a number in 1..=255",
        0x04 => "a number in 0..=65535",
        _ => "a UTF-8 string or a whole number",
    }
}
