use core::fmt;

use base64ct::{Base64 as Standard, Encoding};
use subtle::{Choice, ConstantTimeEq};
use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::Error;

/// Length of the longest text: the base64 of a verifier.
const MAX_TEXT: usize = 132;

/// Base64 text (RFC 4648 section 4, padded) of a salt or a verifier, wiped when dropped.
///
/// It has no `Display`, since a verifier is a secret.
///
/// # Examples
///
/// ```
/// use matter_spake2p::Salt;
///
/// assert_eq!(Salt::new(b"SPAKE2P Key Salt")?.to_base64().as_str(), "U1BBS0UyUCBLZXkgU2FsdA==");
/// # Ok::<(), matter_spake2p::Error>(())
/// ```
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Base64 {
    text: [u8; MAX_TEXT],
    len: usize,
}

impl Base64 {
    /// Encodes at most 99 bytes; a salt and a verifier have fewer.
    pub(crate) fn encode(bytes: &[u8]) -> Self {
        let mut text = [0; MAX_TEXT];
        let len = Standard::encode(bytes, &mut text).map_or(0, str::len);
        Self { text, len }
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.text
            .get(..self.len)
            .and_then(|text| core::str::from_utf8(text).ok())
            .unwrap_or_default()
    }
}

impl AsRef<str> for Base64 {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

/// The copy is not wiped when it is dropped.
#[cfg(feature = "std")]
impl From<Base64> for std::string::String {
    fn from(text: Base64) -> Self {
        text.as_str().into()
    }
}

impl ConstantTimeEq for Base64 {
    fn ct_eq(&self, other: &Self) -> Choice {
        self.as_str().as_bytes().ct_eq(other.as_str().as_bytes())
    }
}

impl fmt::Debug for Base64 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Base64([elided])")
    }
}

/// Decodes into `buffer`, in time that does not depend on the text's characters.
pub(crate) fn decode<'b>(text: &str, buffer: &'b mut [u8]) -> Result<&'b [u8], Error> {
    Standard::decode(text, buffer).map_err(|_| Error::Base64)
}
