use alloc::string::String;
use core::fmt;

use crate::config::PartitionSize;
use crate::error::Error;
use crate::name::Key;

/// What is wrong with a CSV file, and where. Neither part repeats a value, which may be a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CsvError {
    /// The name of the file, as the caller gave it.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
    /// The column in characters, from 1.
    pub column: u32,
    /// What is wrong.
    pub reason: CsvReason,
}

/// Why a row cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CsvReason {
    /// The row is too short for a column that it needs.
    CellMissing {
        /// The column's name.
        column: &'static str,
    },
    /// The cell is not empty, and the header names no column for it: a comma too many, or quotes that are missing.
    CellWithoutColumn,
    /// The header has no such column.
    ColumnMissing {
        /// The column's name.
        column: &'static str,
    },
    /// The header has such a column twice.
    ColumnTwice {
        /// The column's name.
        column: &'static str,
    },
    /// The key stands in an earlier row of the same namespace.
    Duplicate {
        /// The key.
        key: Key,
        /// The earlier row's file.
        file: String,
        /// The earlier row's line.
        line: u32,
    },
    /// The encoding `blob_fill(LEN;0xPP)` or `blob_sz_fill(LEN;0xPP)` is not in that form, or the value longer than it
    /// says.
    Fill,
    /// The file that the row names cannot be read; the text is the caller's.
    File(String),
    /// A file's contents are to be read as text and are not UTF-8.
    FileNotUtf8,
    /// The file has no row, so that it has no header either.
    HeaderMissing,
    /// The row stands before the first row with a namespace.
    NamespaceMissing,
    /// The value, the key or the namespace cannot be stored.
    Nvs(Error),
    /// The entries up to this row do not fit into the partition.
    PartitionTooSmall {
        /// The partition's size.
        size: PartitionSize,
        /// The size that all rows need; `None` when none is large enough.
        needed: Option<PartitionSize>,
    },
    /// A quote is opened here and not closed, or only by the quote that opens a cell of a later row.
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
            Self::CellMissing { column } => write!(f, "row has no cell for the column '{column}'"),
            Self::CellWithoutColumn => f.write_str(
                "cell belongs to no column of the header; a value with a separator in it stands in quotes, which begin \
                 at once behind the separator",
            ),
            Self::ColumnMissing { column } => {
                write!(f, "header has no column '{column}' (key, type, encoding and value are needed)")
            }
            Self::ColumnTwice { column } => write!(f, "header has the column '{column}' twice"),
            Self::Duplicate { key, file, line } => {
                write!(f, "key '{key}' stands in its namespace already, in {file}:{line}")
            }
            Self::Fill => f.write_str(
                "not blob_fill(LEN;0xPP) or blob_sz_fill(LEN;0xPP) with a value of at most LEN bytes and LEN of at most \
                 508000",
            ),
            Self::File(reason) => write!(f, "file cannot be read: {reason}"),
            Self::FileNotUtf8 => f.write_str("file is not UTF-8, which this encoding asks for"),
            Self::HeaderMissing => f.write_str("file has no header (key, type, encoding and value are needed)"),
            Self::NamespaceMissing => f.write_str("row stands before any namespace"),
            Self::Nvs(error) => error.fmt(f),
            Self::PartitionTooSmall { size, needed: Some(needed) } => {
                write!(f, "entries do not fit into {size} bytes; {needed} are enough")
            }
            Self::PartitionTooSmall { size, needed: None } => {
                write!(f, "entries do not fit into {size} bytes, nor into any partition")
            }
            Self::UnclosedQuote => f.write_str("a quote is opened and not closed"),
            Self::UnknownType => f.write_str("type is not data, file or namespace"),
        }
    }
}

impl core::error::Error for CsvError {}
