use core::fmt;
use core::str::FromStr;

use crate::Error;
use crate::base64::{Base64, decode};

/// The salt of PBKDF2, 16 to 32 bytes (Matter Core Specification 3.9). It is public: a device sends it to any
/// commissioner.
///
/// `Display` and `FromStr` use base64.
///
/// # Examples
///
/// ```
/// use matter_spake2p::Salt;
///
/// let salt = Salt::new(b"SPAKE2P Key Salt")?;
/// assert_eq!(salt.to_string(), "U1BBS0UyUCBLZXkgU2FsdA==");
/// assert_eq!("U1BBS0UyUCBLZXkgU2FsdA==".parse::<Salt>()?, salt);
/// # Ok::<(), matter_spake2p::Error>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Salt {
    bytes: [u8; Self::MAX_LEN],
    len: usize,
}

impl Salt {
    /// The minimum length in bytes.
    pub const MIN_LEN: usize = 16;
    /// The maximum length in bytes.
    pub const MAX_LEN: usize = 32;

    /// Accepts a salt as raw bytes (not their base64 text).
    ///
    /// # Errors
    ///
    /// [`Error::SaltLength`].
    pub fn new(salt: &[u8]) -> Result<Self, Error> {
        let len = salt.len();
        let mut bytes = [0; Self::MAX_LEN];
        match bytes.get_mut(..len) {
            Some(part) if len >= Self::MIN_LEN => part.copy_from_slice(salt),
            _ => return Err(Error::SaltLength { len }),
        }
        Ok(Self { bytes, len })
    }

    /// Draws a salt of 32 bytes.
    pub fn generate<R: rand_core::CryptoRng + ?Sized>(rng: &mut R) -> Self {
        let mut bytes = [0; Self::MAX_LEN];
        rng.fill_bytes(&mut bytes);
        Self {
            bytes,
            len: Self::MAX_LEN,
        }
    }

    /// Returns the bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    /// Returns the base64 text used in factory data.
    #[must_use]
    pub fn to_base64(&self) -> Base64 {
        Base64::encode(self.as_bytes())
    }
}

impl AsRef<[u8]> for Salt {
    fn as_ref(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl TryFrom<&[u8]> for Salt {
    type Error = Error;

    fn try_from(salt: &[u8]) -> Result<Self, Error> {
        Self::new(salt)
    }
}

impl fmt::Display for Salt {
    /// Writes base64.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.to_base64().as_str())
    }
}

impl FromStr for Salt {
    type Err = Error;

    /// Parses base64.
    ///
    /// Text of 32 to 64 hexadecimal digits with at least one decimal digit is refused: it is valid base64, but of other
    /// bytes than intended.
    fn from_str(text: &str) -> Result<Self, Error> {
        let digits = text.strip_prefix("0x").unwrap_or(text);
        let is_hex = digits.len().is_multiple_of(2) && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
        // Without a decimal digit, the text may be base64 of a salt of zeros.
        let is_hex = is_hex && digits.bytes().any(|digit| digit.is_ascii_digit());
        if is_hex && (2 * Self::MIN_LEN..=2 * Self::MAX_LEN).contains(&digits.len()) {
            return Err(Error::SaltHexadecimal);
        }
        let mut buffer = [0; Self::MAX_LEN + 3];
        match decode(text, &mut buffer) {
            Ok(bytes) => Self::new(bytes),
            Err(_) => Err(too_long(text).unwrap_or(Error::SaltBase64)),
        }
    }
}

/// Returns the error for base64 of more bytes than a salt can have.
fn too_long(text: &str) -> Option<Error> {
    let characters = text.trim_end_matches('=');
    let padding = text.len() - characters.len();
    let is_base64 = characters
        .bytes()
        .all(|c| c.is_ascii_alphanumeric() || matches!(c, b'+' | b'/'));
    let len = (text.len() / 4 * 3).checked_sub(padding)?;
    (is_base64 && padding <= 2 && text.len().is_multiple_of(4) && len > Salt::MAX_LEN)
        .then_some(Error::SaltLength { len })
}

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Salt({})", self.to_base64().as_str())
    }
}
