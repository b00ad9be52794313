use alloc::string::String;
use core::fmt;

use super::{FlashSize, Partition, PartitionTable};

/// An error in a partition table, with its place.
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

    /// Returns the line of the CSV or the row of the binary form, if the error is in one; both count from 1.
    #[must_use]
    pub const fn line(&self) -> Option<usize> {
        match self.place {
            Place::Table => None,
            Place::Line(number) | Place::Row(number) => Some(number),
        }
    }

    /// Returns the kind of error.
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

/// The kind of an error in a partition table.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
#[expect(missing_docs, reason = "the fields are the label, the value and the limit")]
pub enum TableErrorKind {
    /// An app has no subtype.
    AppSubtypeMissing,
    /// A row of the type `bootloader` needs the offset of the bootloader.
    BootloaderOffsetMissing { recovery: bool },
    /// The bootloader's offset is not before the table.
    BootloaderBehindTable { bootloader: u32, table: u32 },
    /// Bytes after the end of the table are not 0xFF.
    BytesBehindEnd { offset: usize },
    /// A partition ends after the end of the flash.
    DoesNotFit {
        partition: Partition,
        flash_size: FlashSize,
    },
    /// Two partitions have the same name.
    DuplicateLabel { label: String, earlier: usize },
    /// There are no partitions.
    Empty,
    /// There is no row of 0xFF.
    EndMissing,
    /// A partition given by its end ends before it begins.
    EndsBeforeStart { label: String, offset: u32, end: u32 },
    /// A flag is unknown.
    Flag { flag: String },
    /// Reserved flag bits are set.
    FlagBits { flags: u32 },
    /// A label is empty or has characters that a CSV cannot hold.
    Label { label: String },
    /// A label is longer than 16 bytes.
    LabelTooLong { label: String },
    /// Bytes after the end of a label are not zero, or the label is not UTF-8.
    LabelBytes,
    /// A line contains a line break that is neither LF nor CRLF.
    LineBreak,
    /// A row begins with neither AA 50 nor EB EB.
    Magic { found: [u8; 2] },
    /// The MD5 does not match the rows.
    Md5,
    /// The MD5 row is malformed.
    Md5Row,
    /// A writable NVS store is too small.
    NvsTooSmall { label: String, size: u32 },
    /// An offset is not a multiple of its alignment.
    OffsetAlignment { label: String, offset: u32, alignment: u32 },
    /// A partition begins before the end of the table.
    OffsetBelowTable { label: String, offset: u32, first: u32 },
    /// An offset is not a number, or is too large.
    OffsetValue { text: String },
    /// A partition begins before the end of the previous one.
    Order { label: String, offset: u32, end: u64 },
    /// An otadata partition does not have two sectors.
    OtaDataSize { label: String, size: u32 },
    /// There are two otadata partitions.
    OtaDataTwice { label: String, earlier: usize },
    /// Two partitions overlap.
    Overlap { first: Partition, second: Partition },
    /// A partition ends after 4 GiB.
    PastEnd { label: String, offset: u32, size: u64 },
    /// A partition that firmware writes is flagged readonly.
    ReadOnly { label: String },
    /// A size is not a multiple of its alignment.
    SizeAlignment { label: String, size: u32, alignment: u32 },
    /// A partition has no size.
    SizeMissing { label: String },
    /// A size is not a number, or is too large.
    SizeValue { text: String },
    /// A partition has no bytes.
    SizeZero { label: String },
    /// A subtype is neither a known name nor a number.
    SubtypeValue { text: String },
    /// The text is not UTF-8.
    Text { offset: usize },
    /// The text is UTF-16.
    TextUtf16,
    /// There are too many partitions.
    TooMany { count: usize, limit: usize },
    /// The binary form ends inside a row.
    Truncated { len: usize },
    /// A partition has no type.
    TypeMissing,
    /// A type is neither a known name nor a number.
    TypeValue { text: String },
    /// A cell contains an environment variable, which is not expanded.
    Variable,
}

impl fmt::Display for TableErrorKind {
    #[expect(clippy::too_many_lines, reason = "a table of messages")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AppSubtypeMissing => f.write_str("an app needs a subtype, such as factory or ota_0"),
            Self::BootloaderOffsetMissing { recovery: false } => {
                f.write_str("a row of the type bootloader needs the offset of the chip's bootloader")
            }
            Self::BootloaderOffsetMissing { recovery: true } => {
                f.write_str("a row of the subtype recovery needs the offset of the recovery bootloader")
            }
            Self::BootloaderBehindTable { bootloader, table } => {
                write!(
                    f,
                    "the bootloader at {bootloader:#x} is not before the table at {table:#x}"
                )
            }
            Self::BytesBehindEnd { offset } => {
                write!(f, "the byte at {offset:#x}, after the end of the table, is not 0xff")
            }
            Self::DoesNotFit { partition, flash_size } => {
                write!(f, "{partition} does not fit a flash of {flash_size}")
            }
            Self::DuplicateLabel { label, earlier } => {
                write!(f, "duplicate name '{label}', first used in line {earlier}")
            }
            Self::Empty => f.write_str("the table has no partitions"),
            Self::EndMissing => f.write_str("the table has no end marker (a row of FF)"),
            Self::EndsBeforeStart { label, offset, end } => {
                write!(f, "{label} begins at {offset:#x} and would end at {end:#x}")
            }
            Self::Flag { flag } => write!(
                f,
                "unknown flag {flag:?}; allowed: encrypted, readonly, or both separated by a colon"
            ),
            Self::FlagBits { flags } => write!(
                f,
                "the flags {flags:#x} have bits other than 1 (encrypted) and 2 (readonly)"
            ),
            Self::Label { label } if label.is_empty() => f.write_str("a partition has no name"),
            Self::Label { label } => write!(
                f,
                "the name {label:?} has a comma, a dollar sign, a control character, a leading or trailing space, or a leading #"
            ),
            Self::LabelTooLong { label } => {
                write!(
                    f,
                    "the name {label} is too long: {} bytes; at most {} are allowed",
                    label.len(),
                    Partition::MAX_LABEL
                )
            }
            Self::LabelBytes => f.write_str("the name is not UTF-8 padded with zeros"),
            Self::LineBreak => f.write_str("a line break that is neither LF nor CRLF"),
            Self::Magic { found: [a, b] } => write!(f, "begins with {a:02X} {b:02X}, expected AA 50 or EB EB"),
            Self::Md5 => f.write_str("the MD5 of the table is wrong: the table is damaged"),
            Self::Md5Row => f.write_str("the MD5 row is malformed or is not the last row"),
            Self::NvsTooSmall { label, size } => write!(
                f,
                "{label} has {size:#x} bytes; an NVS partition needs at least 0x3000 bytes or the flag readonly"
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
                "the offset {offset:#x} of {label} is before {first:#x}, the end of the partition table"
            ),
            Self::OffsetValue { text } => {
                write!(f, "the offset {text:?} must be empty or a number of bytes below 4 GiB")
            }
            Self::Order { label, offset, end } => {
                write!(
                    f,
                    "the offset {offset:#x} of {label} is before {end:#x}, the end of the previous partition"
                )
            }
            Self::OtaDataSize { label, size } => write!(f, "{label} has {size:#x} bytes; otadata needs 0x2000"),
            Self::OtaDataTwice { label, earlier } => {
                write!(
                    f,
                    "{label} is a second otadata partition; the first is in line {earlier}"
                )
            }
            Self::Overlap { first, second } => write!(f, "{first} and {second} overlap"),
            Self::PastEnd { label, offset, size } => {
                write!(f, "{label} with {size:#x} bytes at {offset:#x} ends after 4 GiB")
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
                    "the subtype {text:?} is neither a name of this type nor a number in the range 0 to 254"
                )
            }
            Self::Text { offset } => {
                write!(
                    f,
                    "neither a binary partition table nor text: the byte at {offset} is not UTF-8"
                )
            }
            Self::TextUtf16 => f.write_str("the text is UTF-16: save it as UTF-8"),
            Self::TooMany { count, limit } => {
                write!(
                    f,
                    "the table has {count} partitions; at most {limit} fit into {:#x} bytes",
                    PartitionTable::LEN
                )
            }
            Self::Truncated { len } => write!(f, "the table ends inside a row: {len} bytes are not a multiple of 32"),
            Self::TypeMissing => f.write_str("a partition has no type"),
            Self::TypeValue { text } => write!(
                f,
                "the type {text:?} is not app, data, bootloader, partition_table or a number in the range 0 to 254"
            ),
            Self::Variable => {
                f.write_str("environment variables ($) are not supported: only ESP-IDF's build expands them")
            }
        }
    }
}
