use alloc::string::String;
use core::fmt;

use crate::config::PartitionSize;
use crate::error::Error;
use crate::name::Key;

/// A fault of a CSV file, with its position. It never contains a value, which may be a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsvError {
    /// The name of the file, as given by the caller.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// The reason.
    pub reason: CsvReason,
}

/// The reason of a [`CsvError`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CsvReason {
    /// The row is too short for a required column.
    CellMissing {
        /// The name of the column.
        column: &'static str,
    },
    /// The cell is not empty, and the header has no column for it: an extra comma, or missing
    /// quotes.
    CellWithoutColumn,
    /// The header lacks a required column.
    ColumnMissing {
        /// The name of the column.
        column: &'static str,
    },
    /// The header has a duplicate column.
    ColumnTwice {
        /// The name of the column.
        column: &'static str,
    },
    /// The key is a duplicate of an earlier row in the same namespace.
    Duplicate {
        /// The key.
        key: Key,
        /// The file of the earlier row.
        file: String,
        /// The line of the earlier row.
        line: u32,
    },
    /// The encoding `blob_fill(LEN;0xPP)` or `blob_sz_fill(LEN;0xPP)` is malformed, or the value
    /// exceeds its length.
    Fill,
    /// The file of the row cannot be read; the text is the caller's.
    File(String),
    /// The contents of a file must be text and are not UTF-8.
    FileNotUtf8,
    /// The file has no rows, and therefore no header.
    HeaderMissing,
    /// The row precedes the first namespace row.
    NamespaceMissing,
    /// The value, the key or the namespace cannot be stored.
    Nvs(Error),
    /// The entries up to this row do not fit into the partition.
    PartitionTooSmall {
        /// The partition's size.
        size: PartitionSize,
        /// The size that all rows need; `None` if they exceed the largest partition.
        needed: Option<PartitionSize>,
    },
    /// The quote that opens here is unclosed, or closed only by the quote that opens a cell of a
    /// later row.
    UnclosedQuote,
    /// The type is not `data`, `file` or `namespace`.
    UnknownType,
}

impl fmt::Display for CsvError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}: {}", self.file, self.line, self.column, self.reason)
    }
}

impl fmt::Display for CsvReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CellMissing { column } => write!(f, "row has no cell for column '{column}'"),
            Self::CellWithoutColumn => f.write_str(
                "header has no column for this cell; a value that contains the separator must be in quotes, which start \
                 immediately after the separator",
            ),
            Self::ColumnMissing { column } => {
                write!(f, "header has no column '{column}' (key, type, encoding and value are needed)")
            }
            Self::ColumnTwice { column } => write!(f, "duplicate column '{column}' in the header"),
            Self::Duplicate { key, file, line } => {
                write!(f, "duplicate key '{key}' in its namespace; first in {file}:{line}")
            }
            Self::Fill => f.write_str(
                "not blob_fill(LEN;0xPP) or blob_sz_fill(LEN;0xPP) with a value of at most LEN bytes and LEN of at most \
                 508000",
            ),
            Self::File(reason) => write!(f, "file cannot be read: {reason}"),
            Self::FileNotUtf8 => f.write_str("file is not UTF-8, as required by this encoding"),
            Self::HeaderMissing => f.write_str("file has no header (key, type, encoding and value are needed)"),
            Self::NamespaceMissing => f.write_str("row precedes the first namespace"),
            Self::Nvs(error) => error.fmt(f),
            Self::PartitionTooSmall { size, needed: Some(needed) } => {
                write!(f, "entries do not fit into {size} bytes; {needed} are needed")
            }
            Self::PartitionTooSmall { size, needed: None } => {
                write!(f, "entries do not fit into {size} bytes or into the largest partition")
            }
            Self::UnclosedQuote => f.write_str("unclosed quote"),
            Self::UnknownType => f.write_str("type is not data, file or namespace"),
        }
    }
}

impl core::error::Error for CsvError {}
