use std::fmt;

/// Why a text does not stand for a value; it says which texts do, and not what the text was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ParseError(&'static str);

impl ParseError {
    /// Takes the sentence, which goes on behind the name of what was read: `is not a number`.
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
