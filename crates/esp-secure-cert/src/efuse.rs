use core::fmt;

use crate::Error;
use crate::layout::FIRST_KEY_BLOCK;

/// One of the six eFuse key blocks, `BLOCK_KEY0` to `BLOCK_KEY5`.
///
/// # Examples
///
/// ```
/// use esp_secure_cert::EfuseKey;
///
/// let key = EfuseKey::new(1)?;
/// assert_eq!(key.to_string(), "BLOCK_KEY1");
/// assert_eq!(key.block(), 5);
/// assert!(EfuseKey::new(6).is_err());
/// # Ok::<(), esp_secure_cert::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EfuseKey(u8);

impl EfuseKey {
    /// The first key block, `BLOCK_KEY0`.
    pub const MIN: Self = Self(0);
    /// The last key block, `BLOCK_KEY5`.
    pub const MAX: Self = Self(5);

    /// Creates a key block from its number, 0 to 5.
    ///
    /// # Errors
    ///
    /// [`Error::EfuseKey`] for any other number.
    pub const fn new(id: u8) -> Result<Self, Error> {
        if id > Self::MAX.0 {
            return Err(Error::EfuseKey { id });
        }
        Ok(Self(id))
    }

    /// Creates a key block from its number among all eFuse blocks, 4 to 9.
    pub(crate) const fn from_block(block: u8) -> Option<Self> {
        match block.checked_sub(FIRST_KEY_BLOCK) {
            Some(id) if id <= Self::MAX.0 => Some(Self(id)),
            _ => None,
        }
    }

    /// Returns the number of the key block, 0 to 5.
    #[must_use]
    pub const fn id(self) -> u8 {
        self.0
    }

    /// Returns the number among all eFuse blocks, 4 to 9.
    #[must_use]
    pub const fn block(self) -> u8 {
        self.0 + FIRST_KEY_BLOCK
    }
}

impl From<EfuseKey> for u8 {
    /// The number of the key block, 0 to 5.
    fn from(key: EfuseKey) -> Self {
        key.0
    }
}

impl TryFrom<u8> for EfuseKey {
    type Error = Error;

    fn try_from(id: u8) -> Result<Self, Error> {
        Self::new(id)
    }
}

impl fmt::Display for EfuseKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BLOCK_KEY{}", self.0)
    }
}
