use core::fmt;
use core::str::FromStr;

use crate::Error;

/// A chip revision, such as 0.3 or 1.2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ChipRevision {
    major: u16,
    minor: u16,
}

impl ChipRevision {
    /// The largest major number: image headers hold both numbers in 16 bits.
    pub const MAX_MAJOR: u16 = 654;
    /// The largest minor number.
    pub const MAX_MINOR: u16 = 99;

    /// Makes a revision.
    ///
    /// # Errors
    ///
    /// [`Error::ChipRevision`] when a number is out of range.
    pub const fn new(major: u16, minor: u16) -> Result<Self, Error> {
        if major > Self::MAX_MAJOR || minor > Self::MAX_MINOR {
            return Err(Error::ChipRevision);
        }
        Ok(Self { major, minor })
    }

    /// Makes a revision for a row of the chip table.
    pub(super) const fn row(major: u16, minor: u16) -> Option<Self> {
        Some(Self { major, minor })
    }

    /// Reads the number of an image header: 100 times the major number, plus the minor number.
    ///
    /// # Errors
    ///
    /// [`Error::ChipRevision`] above 65499, including 0xFFFF for "any".
    pub const fn from_number(number: u16) -> Result<Self, Error> {
        Self::new(number / 100, number % 100)
    }

    /// Returns the number for an image header: 102 for 1.2.
    #[must_use]
    pub const fn number(self) -> u16 {
        // At most 65499.
        self.major * 100 + self.minor
    }

    /// Returns the major number.
    #[must_use]
    pub const fn major(self) -> u16 {
        self.major
    }

    /// Returns the minor number.
    #[must_use]
    pub const fn minor(self) -> u16 {
        self.minor
    }
}

impl fmt::Display for ChipRevision {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl FromStr for ChipRevision {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let number = |digits: &str| {
            let plain = digits.bytes().all(|byte| byte.is_ascii_digit());
            plain.then(|| digits.parse().ok()).flatten().ok_or(Error::ChipRevision)
        };
        let (major, minor) = text
            .strip_prefix('v')
            .unwrap_or(text)
            .split_once('.')
            .ok_or(Error::ChipRevision)?;
        Self::new(number(major)?, number(minor)?)
    }
}
