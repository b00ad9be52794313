use core::fmt;
use core::str::FromStr;

use matter_types::parse_u32;

use crate::Error;

/// PBKDF2 iteration count, 1000 to 100000 (Matter Core Specification 3.9, `CRYPTO_PBKDF_ITERATIONS_MIN` and `_MAX`).
///
/// # Examples
///
/// ```
/// use matter_spake2p::Iterations;
///
/// assert_eq!(Iterations::new(10_000)?, "10000".parse()?);
/// assert!(Iterations::new(999).is_err());
/// # Ok::<(), matter_spake2p::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Iterations(u32);

impl Iterations {
    /// The smallest count.
    pub const MIN: Self = Self(1000);
    /// The largest count.
    pub const MAX: Self = Self(100_000);

    /// Accepts a count.
    ///
    /// # Errors
    ///
    /// [`Error::IterationsOutOfRange`].
    pub const fn new(count: u32) -> Result<Self, Error> {
        if count < Self::MIN.0 || count > Self::MAX.0 {
            return Err(Error::IterationsOutOfRange { count });
        }
        Ok(Self(count))
    }

    /// Returns the number.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl From<Iterations> for u32 {
    fn from(iterations: Iterations) -> Self {
        iterations.0
    }
}

impl TryFrom<u32> for Iterations {
    type Error = Error;

    fn try_from(count: u32) -> Result<Self, Error> {
        Self::new(count)
    }
}

impl FromStr for Iterations {
    type Err = Error;

    /// Parses a decimal or `0x` hexadecimal number.
    fn from_str(text: &str) -> Result<Self, Error> {
        Self::new(parse_u32(text).map_err(|_| Error::IterationsNotANumber)?)
    }
}

impl fmt::Display for Iterations {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
