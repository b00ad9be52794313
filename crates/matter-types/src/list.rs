use core::fmt;
use core::str::FromStr;

use crate::Error;

/// A line of a list that is not acceptable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LineError {
    line: usize,
    error: Error,
}

impl LineError {
    /// Returns the number of the line, from 1.
    #[must_use]
    pub const fn line(self) -> usize {
        self.line
    }

    /// Returns what is wrong with it.
    #[must_use]
    pub const fn error(self) -> Error {
        self.error
    }
}

impl fmt::Display for LineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}: {}", self.line, self.error)
    }
}

impl core::error::Error for LineError {}

/// Reads a list of values, one to a line: each with the number of its line, or what is wrong there.
///
/// A byte order mark, blank lines, blanks around a value and both kinds of line ends are tolerated.
///
/// # Examples
///
/// ```
/// use matter_types::{Passcode, parse_list};
///
/// let read = parse_list::<Passcode>("20202021\n12345678\n");
/// let wrong = read.filter_map(Result::err).map(|error| error.line());
/// assert!(wrong.eq([2]));
/// ```
pub fn parse_list<T: FromStr<Err = Error>>(text: &str) -> impl Iterator<Item = Result<(usize, T), LineError>> {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let lines = text.lines().map(str::trim).zip(1..);
    lines.filter(|(text, _)| !text.is_empty()).map(|(text, line)| {
        text.parse()
            .map(|value| (line, value))
            .map_err(|error| LineError { line, error })
    })
}
