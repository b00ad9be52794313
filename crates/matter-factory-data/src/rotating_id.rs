use core::fmt;
use core::str::FromStr;

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::Error;

/// The unique id from which a device derives its rotating device id, 16 bytes (Matter Core Specification 5.4.2.4.5).
///
/// It allows tracking the device, so it is a secret.
///
/// # Examples
///
/// ```
/// use matter_factory_data::RotatingId;
///
/// let id: RotatingId = "c0398f4980b07c9460f71c5421e1a3c5".parse()?;
/// assert_eq!(id.expose_bytes()[0], 0xC0);
/// assert_eq!(format!("{id:?}"), "RotatingId([elided])");
/// # Ok::<(), matter_factory_data::Error>(())
/// ```
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct RotatingId([u8; Self::LEN]);

impl RotatingId {
    /// Length in bytes.
    pub const LEN: usize = 16;

    /// Creates an id; any 16 bytes are valid.
    #[must_use]
    pub const fn new(bytes: [u8; Self::LEN]) -> Self {
        Self(bytes)
    }

    /// Draws an id.
    pub fn generate<R: rand_core::CryptoRng + ?Sized>(rng: &mut R) -> Self {
        let mut id = Self([0; Self::LEN]);
        rng.fill_bytes(&mut id.0);
        id
    }

    /// Returns the bytes; the only access to the secret.
    #[must_use]
    pub const fn expose_bytes(&self) -> &[u8; Self::LEN] {
        &self.0
    }
}

impl FromStr for RotatingId {
    type Err = Error;

    /// Parses 32 hexadecimal digits.
    fn from_str(text: &str) -> Result<Self, Error> {
        let mut id = Self([0; Self::LEN]);
        let read = base16ct::mixed::decode(text, &mut id.0).map_err(|_| Error::RotatingId)?;
        if read.len() != Self::LEN {
            return Err(Error::RotatingId);
        }
        Ok(id)
    }
}

impl fmt::Debug for RotatingId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RotatingId([elided])")
    }
}
