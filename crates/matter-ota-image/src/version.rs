use core::fmt;
use core::str::FromStr;

use matter_types::parse_u32;

use crate::Error;

/// A software version, any 32-bit number; a larger number is newer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SoftwareVersion(u32);

impl SoftwareVersion {
    /// The smallest version. No provider offers it, because it is not newer than any other.
    pub const MIN: Self = Self(0);
    /// The largest version.
    pub const MAX: Self = Self(u32::MAX);

    /// Makes a version.
    #[must_use]
    pub const fn new(raw: u32) -> Self {
        Self(raw)
    }

    /// Returns the number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl From<u32> for SoftwareVersion {
    fn from(raw: u32) -> Self {
        Self::new(raw)
    }
}

impl From<SoftwareVersion> for u32 {
    fn from(version: SoftwareVersion) -> Self {
        version.0
    }
}

impl FromStr for SoftwareVersion {
    type Err = Error;

    /// Parses a decimal or `0x` hexadecimal number.
    fn from_str(text: &str) -> Result<Self, Error> {
        parse_u32(text).map(Self).map_err(|_| Error::SoftwareVersion)
    }
}

impl fmt::Display for SoftwareVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The human-readable text of a software version, 1 to 64 bytes of UTF-8.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SoftwareVersionString<'a>(&'a str);

impl<'a> SoftwareVersionString<'a> {
    /// The maximum length in bytes.
    pub const MAX_LEN: usize = 64;

    /// Makes a version string.
    ///
    /// # Errors
    ///
    /// [`Error::VersionStringEmpty`], [`Error::VersionStringTooLong`]; [`Error::VersionStringSeparator`] for a text with
    /// U+001F, at which the SDK truncates it.
    pub const fn new(text: &'a str) -> Result<Self, Error> {
        let len = text.len();
        if len == 0 {
            return Err(Error::VersionStringEmpty);
        }
        if len > Self::MAX_LEN {
            return Err(Error::VersionStringTooLong { len });
        }
        let mut rest = text.as_bytes();
        while let Some((byte, after)) = rest.split_first() {
            if *byte == crate::element::SEPARATOR {
                return Err(Error::VersionStringSeparator);
            }
            rest = after;
        }
        Ok(Self(text))
    }

    /// Returns the text.
    #[must_use]
    pub const fn get(self) -> &'a str {
        self.0
    }
}

impl<'a> TryFrom<&'a str> for SoftwareVersionString<'a> {
    type Error = Error;

    fn try_from(text: &'a str) -> Result<Self, Error> {
        Self::new(text)
    }
}

impl AsRef<str> for SoftwareVersionString<'_> {
    fn as_ref(&self) -> &str {
        self.0
    }
}

impl fmt::Display for SoftwareVersionString<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// The versions to which an image applies; an absent limit does not restrict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct ApplicableVersions {
    min: Option<SoftwareVersion>,
    max: Option<SoftwareVersion>,
}

impl ApplicableVersions {
    /// Makes a range from its limits.
    ///
    /// # Errors
    ///
    /// [`Error::ApplicableRange`] when `min` is above `max`.
    pub fn new(min: Option<SoftwareVersion>, max: Option<SoftwareVersion>) -> Result<Self, Error> {
        match (min, max) {
            (Some(min), Some(max)) if min > max => Err(Error::ApplicableRange {
                min: min.get(),
                max: max.get(),
            }),
            _ => Ok(Self { min, max }),
        }
    }

    /// Returns the smallest version.
    #[must_use]
    pub const fn min(self) -> Option<SoftwareVersion> {
        self.min
    }

    /// Returns the largest version.
    #[must_use]
    pub const fn max(self) -> Option<SoftwareVersion> {
        self.max
    }

    /// Checks that `version` is newer than all applicable versions.
    pub(crate) fn check_below(self, version: SoftwareVersion) -> Result<(), Error> {
        match self.max.or(self.min) {
            Some(limit) if limit >= version => Err(Error::ApplicableNotBelowVersion {
                applicable: limit.get(),
                version: version.get(),
            }),
            _ => Ok(()),
        }
    }
}
