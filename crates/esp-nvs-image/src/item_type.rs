/// The type code of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ItemType {
    /// Unsigned, 8 bits; in the table of namespaces the index of a namespace.
    U8,
    /// Signed, 8 bits.
    I8,
    /// Unsigned, 16 bits.
    U16,
    /// Signed, 16 bits.
    I16,
    /// Unsigned, 32 bits.
    U32,
    /// Signed, 32 bits.
    I32,
    /// Unsigned, 64 bits.
    U64,
    /// Signed, 64 bits.
    I64,
    /// A 32-bit IEEE 754 number.
    Float,
    /// A 64-bit IEEE 754 number.
    Double,
    /// Text with a terminating NUL.
    Str,
    /// A blob in one piece (version 1).
    BlobV1,
    /// A chunk of a blob (version 2).
    BlobChunk,
    /// The index of a blob's chunks (version 2).
    BlobIndex,
}

impl ItemType {
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::U8 => 0x01,
            Self::I8 => 0x11,
            Self::U16 => 0x02,
            Self::I16 => 0x12,
            Self::U32 => 0x04,
            Self::I32 => 0x14,
            Self::U64 => 0x08,
            Self::I64 => 0x18,
            Self::Float => 0x24,
            Self::Double => 0x28,
            Self::Str => 0x21,
            Self::BlobV1 => 0x41,
            Self::BlobChunk => 0x42,
            Self::BlobIndex => 0x48,
        }
    }

    pub(crate) const fn from_code(code: u8) -> Option<Self> {
        Some(match code {
            0x01 => Self::U8,
            0x11 => Self::I8,
            0x02 => Self::U16,
            0x12 => Self::I16,
            0x04 => Self::U32,
            0x14 => Self::I32,
            0x08 => Self::U64,
            0x18 => Self::I64,
            0x24 => Self::Float,
            0x28 => Self::Double,
            0x21 => Self::Str,
            0x41 => Self::BlobV1,
            0x42 => Self::BlobChunk,
            0x48 => Self::BlobIndex,
            _ => return None,
        })
    }

    pub(crate) const fn has_payload(self) -> bool {
        matches!(self, Self::Str | Self::BlobV1 | Self::BlobChunk)
    }
    /// Returns the size of a number in bytes: the low half of the codes of fixed-size types.
    pub(crate) fn number_size(self) -> usize {
        usize::from(self.code() & 0x0F)
    }
}
