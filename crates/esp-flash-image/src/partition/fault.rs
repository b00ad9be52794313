use alloc::string::String;
use core::fmt;

use super::{FlashSize, Partition, PartitionTable};

/// Why a partition table is refused, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableError {
    place: Place,
    kind: TableErrorKind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Table,
    Line(usize),
    Row(usize),
}

impl TableError {
    pub(super) const fn of_table(kind: TableErrorKind) -> Self {
        Self {
            place: Place::Table,
            kind,
        }
    }

    pub(super) const fn at_line(line: usize, kind: TableErrorKind) -> Self {
        Self {
            place: Place::Line(line),
            kind,
        }
    }

    pub(super) const fn at_row(row: usize, kind: TableErrorKind) -> Self {
        Self {
            place: Place::Row(row),
            kind,
        }
    }

    /// Returns the line of the CSV, or the row of the binary form, when it is one; both count from 1.
    #[must_use]
    pub const fn line(&self) -> Option<usize> {
        match self.place {
            Place::Table => None,
            Place::Line(number) | Place::Row(number) => Some(number),
        }
    }

    /// Returns what is wrong.
    #[must_use]
    pub const fn kind(&self) -> &TableErrorKind {
        &self.kind
    }
}

impl fmt::Display for TableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.place {
            Place::Table => self.kind.fmt(f),
            Place::Line(number) => write!(f, "line {number}: {}", self.kind),
            Place::Row(number) => write!(f, "row {number}: {}", self.kind),
        }
    }
}

impl core::error::Error for TableError {}

/// What is wrong with a partition table.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the fields are the label, the value and the limit")]
pub enum TableErrorKind {
    /// An app has no subtype.
    AppSubtypeMissing,
    /// A row of the type `bootloader` needs the offset of the bootloader.
    BootloaderOffsetMissing { recovery: bool },
    /// The bootloader is said to be behind the table.
    BootloaderBehindTable { bootloader: u32, table: u32 },
    /// Bytes behind the end of the table are not 0xFF.
    BytesBehindEnd { offset: usize },
    /// A partition ends behind the end of the flash.
    DoesNotFit {
        partition: Partition,
        flash_size: FlashSize,
    },
    /// Two partitions have one name.
    DuplicateLabel { label: String, earlier: usize },
    /// There are no partitions.
    Empty,
    /// There is no row of 0xFF.
    EndMissing,
    /// A partition with an end instead of a size ends before it begins.
    EndsBeforeStart { label: String, offset: u32, end: u32 },
    /// A flag is not known.
    Flag { flag: String },
    /// Bits of the flags are reserved.
    FlagBits { flags: u32 },
    /// A label has characters that a CSV cannot hold, or none.
    Label { label: String },
    /// A label is longer than 16 bytes.
    LabelTooLong { label: String },
    /// Bytes behind the end of a label are not zero, or the label is not UTF-8.
    LabelBytes,
    /// A line has a line break in it that is neither LF nor CRLF.
    LineBreak,
    /// A row begins with neither AA 50 nor EB EB.
    Magic { found: [u8; 2] },
    /// The MD5 is that of other rows.
    Md5,
    /// The row of the MD5 is not as it should be.
    Md5Row,
    /// A writable NVS store is too small.
    NvsTooSmall { label: String, size: u32 },
    /// An offset is no multiple of what it has to be.
    OffsetAlignment { label: String, offset: u32, alignment: u32 },
    /// A partition begins before the end of the table.
    OffsetBelowTable { label: String, offset: u32, first: u32 },
    /// An offset is no number, or too large.
    OffsetValue { text: String },
    /// A partition begins before the end of the one in the line before.
    Order { label: String, offset: u32, end: u64 },
    /// An otadata partition has not two sectors.
    OtaDataSize { label: String, size: u32 },
    /// There are two otadata partitions.
    OtaDataTwice { label: String, earlier: usize },
    /// Two partitions overlap.
    Overlap { first: Partition, second: Partition },
    /// A partition ends behind 4 GiB.
    PastEnd { label: String, offset: u32, size: u64 },
    /// A partition that firmware writes is flagged readonly.
    ReadOnly { label: String },
    /// A size is no multiple of what it has to be.
    SizeAlignment { label: String, size: u32, alignment: u32 },
    /// There is no size.
    SizeMissing { label: String },
    /// A size is no number, or too large.
    SizeValue { text: String },
    /// A partition has no bytes.
    SizeZero { label: String },
    /// A subtype is no known name and no number.
    SubtypeValue { text: String },
    /// The text is not UTF-8.
    Text { offset: usize },
    /// The text is UTF-16.
    TextUtf16,
    /// There are more partitions than there is room for.
    TooMany { count: usize, limit: usize },
    /// The binary form ends inside a row.
    Truncated { len: usize },
    /// There is no type.
    TypeMissing,
    /// A type is no known name and no number.
    TypeValue { text: String },
    /// A variable of the environment, which is not replaced here.
    Variable,
}

impl fmt::Display for TableErrorKind {
    #[expect(clippy::too_many_lines, reason = "a table of sentences")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AppSubtypeMissing => f.write_str("an app needs a subtype, such as factory or ota_0"),
            Self::BootloaderOffsetMissing { recovery: false } => {
                f.write_str("a row of the type bootloader needs the offset of the chip's bootloader")
            }
            Self::BootloaderOffsetMissing { recovery: true } => {
                f.write_str("a recovery bootloader needs its offset to be given")
            }
            Self::BootloaderBehindTable { bootloader, table } => {
                write!(
                    f,
                    "the bootloader at {bootloader:#x} is not before the table at {table:#x}"
                )
            }
            Self::BytesBehindEnd { offset } => {
                write!(f, "the byte at {offset:#x}, behind the end of the table, is not 0xff")
            }
            Self::DoesNotFit { partition, flash_size } => {
                write!(f, "{partition} does not fit a flash of {flash_size}")
            }
            Self::DuplicateLabel { label, earlier } => write!(f, "{label} is the name of line {earlier} as well"),
            Self::Empty => f.write_str("the table has no partitions"),
            Self::EndMissing => f.write_str("the table has no end: a row of FF is missing"),
            Self::EndsBeforeStart { label, offset, end } => {
                write!(f, "{label} begins at {offset:#x} and would end at {end:#x}")
            }
            Self::Flag { flag } => write!(
                f,
                "unknown flag {flag:?}: the flags are encrypted, readonly, both with a colon between, or none"
            ),
            Self::FlagBits { flags } => write!(
                f,
                "the flags {flags:#x} have bits other than 1 (encrypted) and 2 (readonly)"
            ),
            Self::Label { label } if label.is_empty() => f.write_str("a partition has no name"),
            Self::Label { label } => write!(
                f,
                "the name {label:?} has a comma, a dollar or control character, a space at an end or a # at its start"
            ),
            Self::LabelTooLong { label } => {
                write!(
                    f,
                    "the name {label} has {} bytes, allowed are 1 to {}",
                    label.len(),
                    Partition::MAX_LABEL
                )
            }
            Self::LabelBytes => f.write_str("the name is not UTF-8 with zeros behind it"),
            Self::LineBreak => f.write_str("a line break that is neither LF nor CRLF"),
            Self::Magic { found: [a, b] } => write!(f, "begins with {a:02X} {b:02X}, expected AA 50 or EB EB"),
            Self::Md5 => f.write_str("the table has another MD5 than it states: it is damaged"),
            Self::Md5Row => f.write_str("the row of the MD5 has not FF up to it, or is not the last one"),
            Self::NvsTooSmall { label, size } => write!(
                f,
                "{label} has {size:#x} bytes: an NVS store has 0x3000 or more, or is flagged readonly"
            ),
            Self::OffsetAlignment {
                label,
                offset,
                alignment,
            } => {
                write!(
                    f,
                    "the offset {offset:#x} of {label} is not a multiple of {alignment:#x}"
                )
            }
            Self::OffsetBelowTable { label, offset, first } => write!(
                f,
                "the offset {offset:#x} of {label} is before {first:#x}, where the first partition may begin"
            ),
            Self::OffsetValue { text } => {
                write!(f, "the offset {text:?} is not a number of bytes below 4 GiB, nor empty")
            }
            Self::Order { label, offset, end } => {
                write!(
                    f,
                    "the offset {offset:#x} of {label} is before {end:#x}, where the partition before it ends"
                )
            }
            Self::OtaDataSize { label, size } => write!(f, "{label} has {size:#x} bytes: otadata has 0x2000"),
            Self::OtaDataTwice { label, earlier } => {
                write!(f, "{label} is otadata as that of line {earlier}: a table has one")
            }
            Self::Overlap { first, second } => write!(f, "{first} and {second} overlap"),
            Self::PastEnd { label, offset, size } => {
                write!(f, "{label} with {size:#x} bytes at {offset:#x} ends behind 4 GiB")
            }
            Self::ReadOnly { label } => write!(f, "{label} is always written by firmware and cannot be readonly"),
            Self::SizeAlignment { label, size, alignment } => {
                write!(f, "the size {size:#x} of {label} is not a multiple of {alignment:#x}")
            }
            Self::SizeMissing { label } => write!(f, "{label} has no size"),
            Self::SizeValue { text } => {
                write!(
                    f,
                    "the size {text:?} is not a number of bytes below 4 GiB, such as 0x6000, 24K or 1M"
                )
            }
            Self::SizeZero { label } => write!(f, "{label} has no bytes"),
            Self::SubtypeValue { text } => {
                write!(
                    f,
                    "the subtype {text:?} is neither a name of this type nor a number from 0 to 254"
                )
            }
            Self::Text { offset } => {
                write!(
                    f,
                    "neither a binary partition table nor a text: the byte at {offset} is not UTF-8"
                )
            }
            Self::TextUtf16 => f.write_str("the text is UTF-16: save it as UTF-8"),
            Self::TooMany { count, limit } => {
                write!(
                    f,
                    "the table has {count} partitions, {:#x} bytes have room for {limit}",
                    PartitionTable::LEN
                )
            }
            Self::Truncated { len } => write!(f, "the table ends inside a row: {len} bytes are not a multiple of 32"),
            Self::TypeMissing => f.write_str("a partition has no type"),
            Self::TypeValue { text } => write!(
                f,
                "the type {text:?} is not app, data, bootloader, partition_table or a number from 0 to 254"
            ),
            Self::Variable => f.write_str("a variable of the environment ($), which only ESP-IDF's build replaces"),
        }
    }
}
