use std::fmt;
use std::path::{Path, PathBuf};

use csv::{ReaderBuilder, StringRecord};

use crate::{Error, inputs};

/// A CSV file in memory: rows of cells, each with the line in which it starts.
///
/// UTF-8, with or without a byte order mark, lines ending in LF or CRLF, cells separated by commas or semicolons,
/// quoted cells over several lines. Empty lines are skipped.
#[derive(Clone)]
pub struct Table {
    path: PathBuf,
    rows: Vec<TableRow>,
}

/// One row of a table.
#[derive(Clone)]
pub(crate) struct TableRow {
    /// From 1.
    pub(crate) line: u64,
    pub(crate) cells: StringRecord,
}

/// Reads a table from a file.
///
/// # Errors
///
/// [`Error::File`] when it cannot be read or is not a table.
pub fn read_table(option: &'static str, path: &Path) -> Result<Table, Error> {
    let bytes = inputs::read(option, path)?;
    let wrong = |reason: String| Error::file(option, path, reason);
    let text =
        std::str::from_utf8(&bytes).map_err(|error| wrong(format!("byte {} is not UTF-8", error.valid_up_to())))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let first = text.lines().next().unwrap_or_default();
    let semicolons = first.matches(';').count() > first.matches(',').count();
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(if semicolons { b';' } else { b',' })
        .from_reader(text.as_bytes());
    let mut rows = Vec::new();
    for record in reader.records() {
        let cells = record.map_err(|error| wrong(error.to_string()))?;
        let line = cells.position().map_or(0, csv::Position::line);
        rows.push(TableRow { line, cells });
    }
    Ok(Table {
        path: path.into(),
        rows,
    })
}

impl fmt::Debug for Table {
    /// Leaves out the cells, which may hold passcodes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table")
            .field("path", &self.path)
            .field("rows", &self.rows.len())
            .finish()
    }
}

impl Table {
    /// Returns the file that it was read from.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn rows(&self) -> &[TableRow] {
        &self.rows
    }

    pub(crate) fn cell_error(&self, line: u64, column: &str, reason: impl fmt::Display) -> Error {
        Error::Cell {
            path: self.path.clone(),
            line,
            column: column.into(),
            reason: reason.to_string(),
        }
    }
}
