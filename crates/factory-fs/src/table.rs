use std::fmt;
use std::io;
use std::path::{Path, PathBuf};

use csv::{ReaderBuilder, StringRecord};
use zeroize::Zeroizing;

use crate::{Input, NotUtf8, utf8};

/// A CSV file in memory: rows of cells, each with the line at which it starts.
///
/// UTF-8 with or without a byte order mark, lines ending in LF or CRLF, cells separated by commas, semicolons or tabs
/// (see [`Dialect`]), quoted cells over several lines. Empty lines are skipped.
#[derive(Clone)]
pub struct Table {
    path: PathBuf,
    rows: Vec<TableRow>,
}

/// A row of a table; the first one is usually the header.
#[derive(Clone)]
pub struct TableRow {
    line: u64,
    /// All cells, concatenated; they may hold passcodes.
    text: Zeroizing<String>,
    /// End of each cell.
    ends: Vec<usize>,
}

/// The delimiter of a table and the start of its rows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    /// The byte between two cells.
    pub delimiter: u8,
    /// Offset of the rows: after a first line `sep=;`, which tells spreadsheets the delimiter.
    pub start: usize,
}

/// Error when a file is not a table.
#[derive(Debug)]
#[non_exhaustive]
pub enum TableError {
    /// It breaks a rule of CSV.
    Csv {
        /// The reader's message.
        reason: String,
    },
    /// It is not text.
    NotUtf8(NotUtf8),
    /// It cannot be read.
    Read(io::Error),
    /// A quote is not closed.
    UnclosedQuote {
        /// The line of the quote, from 1.
        line: u64,
    },
}

/// The place of a cell, displayed as `file:line: column 'name'`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellPlace {
    /// The table's file.
    pub path: PathBuf,
    /// The line in which the row starts, from 1.
    pub line: u64,
    /// The column's name.
    pub column: String,
}

impl Table {
    /// Reads a table from a file of at most [`Input::MAX_FILE`] bytes.
    ///
    /// # Errors
    ///
    /// [`TableError`]
    pub fn read(path: &Path) -> Result<Self, TableError> {
        Self::parse(path, &Input::read_file(path).map_err(TableError::Read)?)
    }

    /// Reads a table from the bytes of the file `path`, which errors name.
    ///
    /// # Errors
    ///
    /// [`TableError`], but not [`TableError::Read`].
    pub fn parse(path: &Path, bytes: &[u8]) -> Result<Self, TableError> {
        let text = utf8(bytes).map_err(TableError::NotUtf8)?;
        let Dialect { delimiter, start } = Dialect::of(text.as_bytes());
        if let Some(line) = unclosed_quote(text.as_bytes(), delimiter) {
            return Err(TableError::UnclosedQuote { line });
        }
        let mut reader = ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .from_reader(text.as_bytes().get(start..).unwrap_or_default());
        let mut rows = Vec::new();
        let mut lines = Lines {
            text: text.as_bytes(),
            offset: 0,
            line: 1,
        };
        let mut record = StringRecord::new();
        let csv = |error: csv::Error| TableError::Csv {
            reason: error.to_string(),
        };
        while reader.read_record(&mut record).map_err(csv)? {
            let offset = record.position().map_or(0, csv::Position::byte);
            let line = lines.number(start + usize::try_from(offset).unwrap_or_default());
            rows.push(TableRow::new(line, &record));
        }
        let path = path.into();
        Ok(Self { path, rows })
    }

    /// Returns the path of the file.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Returns the rows, including the header.
    #[must_use]
    pub fn rows(&self) -> &[TableRow] {
        &self.rows
    }

    /// Returns the place of a cell, for errors.
    #[must_use]
    pub fn place(&self, line: u64, column: &str) -> CellPlace {
        CellPlace {
            path: self.path.clone(),
            line,
            column: column.into(),
        }
    }
}

impl TableRow {
    fn new(line: u64, record: &StringRecord) -> Self {
        let mut text = Zeroizing::new(String::with_capacity(record.as_slice().len()));
        let mut ends = Vec::with_capacity(record.len());
        for cell in record {
            text.push_str(cell);
            ends.push(text.len());
        }
        Self { line, text, ends }
    }

    /// Returns the line in which the row starts, from 1.
    #[must_use]
    pub const fn line(&self) -> u64 {
        self.line
    }

    /// Returns the number of cells.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Returns whether the row has no cell, which never holds for a parsed row.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Returns a cell.
    #[must_use]
    pub fn get(&self, index: usize) -> Option<&str> {
        let end = *self.ends.get(index)?;
        let start = index.checked_sub(1).and_then(|before| self.ends.get(before).copied());
        self.text.get(start.unwrap_or_default()..end)
    }

    /// Returns all cells.
    pub fn cells(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).filter_map(|index| self.get(index))
    }
}

impl fmt::Debug for Table {
    /// Omits the cells, which may hold passcodes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Table")
            .field("path", &self.path)
            .field("rows", &self.rows.len())
            .finish()
    }
}

impl fmt::Debug for TableRow {
    /// Omits the cells, which may hold passcodes.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TableRow")
            .field("line", &self.line)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for TableError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Csv { reason } => f.write_str(reason),
            Self::NotUtf8(error) => error.fmt(f),
            Self::Read(error) => error.fmt(f),
            Self::UnclosedQuote { line } => write!(f, "line {line}: unclosed quote"),
        }
    }
}

impl std::error::Error for TableError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::NotUtf8(error) => Some(error),
            Self::Read(error) => Some(error),
            Self::Csv { .. } | Self::UnclosedQuote { .. } => None,
        }
    }
}

impl fmt::Display for CellPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, line, column } = self;
        write!(f, "{}:{line}: column '{column}'", path.display())
    }
}

impl Dialect {
    /// Returns the dialect of a table. The delimiter is the one named by a first line `sep=`. Otherwise it follows from
    /// the first line that is not empty: a semicolon if there are more of them than commas, a tab if there is neither,
    /// else a comma.
    #[must_use]
    pub fn of(text: &[u8]) -> Self {
        let mut lines = text.split_inclusive(|byte| matches!(byte, b'\r' | b'\n'));
        if let Some(line) = lines.clone().next()
            && let Some(delimiter) = named_delimiter(line)
        {
            let is_split = line.ends_with(b"\r") && text.get(line.len()) == Some(&b'\n');
            let start = line.len() + usize::from(is_split);
            return Self { delimiter, start };
        }
        let first = lines.find(|line| !line.trim_ascii().is_empty()).unwrap_or_default();
        let count = |wanted: u8| first.iter().filter(|byte| **byte == wanted).count();
        let delimiter = match (count(b','), count(b';')) {
            // With any other delimiter the tab only aligns columns.
            (0, 0) if count(b'\t') > 0 => b'\t',
            (commas, semicolons) if semicolons > commas => b';',
            _ => b',',
        };
        Self { delimiter, start: 0 }
    }
}

/// The delimiter that a line `sep=;` names, quoted or not.
fn named_delimiter(line: &[u8]) -> Option<u8> {
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    let line = line.strip_suffix(b"\r").unwrap_or(line);
    let bare = line.strip_prefix(b"\"").and_then(|line| line.strip_suffix(b"\""));
    let (name, delimiter) = bare.unwrap_or(line).split_at_checked(b"sep=".len())?;
    match delimiter {
        [delimiter @ (b'\t' | b'!'..=b'~')] if name.eq_ignore_ascii_case(b"sep=") => {
            Some(*delimiter).filter(|delimiter| *delimiter != b'"' && !delimiter.is_ascii_alphanumeric())
        }
        _ => None,
    }
}

/// Returns the line of a quote that opens a cell and is never closed. The CSV reader takes the rest of the file as that
/// cell, or everything up to the opening quote of a later cell, which text then follows.
fn unclosed_quote(text: &[u8], delimiter: u8) -> Option<u64> {
    let mut line = 1;
    let mut opened = None;
    let mut at_start = true;
    let mut bytes = text.iter().peekable();
    while let Some(byte) = bytes.next() {
        line += u64::from(*byte == b'\n');
        if opened.is_some() {
            // A quote in a quoted cell is doubled.
            if *byte == b'"' && bytes.next_if(|next| **next == b'"').is_none() {
                let is_end = bytes
                    .peek()
                    .is_none_or(|next| **next == delimiter || matches!(next, b'\r' | b'\n'));
                if !is_end && opened < Some(line) {
                    return opened;
                }
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

/// Counts the lines of a text. The reader's own count omits the line ends before a row.
struct Lines<'t> {
    text: &'t [u8],
    offset: usize,
    line: u64,
}

impl Lines<'_> {
    /// Returns the line of the first character from `start` on that is not a line end; `start` never decreases.
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
            ("a,b\n1,\"x\n2,\"y\"\n3,z\n", Some(2)),
            // A quote opens a cell only at its start.
            ("a,b\n1,5\" disk\n2,y\n", None),
            ("a,b\n1,\"\"\n\"x\"y,z\n", None),
            ("", None),
        ] {
            let text = text.replace(',', ";");
            assert_eq!(unclosed_quote(text.as_bytes(), b';'), line, "{text:?}");
        }
        let refused = Table::parse(Path::new("m.csv"), b"a\n\"x\n").unwrap_err();
        assert_eq!(refused.to_string(), "line 2: unclosed quote");
    }

    #[test]
    fn delimiter_follows_from_the_first_line() {
        for (text, expected) in [
            ("a,b;c", b','),
            ("a;b;c,d", b';'),
            ("a\tb\tc", b'\t'),
            ("a,\t\tb,\t\tc", b','),
            ("\r\n\n a;b\r\n1,2,3", b';'),
            ("a\r1;2", b','),
            ("a", b','),
            ("", b','),
        ] {
            let (delimiter, start) = (expected, 0);
            assert_eq!(Dialect::of(text.as_bytes()), Dialect { delimiter, start }, "{text:?}");
        }
    }

    #[test]
    fn a_line_for_spreadsheets_names_the_delimiter_and_is_no_row() {
        for (text, delimiter, start) in [
            ("sep=;\na,b;c\n", b';', 6),
            ("SEP=,\r\na;b;c,d", b',', 7),
            ("\"sep=\t\"\na;b", b'\t', 8),
            ("sep=|\na,b|c\n", b'|', 6),
            ("sep=\na;b\n", b',', 0),
            ("sep=ab\n", b',', 0),
            ("sep=a\n", b',', 0),
            ("sep;a\n", b';', 0),
            ("\nsep=;\n", b';', 0),
        ] {
            assert_eq!(Dialect::of(text.as_bytes()), Dialect { delimiter, start }, "{text:?}");
        }
        for end in ["\n", "\r\n"] {
            let text = ["\u{feff}sep=;", "a;b", "", "1;\"x,", "y\"", "2;z"].join(end);
            let table = Table::parse(Path::new("t.csv"), text.as_bytes()).unwrap();
            let rows = table
                .rows()
                .iter()
                .map(|row| (row.line, row.get(0).unwrap().to_owned()));
            let expected = [(2, "a"), (4, "1"), (6, "2")].map(|(line, cell)| (line, cell.to_owned()));
            assert_eq!(rows.collect::<Vec<_>>(), expected);
        }
    }

    #[test]
    fn rows_have_their_lines_for_all_line_ends() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("t.csv");
        let expected = [(1, "a"), (2, "1"), (5, "2"), (7, "two\nlines"), (9, "3")];
        for end in ["\n", "\r\n"] {
            let text = ["a,b", "1,x", "", "", "2,x", "", "\"two", "lines\",x", "3,x", "", ""].join(end);
            std::fs::write(&path, format!("\u{feff}{text}")).unwrap();
            let table = Table::read(&path).unwrap();
            let rows = table
                .rows()
                .iter()
                .map(|row| (row.line, row.get(0).unwrap().replace('\r', "")))
                .collect::<Vec<_>>();
            assert_eq!(rows, expected.map(|(line, cell)| (line, cell.to_owned())), "{end:?}");
        }
    }
}
