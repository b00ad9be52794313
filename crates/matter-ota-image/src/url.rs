use core::fmt;

use crate::Error;

const MAX_LEN: usize = 256;

/// Checks the rules for both kinds of URL: `https://` followed by a host, printable ASCII without spaces, at most 256
/// bytes.
fn check(text: &str) -> Result<(), Error> {
    if text.len() > MAX_LEN {
        return Err(Error::UrlTooLong { len: text.len() });
    }
    if let Some(position) = text.bytes().position(|byte| !byte.is_ascii_graphic()) {
        return Err(Error::UrlCharacter { position });
    }
    match text.strip_prefix("https://") {
        Some(rest) if !rest.is_empty() && !rest.starts_with('/') => Ok(()),
        _ => Err(Error::UrlNotHttps),
    }
}

/// The URL of the release notes: an https URL of at most 256 bytes of ASCII.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ReleaseNotesUrl<'a>(&'a str);

impl<'a> ReleaseNotesUrl<'a> {
    /// The maximum length in bytes.
    pub const MAX_LEN: usize = MAX_LEN;

    /// Makes a URL.
    ///
    /// # Errors
    ///
    /// [`Error::UrlTooLong`], [`Error::UrlCharacter`], [`Error::UrlNotHttps`].
    pub fn new(text: &'a str) -> Result<Self, Error> {
        check(text).map(|()| Self(text))
    }

    /// Returns the text.
    #[must_use]
    pub const fn get(self) -> &'a str {
        self.0
    }
}

impl<'a> TryFrom<&'a str> for ReleaseNotesUrl<'a> {
    type Error = Error;

    fn try_from(text: &'a str) -> Result<Self, Error> {
        Self::new(text)
    }
}

impl AsRef<str> for ReleaseNotesUrl<'_> {
    fn as_ref(&self) -> &str {
        self.0
    }
}

impl fmt::Display for ReleaseNotesUrl<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

/// The URL from which providers download the file: an https URL of at most 256 bytes of ASCII.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OtaUrl<'a>(&'a str);

impl<'a> OtaUrl<'a> {
    /// The maximum length in bytes.
    pub const MAX_LEN: usize = MAX_LEN;

    /// Makes a URL.
    ///
    /// # Errors
    ///
    /// As [`ReleaseNotesUrl::new`].
    pub fn new(text: &'a str) -> Result<Self, Error> {
        check(text).map(|()| Self(text))
    }

    /// Returns the text.
    #[must_use]
    pub const fn get(self) -> &'a str {
        self.0
    }
}

impl<'a> TryFrom<&'a str> for OtaUrl<'a> {
    type Error = Error;

    fn try_from(text: &'a str) -> Result<Self, Error> {
        Self::new(text)
    }
}

impl AsRef<str> for OtaUrl<'_> {
    fn as_ref(&self) -> &str {
        self.0
    }
}

impl fmt::Display for OtaUrl<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}
