//! Cells and where they stand: the dialect of Python's `csv` module in its defaults, with which the generator reads.

use alloc::string::String;
use alloc::vec::Vec;

/// A cell and the place of its first character.
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
/// A byte order mark is skipped, CRLF and CR count as LF also within quotes, empty lines are left out, and so are lines
/// that begin with `#`, unless they stand within quotes.
pub(super) struct Records<'t> {
    rest: core::iter::Peekable<core::str::Chars<'t>>,
    place: Place,
}

enum State {
    /// At the first character of a cell.
    Start,
    /// In a cell without quotes, or behind its closing quote.
    Plain,
    /// Behind an opening quote.
    Quoted,
    /// Behind a quote within quotes, which ends them unless another one follows.
    QuoteInQuoted,
}

impl<'t> Records<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        Self {
            rest: text.chars().peekable(),
            place: Place { line: 1, column: 1 },
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
}

impl Iterator for Records<'_> {
    type Item = Vec<Cell>;

    fn next(&mut self) -> Option<Vec<Cell>> {
        self.skip_lines();
        self.rest.peek()?;
        let mut row = Vec::new();
        let mut cell = Cell {
            text: String::new(),
            place: self.place,
        };
        let mut state = State::Start;
        loop {
            let next = self.next_char();
            match (&state, next) {
                // A text may end within quotes; Python takes that as their end.
                (_, None) => break,
                (State::Start, Some('"')) => state = State::Quoted,
                (State::Quoted, Some('"')) => state = State::QuoteInQuoted,
                (State::QuoteInQuoted, Some('"')) => {
                    cell.text.push('"');
                    state = State::Quoted;
                }
                (State::Quoted, Some(character)) => cell.text.push(character),
                (_, Some('\n')) => break,
                (_, Some(',')) => {
                    let new = Cell {
                        text: String::new(),
                        place: self.place,
                    };
                    row.push(core::mem::replace(&mut cell, new));
                    state = State::Start;
                }
                (_, Some(character)) => {
                    cell.text.push(character);
                    state = State::Plain;
                }
            }
        }
        row.push(cell);
        Some(row)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(text: &str) -> Vec<Vec<String>> {
        Records::new(text)
            .map(|row| row.into_iter().map(|cell| cell.text).collect())
            .collect()
    }

    #[test]
    fn cells_are_python_s() {
        // Results of CPython 3.11 csv.reader over the lines of the text that do not begin with '#'.
        for (text, rows) in [
            ("a,b\nc,d\n", &[&["a", "b"][..], &["c", "d"]][..]),
            ("a,\"b,c\",d", &[&["a", "b,c", "d"]]),
            ("\"a\"\"b\",c", &[&["a\"b", "c"]]),
            ("\"a\nb\",c\n\nd\n", &[&["a\nb", "c"], &["d"]]),
            ("a\r\n\"b\r\nc\"\rd", &[&["a"], &["b\nc"], &["d"]]),
            ("a\"b\",c", &[&["a\"b\"", "c"]]),
            ("\"a\"b\"c,d", &[&["ab\"c", "d"]]),
            (" \"a\",b", &[&[" \"a\"", "b"]]),
            ("a,\n,\n \n", &[&["a", ""], &["", ""], &[" "]]),
            ("#x\na\n#y,\nb,#c", &[&["a"], &["b", "#c"]]),
            ("\"open,\nend", &[&["open,\nend"]]),
            ("\u{feff}key", &[&["key"]]),
            ("", &[]),
            ("\"\"", &[&[""]]),
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
            .map(|cell| (cell.place.line, cell.place.column))
            .collect::<Vec<_>>();
        assert_eq!(places, [(1, 1), (1, 3), (1, 5), (4, 1), (5, 4)]);
    }
}
