use core::fmt;
use core::str::FromStr;

use crate::Error;
use crate::base64::{Base64, decode};

/// The salt of PBKDF2, 16..=32 bytes (Matter Core Specification 3.9). It is no secret: a device tells it to anyone.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Salt {
    bytes: [u8; Self::MAX_LEN],
    len: usize,
}

impl Salt {
    /// The fewest bytes.
    pub const MIN_LEN: usize = 16;
    /// The most bytes.
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

    /// Returns the text that factory data holds.
    #[must_use]
    pub fn to_base64(&self) -> Base64 {
        Base64::encode(self.as_bytes())
    }
}

impl FromStr for Salt {
    type Err = Error;

    /// Reads base64.
    fn from_str(text: &str) -> Result<Self, Error> {
        // Three bytes more than the maximum, so that a salt that is too long is told from a text that is no base64.
        let mut buffer = [0; Self::MAX_LEN + 3];
        Self::new(decode(text, &mut buffer)?)
    }
}

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Salt({})", self.to_base64().as_str())
    }
}
