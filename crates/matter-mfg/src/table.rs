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

/// One row of a table; the first one is the header.
#[derive(Clone)]
pub struct TableRow {
    /// From 1.
    pub(crate) line: u64,
    pub(crate) cells: StringRecord,
}

impl TableRow {
    /// Returns the line in which the row starts, from 1.
    #[must_use]
    pub const fn line(&self) -> u64 {
        self.line
    }

    /// Returns the cells.
    pub fn cells(&self) -> impl Iterator<Item = &str> {
        self.cells.iter()
    }
}

impl fmt::Debug for TableRow {
    /// Leaves out the cells, which may hold passcodes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TableRow")
            .field("line", &self.line)
            .finish_non_exhaustive()
    }
}

/// Reads a table from a file.
///
/// # Errors
///
/// [`Error::File`] when it cannot be read or is not a table.
pub fn read_table(option: &'static str, path: &Path) -> Result<Table, Error> {
    parse_table(option, path, &inputs::read(option, path)?)
}

/// Reads a table from the bytes of a file.
pub(crate) fn parse_table(option: &'static str, path: &Path, bytes: &[u8]) -> Result<Table, Error> {
    let wrong = |reason: String| Error::file(option, path, reason);
    let text = inputs::text(option, path, bytes)?;
    let first = text.lines().next().unwrap_or_default();
    let semicolons = first.matches(';').count() > first.matches(',').count();
    let delimiter = if semicolons { b';' } else { b',' };
    if let Some(line) = unclosed_quote(text.as_bytes(), delimiter) {
        return Err(wrong(format!("line {line}: a quote is opened and not closed")));
    }
    let mut reader = ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(delimiter)
        .from_reader(text.as_bytes());
    let mut rows = Vec::new();
    let mut lines = Lines {
        text: text.as_bytes(),
        offset: 0,
        line: 1,
    };
    for record in reader.records() {
        let cells = record.map_err(|error| wrong(error.to_string()))?;
        let start = cells.position().map_or(0, csv::Position::byte);
        let line = lines.number(usize::try_from(start).unwrap_or_default());
        rows.push(TableRow { line, cells });
    }
    Ok(Table {
        path: path.into(),
        rows,
    })
}

/// The line of a quote that opens a cell and that nothing closes. The reader takes the rest of the file as that cell.
fn unclosed_quote(text: &[u8], delimiter: u8) -> Option<u64> {
    let mut line = 1;
    let mut opened = None;
    let mut at_start = true;
    let mut bytes = text.iter().peekable();
    while let Some(byte) = bytes.next() {
        line += u64::from(*byte == b'\n');
        if opened.is_some() {
            // A quote in a quoted cell is written twice.
            if *byte == b'"' && bytes.next_if(|next| **next == b'"').is_none() {
                opened = None;
            }
        } else if *byte == b'"' && at_start {
            opened = Some(line);
            at_start = false;
        } else {
            at_start = *byte == delimiter || matches!(byte, b'\r' | b'\n');
        }
    }
    opened
}

/// Counts lines on the way through a text. The reader's own count leaves out the line ends in front of a row.
struct Lines<'t> {
    text: &'t [u8],
    offset: usize,
    line: u64,
}

impl Lines<'_> {
    /// The line of the first character from `start` on that ends no line; `start` never goes back.
    fn number(&mut self, start: usize) -> u64 {
        while let Some(byte) = self.text.get(self.offset) {
            if self.offset >= start && !matches!(byte, b'\r' | b'\n') {
                break;
            }
            self.line += u64::from(*byte == b'\n');
            self.offset += 1;
        }
        self.line
    }
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

    /// Returns the rows, the header among them.
    #[must_use]
    pub fn rows(&self) -> &[TableRow] {
        &self.rows
    }

    /// Says what is wrong with a cell, and where.
    pub fn cell_error(&self, line: u64, column: &str, reason: impl fmt::Display) -> Error {
        Error::Cell {
            path: self.path.clone(),
            line,
            column: column.into(),
            reason: reason.to_string(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_that_nothing_closes_is_found_where_it_opens() {
        for (text, line) in [
            ("a,b\n1,\"x\n2,y\n3,z\n", Some(2)),
            ("a,b\r\n\r\n1,x\r\n\"2,y\r\n", Some(4)),
            ("a,b\n1,\"x\"\"\n", Some(2)),
            ("a,b\n\"two\nlines\",\"", Some(3)),
            ("a,b\n1,\"two\nlines \"\"\"\n2,y\n", None),
            // Only at its start does a quote open a cell.
            ("a,b\n1,5\" disk\n2,y\n", None),
            ("a,b\n1,\"\"\n\"x\"y,z\n", None),
            ("", None),
        ] {
            let text = text.replace(',', ";");
            assert_eq!(unclosed_quote(text.as_bytes(), b';'), line, "{text:?}");
        }
        let said = parse_table("--mcsv", Path::new("m.csv"), b"a\n\"x\n")
            .unwrap_err()
            .to_string();
        assert_eq!(said, "--mcsv m.csv: line 2: a quote is opened and not closed");
    }

    #[test]
    fn rows_know_their_lines_whatever_ends_them() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        let expected = [(1, "a"), (2, "1"), (5, "2"), (7, "two\nlines"), (9, "3")];
        for end in ["\n", "\r\n"] {
            let text = ["a,b", "1,x", "", "", "2,x", "", "\"two", "lines\",x", "3,x", "", ""].join(end);
            std::fs::write(&path, format!("\u{feff}{text}")).unwrap();
            let table = read_table("--mcsv", &path).unwrap();
            let rows = table
                .rows()
                .iter()
                .map(|row| (row.line, row.cells[0].replace('\r', "")))
                .collect::<Vec<_>>();
            assert_eq!(rows, expected.map(|(line, cell)| (line, cell.to_owned())), "{end:?}");
        }
    }
}
