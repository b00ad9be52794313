use std::str::FromStr;

use matter_ledger::ParseError;

/// Which devices of many are looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sampling {
    /// None.
    None,
    /// One in a hundred, and the first.
    Sample,
    /// Every device.
    All,
}

impl Sampling {
    /// Tells whether a device is among them, by its number from 0.
    #[must_use]
    pub const fn includes(self, index: usize) -> bool {
        match self {
            Self::None => false,
            Self::Sample => index.is_multiple_of(100),
            Self::All => true,
        }
    }
}

impl FromStr for Sampling {
    type Err = ParseError;

    /// Reads `none`, `sample`, `all` or `full`, which means the same as `all`.
    fn from_str(name: &str) -> Result<Self, ParseError> {
        match name {
            "none" => Ok(Self::None),
            "sample" => Ok(Self::Sample),
            "all" | "full" => Ok(Self::All),
            _ => Err(ParseError::new("is neither none nor sample nor full")),
        }
    }
}
