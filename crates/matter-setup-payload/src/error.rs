use core::fmt;

use matter_types::Error as ValueError;

/// A code or field that is not acceptable, with its position.
///
/// It never contains a passcode, a code or a character of a code.
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

    /// Returns the kind of error.
    #[must_use]
    pub const fn kind(self) -> ErrorKind {
        self.kind
    }

    /// Returns the position as a character of the code, counted from 0, or `None` if the input was
    /// not a code.
    ///
    /// A QR text encodes three bytes in five characters: an error in a field or in TLV data has the
    /// position of the first character of the group in which it starts.
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

/// The kind of an [`Error`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The value of a group of QR characters does not fit into its bytes.
    Base38Overflow,
    /// The buffer is too small for the encoding.
    BufferTooSmall {
        /// The length of the buffer in bytes.
        len: usize,
    },
    /// A character is not in the alphabet of the code.
    Character,
    /// The last digit is not the Verhoeff check digit of the others.
    CheckDigit,
    /// The commissioning flow is not 0, 1 or 2.
    CommissioningFlow {
        /// The rejected value.
        value: u32,
    },
    /// There are no payloads to join.
    NoPayloads,
    /// The TLV data has no member; it must be omitted then.
    DataEmpty,
    /// The TLV data is not in the canonical encoding: a number or a length is not in its shortest
    /// form.
    DataNotCanonical,
    /// A tag of the TLV data is smaller than the one before it.
    DataOrder {
        /// The tag.
        tag: u8,
    },
    /// A number, or the length of a string, is not in the range for its tag.
    DataRange {
        /// The tag.
        tag: u8,
    },
    /// A tag of the TLV data is a duplicate.
    DataRepeated {
        /// The tag.
        tag: u8,
    },
    /// A tag of the TLV data is reserved, 0x05 to 0x7F.
    DataReserved {
        /// The tag.
        tag: u8,
    },
    /// The TLV data is not one anonymous structure whose members have context tags.
    DataShape,
    /// The TLV data does not fit into one payload with its limit of 255 characters.
    DataTooLong,
    /// Bytes follow the TLV data.
    DataTrailing,
    /// A value of the TLV data has a type that its tag does not allow.
    DataType {
        /// The tag.
        tag: u8,
    },
    /// The discovery capabilities are empty or have bits outside 1 to 5.
    DiscoveryCapabilities {
        /// The rejected mask.
        mask: u32,
    },
    /// The length does not match any code.
    Length {
        /// The number of characters of a payload without `MT:`, or of digits.
        len: usize,
    },
    /// The tag is not manufacturer-specific, 0x80 to 0xFF.
    ManufacturerTag {
        /// The rejected tag.
        value: u32,
    },
    /// The number of digits of a manual code contradicts its first digit.
    ManualFirstDigit {
        /// The number of digits.
        len: usize,
    },
    /// The first digit of a manual code, 8 or 9, is reserved for a later version.
    ManualVersion,
    /// The value of a group of digits of a manual code does not fit into its bits.
    ManualGroup,
    /// The text does not fit into a short NDEF record.
    NdefTooLong {
        /// The number of characters.
        len: usize,
    },
    /// The four bits after the passcode are not zero.
    Padding,
    /// Only one of PBKDF2 iterations and salt is present.
    PbkdfHalf,
    /// The text does not start with `MT:`.
    Prefix,
    /// A vendor id is present without a product id.
    ProductIdMissing,
    /// The text contains several payloads, but one is expected.
    SeveralPayloads,
    /// The TLV data are malformed.
    Tlv(matter_tlv::Error),
    /// All payloads together exceed the largest QR code.
    TooLong,
    /// A vendor id, product id, discriminator or passcode is out of range.
    Value(ValueError),
    /// The version is not 0.
    Version {
        /// The rejected version.
        version: u8,
    },
}

impl fmt::Display for ErrorKind {
    #[rustfmt::skip]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Base38Overflow => f.write_str("value of a group of characters does not fit into its bytes"),
            Self::BufferTooSmall { len } => write!(f, "buffer of {len} bytes is too small for the code"),
            Self::Character => f.write_str("character is not allowed (QR text: 0-9 A-Z - . and manual code: 0-9 -)"),
            Self::CheckDigit => f.write_str("check digit (the last digit) is wrong"),
            Self::CommissioningFlow { value } => {
                write!(f, "commissioning flow {value} is not 0 (standard), 1 (user intent) or 2 (custom)")
            }
            Self::NdefTooLong { len } => write!(f, "text is too long for an NDEF record: {len} characters; at most 254 are allowed"),
            Self::NoPayloads => f.write_str("no payloads; at least 1 is needed"),
            Self::DataEmpty => f.write_str("TLV data has no members; omit it"),
            Self::DataNotCanonical => f.write_str("TLV data has a number or a length that is not in its shortest form"),
            Self::DataOrder { tag } => write!(f, "tag {tag:#04x} of the TLV data is smaller than the one before it"),
            Self::DataRange { tag } => write!(f, "value of tag {tag:#04x} of the TLV data is not {}", allowed(tag)),
            Self::DataRepeated { tag } => write!(f, "duplicate tag {tag:#04x} in the TLV data"),
            Self::DataReserved { tag } => {
                write!(f, "tag {tag:#04x} of the TLV data is reserved; 0x00 to 0x04 and 0x80 to 0xff are allowed")
            }
            Self::DataShape => f.write_str("TLV data is not one anonymous structure whose members have context tags"),
            Self::DataTooLong => f.write_str("payload with its TLV data is longer than 255 characters"),
            Self::DataTrailing => f.write_str("bytes follow the end of the TLV data"),
            Self::DataType { tag } => write!(f, "value of tag {tag:#04x} of the TLV data is not {}", allowed(tag)),
            Self::DiscoveryCapabilities { mask } => write!(
                f,
                "discovery capabilities {mask} are not a sum of 2 (BLE), 4 (on network), 8 (Wi-Fi PAF), 16 (NFC) and \
                 32 (Thread)"
            ),
            Self::Length { len } => write!(
                f,
                "length {len} does not match any code (QR text: 19 characters after MT:, more with TLV data; manual code: 11 or 21 digits)"
            ),
            Self::ManufacturerTag { value } => write!(f, "tag {value:#04x} is not in the range 0x80 to 0xff"),
            Self::ManualFirstDigit { len } => write!(
                f,
                "{len} digits contradict the first digit: codes of 11 digits start with 0 to 3, codes of 21 digits with 4 to 7"
            ),
            Self::ManualVersion => f.write_str("first digit 8 or 9 is reserved for a later version of manual codes"),
            Self::ManualGroup => f.write_str("value of a group of digits does not fit into its bits"),
            Self::Padding => f.write_str("padding bits are not zero"),
            Self::PbkdfHalf => f.write_str("PBKDF2 iterations (tag 0x01) and salt (tag 0x02) are not both present"),
            Self::Prefix => f.write_str("text does not start with MT:"),
            Self::ProductIdMissing => {
                f.write_str("vendor id without a product id; a product id from 0x0001 to 0xFFFF is needed")
            }
            Self::SeveralPayloads => f.write_str("text contains several payloads, but one is expected"),
            Self::Tlv(error) => write!(f, "TLV data (offsets from its start): {error}"),
            Self::TooLong => f.write_str("text is longer than 4296 characters, the limit of the largest QR code"),
            Self::Value(error) => error.fmt(f),
            Self::Version { version } => write!(f, "version {version} is not 0"),
        }
    }
}

/// The allowed values of a tag.
const fn allowed(tag: u8) -> &'static str {
    match tag {
        0x00 => "a UTF-8 string of 1 to 32 bytes or a number in the range 0 to 4294967295",
        0x01 => "a number in the range 1000 to 100000",
        0x02 => "a byte string of 16 to 32 bytes",
        0x03 => "a number in the range 1 to 255",
        0x04 => "a number in the range 0 to 65535",
        _ => "a UTF-8 string or an integer",
    }
}
