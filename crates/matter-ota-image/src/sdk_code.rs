use core::fmt;

/// A result code of the SDK's `OTAImageHeaderParser`, numbered as in connectedhomeip's `CHIPError.h`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SdkCode {
    /// The header is larger than the parser allows.
    NoMemory = 0x0B,
    /// The parser needs more data.
    BufferTooSmall = 0x19,
    /// A string is longer than allowed.
    InvalidStringLength = 0x1E,
    /// The structure ends where an element is expected.
    EndOfTlv = 0x21,
    /// The header ends inside an element.
    TlvUnderrun = 0x22,
    /// An element has a reserved type, or ends a container that is not open.
    InvalidTlvElement = 0x23,
    /// A tag is not allowed at its position.
    InvalidTlvTag = 0x24,
    /// A tag of an implicit profile.
    UnknownImplicitTlvTag = 0x25,
    /// An element has the wrong type.
    WrongTlvType = 0x26,
    /// An element has the wrong tag.
    UnexpectedTlvElement = 0x2B,
    /// The length of a string does not fit into 32 bits.
    NotImplemented = 0x2D,
    /// A number does not fit into its field.
    InvalidIntegerValue = 0x8F,
    /// The file identifier is wrong.
    InvalidFileIdentifier = 0xDA,
}

impl SdkCode {
    /// Returns the number.
    #[must_use]
    pub const fn number(self) -> u8 {
        #[expect(clippy::as_conversions, reason = "the discriminants are bytes")]
        {
            self as u8
        }
    }

    /// Returns the name in `CHIPError.h`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NoMemory => "CHIP_ERROR_NO_MEMORY",
            Self::BufferTooSmall => "CHIP_ERROR_BUFFER_TOO_SMALL",
            Self::InvalidStringLength => "CHIP_ERROR_INVALID_STRING_LENGTH",
            Self::EndOfTlv => "CHIP_END_OF_TLV",
            Self::TlvUnderrun => "CHIP_ERROR_TLV_UNDERRUN",
            Self::InvalidTlvElement => "CHIP_ERROR_INVALID_TLV_ELEMENT",
            Self::InvalidTlvTag => "CHIP_ERROR_INVALID_TLV_TAG",
            Self::UnknownImplicitTlvTag => "CHIP_ERROR_UNKNOWN_IMPLICIT_TLV_TAG",
            Self::WrongTlvType => "CHIP_ERROR_WRONG_TLV_TYPE",
            Self::UnexpectedTlvElement => "CHIP_ERROR_UNEXPECTED_TLV_ELEMENT",
            Self::NotImplemented => "CHIP_ERROR_NOT_IMPLEMENTED",
            Self::InvalidIntegerValue => "CHIP_ERROR_INVALID_INTEGER_VALUE",
            Self::InvalidFileIdentifier => "CHIP_ERROR_INVALID_FILE_IDENTIFIER",
        }
    }
}

impl fmt::Display for SdkCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#04X}", self.number())
    }
}
