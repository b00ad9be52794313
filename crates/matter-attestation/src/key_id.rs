use core::fmt;
use core::str::FromStr;

use crate::{Error, hex};

/// A key identifier: the 20 bytes of a subjectKeyIdentifier or authorityKeyIdentifier extension, or of a CMS signer.
///
/// # Examples
///
/// ```
/// use matter_attestation::KeyId;
///
/// let id = KeyId::new([0xAB; 20]);
/// assert_eq!(id.to_string(), "ABABABABABABABABABABABABABABABABABABABAB");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyId([u8; 20]);

impl KeyId {
    /// The length in bytes.
    pub const LEN: usize = 20;

    /// Creates an identifier; all values are valid.
    #[must_use]
    pub const fn new(bytes: [u8; 20]) -> Self {
        Self(bytes)
    }

    /// Returns the bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 20] {
        &self.0
    }
}

impl From<[u8; 20]> for KeyId {
    fn from(bytes: [u8; 20]) -> Self {
        Self::new(bytes)
    }
}

impl fmt::Display for KeyId {
    /// Writes 40 upper-case hexadecimal digits, as in revocation sets and trust stores.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02X}"))
    }
}

impl FromStr for KeyId {
    type Err = Error;

    /// Parses 40 hexadecimal digits in either case.
    fn from_str(text: &str) -> Result<Self, Error> {
        let mut bytes = [0; Self::LEN];
        hex::decode(text.as_bytes(), &mut bytes).ok_or(Error::KeyIdMalformed { len: text.len() })?;
        Ok(Self(bytes))
    }
}
