//! Cells with their positions: the default dialect of Python's `csv` module, as used by the
//! generator, and the delimiters of spreadsheets.

use alloc::string::String;
use alloc::vec::Vec;

use super::error::CsvReason;
use super::rows::Refused;

/// A cell with the position of its first character.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) place: Place,
}

/// A line and a column in characters, both from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) line: u32,
    pub(super) column: u32,
}

/// Splits a text into rows of cells.
///
/// A byte order mark is skipped, CRLF and CR count as LF even in quotes, and empty lines and lines
/// that start with `#` outside quotes are skipped. A row with only empty cells counts as an empty
/// line.
///
/// An unclosed quote is an error; Python reads the rest as one cell. The quote that opens a later
/// cell may close it by accident, but then text follows that quote: a cell of several lines with
/// such text is an error, too.
pub(super) struct Records<'t> {
    rest: core::iter::Peekable<core::str::Chars<'t>>,
    place: Place,
    delimiter: char,
}

enum State {
    /// At the first character of a cell.
    Start,
    /// In a cell without quotes, or after its closing quote.
    Plain,
    /// After an opening quote.
    Quoted,
    /// After a quote in quotes, which closes them unless another one follows.
    QuoteInQuoted,
}

impl<'t> Records<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let named = named_delimiter(text);
        let mut records = Self {
            rest: text.chars().peekable(),
            place: Place { line: 1, column: 1 },
            delimiter: named.unwrap_or_else(|| delimiter(text)),
        };
        if named.is_some() {
            while records.next_char().is_some_and(|character| character != '\n') {}
        }
        records
    }

    /// Returns the next row that is not empty.
    pub(super) fn next_row(&mut self) -> Option<Result<Vec<Cell>, Refused>> {
        loop {
            match self.read_row()? {
                Ok(row) if row.iter().all(Cell::is_blank) => {}
                read => return Some(read),
            }
        }
    }

    fn next_char(&mut self) -> Option<char> {
        let character = match self.rest.next()? {
            '\r' => {
                self.rest.next_if_eq(&'\n');
                '\n'
            }
            other => other,
        };
        if character == '\n' {
            self.place.line = self.place.line.saturating_add(1);
            self.place.column = 1;
        } else {
            self.place.column = self.place.column.saturating_add(1);
        }
        Some(character)
    }

    fn skip_lines(&mut self) {
        while let Some(first) = self.rest.peek() {
            match first {
                '\n' | '\r' => {
                    self.next_char();
                }
                '#' => while self.next_char().is_some_and(|character| character != '\n') {},
                _ => return,
            }
        }
    }

    fn read_row(&mut self) -> Option<Result<Vec<Cell>, Refused>> {
        self.skip_lines();
        self.rest.peek()?;
        let mut row = Vec::new();
        let mut cell = Cell::new(self.place);
        let mut state = State::Start;
        loop {
            let before = self.place;
            let next = self.next_char();
            match (&state, next) {
                (State::Quoted, None) => return Some(Err((cell.place, CsvReason::UnclosedQuote))),
                (State::Start, Some('"')) => state = State::Quoted,
                (State::Quoted, Some('"')) => state = State::QuoteInQuoted,
                (State::QuoteInQuoted, Some('"')) => {
                    cell.text.push('"');
                    state = State::Quoted;
                }
                (State::Quoted, Some(character)) => cell.text.push(character),
                (_, None | Some('\n')) => break,
                (_, Some(character)) if character == self.delimiter => {
                    row.push(core::mem::replace(&mut cell, Cell::new(self.place)));
                    state = State::Start;
                }
                (State::QuoteInQuoted, Some(_)) if before.line > cell.place.line => {
                    return Some(Err((cell.place, CsvReason::UnclosedQuote)));
                }
                (_, Some(character)) => {
                    cell.text.push(character);
                    state = State::Plain;
                }
            }
        }
        row.push(cell);
        Some(Ok(row))
    }
}

impl Iterator for Records<'_> {
    type Item = Result<Vec<Cell>, Refused>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_row()
    }
}

impl Cell {
    const fn new(place: Place) -> Self {
        let text = String::new();
        Self { text, place }
    }

    /// Returns whether the cell is empty or whitespace.
    pub(super) fn is_blank(&self) -> bool {
        self.text.trim().is_empty()
    }
}

/// Returns the delimiter in a first line `sep=;`, which some programs write for spreadsheets.
fn named_delimiter(text: &str) -> Option<char> {
    let line = text.split(['\r', '\n']).next()?;
    let bare = line.strip_prefix('"').and_then(|line| line.strip_suffix('"'));
    let (name, delimiter) = bare.unwrap_or(line).split_at_checked("sep=".len())?;
    let mut characters = delimiter.chars();
    let delimiter = characters.next()?;
    let can_be = delimiter == '\t' || (delimiter.is_ascii_punctuation() && delimiter != '"');
    (name.eq_ignore_ascii_case("sep=") && can_be && characters.next().is_none()).then_some(delimiter)
}

/// Returns the delimiter of a file: a semicolon if its header has more semicolons than commas, a
/// tab if it has neither, otherwise a comma.
fn delimiter(text: &str) -> char {
    let mut lines = text.split(['\r', '\n']);
    let header = lines.find(|line| !line.trim().is_empty() && !line.starts_with('#'));
    let count = |wanted: char| header.unwrap_or_default().matches(wanted).count();
    match (count(','), count(';')) {
        // Together with another delimiter, tabs only align columns.
        (0, 0) if count('\t') > 0 => '\t',
        (commas, semicolons) if semicolons > commas => ';',
        _ => ',',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<Vec<String>> {
        let rows = Records::new(text).map(Result::unwrap);
        rows.map(|row| row.into_iter().map(|cell| cell.text).collect())
            .collect()
    }

    #[test]
    fn cells_equal_those_of_python() {
        // Results of CPython 3.11 csv.reader for the lines of the text that do not start with '#'.
        for (text, rows) in [
            ("a,b\nc,d\n", &[&["a", "b"][..], &["c", "d"]][..]),
            ("a,\"b,c\",d", &[&["a", "b,c", "d"]]),
            ("\"a\"\"b\",c", &[&["a\"b", "c"]]),
            ("\"a\nb\",c\n\nd\n", &[&["a\nb", "c"], &["d"]]),
            ("a\r\n\"b\r\nc\"\rd", &[&["a"], &["b\nc"], &["d"]]),
            ("a\"b\",c", &[&["a\"b\"", "c"]]),
            ("\"a\"b\"c,d", &[&["ab\"c", "d"]]),
            (" \"a\",b", &[&[" \"a\"", "b"]]),
            ("a,\n,b\n", &[&["a", ""], &["", "b"]]),
            ("#x\na\n#y,\nb,#c", &[&["a"], &["b", "#c"]]),
            ("\u{feff}key", &[&["key"]]),
            ("", &[]),
            ("\"\",a", &[&["", "a"]]),
        ] {
            assert_eq!(texts(text), rows, "{text:?}");
        }
    }

    #[test]
    fn rows_without_a_letter_are_empty_lines() {
        assert_eq!(texts("a,b\n,,,\n\"\", \n \t\n,x\r\n,,\r\n"), [["a", "b"], ["", "x"]]);
    }

    #[test]
    fn unclosed_quotes_are_rejected_where_they_open() {
        for (text, line, column) in [
            ("\"open,\nend", 1, 1),
            ("a,b\n1,\"x\n2,y\n", 2, 3),
            ("a,b\r\n\r\n1,\"x\"\"\r\n", 3, 3),
            ("a,\"", 1, 3),
            // Closed by the quote that was meant to open another cell.
            ("a,b\n1,\"x\n2,\"y\"\n3,z\n", 2, 3),
        ] {
            let refused = Records::new(text).find_map(Result::err).unwrap();
            assert_eq!(refused, (Place { line, column }, CsvReason::UnclosedQuote), "{text:?}");
        }
    }

    #[test]
    fn the_header_determines_the_separator() {
        for (text, rows) in [
            ("a;b\n1;2,3\n", [["a", "b"], ["1", "2,3"]]),
            ("# x,y,z\n\na\tb\r\n1\t;", [["a", "b"], ["1", ";"]]),
            ("a,b\tc\td\n1,2", [["a", "b\tc\td"], ["1", "2"]]),
            ("\u{feff}\"a\";b\n\"1;\";2", [["a", "b"], ["1;", "2"]]),
            ("sep=;\r\na,;b\n1;2", [["a,", "b"], ["1", "2"]]),
            ("\u{feff}\"SEP=|\"\n\na;|b\n1|2", [["a;", "b"], ["1", "2"]]),
            ("sep=,x\na,b", [["sep=", "x"], ["a", "b"]]),
        ] {
            assert_eq!(texts(text), rows, "{text:?}");
        }
    }

    #[test]
    fn lines_within_quotes_may_begin_with_a_hash() {
        assert_eq!(texts("a,\"b\n#c\"\n"), [["a", "b\n#c"]]);
    }

    #[test]
    fn cells_know_their_places() {
        let rows = Records::new("a,\u{e9},c\n# x\n\n\"1\n2\",3").collect::<Vec<_>>();
        let places = rows
            .iter()
            .flatten()
            .flatten()
            .map(|cell| (cell.place.line, cell.place.column))
            .collect::<Vec<_>>();
        assert_eq!(places, [(1, 1), (1, 3), (1, 5), (4, 1), (5, 4)]);
    }
}
