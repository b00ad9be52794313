use std::fmt;

/// An error in parsing a text. The message states the allowed texts, but not the text itself.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseError(&'static str);

impl ParseError {
    /// Makes an error from a message that follows the name of the parsed value, such as `is not a number`.
    #[must_use]
    pub const fn new(sentence: &'static str) -> Self {
        Self(sentence)
    }
}

impl fmt::Display for ParseError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl std::error::Error for ParseError {}
