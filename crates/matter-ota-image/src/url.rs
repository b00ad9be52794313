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

/// Defines the types of URLs, which have the same rules and differ in their use.
macro_rules! urls {
    ($($(#[doc = $doc:literal])* $name:ident;)*) => {$(
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub struct $name<'a>(&'a str);

        impl<'a> $name<'a> {
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

        impl<'a> TryFrom<&'a str> for $name<'a> {
            type Error = Error;

            fn try_from(text: &'a str) -> Result<Self, Error> {
                Self::new(text)
            }
        }

        impl AsRef<str> for $name<'_> {
            fn as_ref(&self) -> &str {
                self.0
            }
        }

        impl fmt::Display for $name<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.0)
            }
        }
    )*};
}

urls! {
    /// The URL from which providers download the file: an https URL of at most 256 bytes of ASCII.
    OtaUrl;
    /// The URL of the release notes: an https URL of at most 256 bytes of ASCII.
    ReleaseNotesUrl;
}
