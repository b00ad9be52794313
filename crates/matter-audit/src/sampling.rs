use std::str::FromStr;

use matter_ledger::ParseError;

/// A selection of devices.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sampling {
    /// No device.
    None,
    /// The first device, and one in a hundred.
    Sample,
    /// Every device.
    All,
}

impl Sampling {
    /// Returns whether the selection includes a device, by its number from 0.
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
            _ => Err(ParseError::new("must be 'none', 'sample' or 'full'")),
        }
    }
}
