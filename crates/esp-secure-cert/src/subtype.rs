use core::fmt;

use crate::Error;

/// The subtype of a record, which tells records of the same type apart: 0 to 253.
///
/// In a look-up by the firmware, 254 selects the last record of a type; 255 is invalid.
///
/// # Examples
///
/// ```
/// use esp_secure_cert::Subtype;
///
/// assert_eq!(Subtype::new(7)?.get(), 7);
/// assert!(Subtype::new(254).is_err());
/// # Ok::<(), esp_secure_cert::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subtype(u8);

impl Subtype {
    /// The first subtype.
    pub const MIN: Self = Self(0);
    /// The last subtype.
    pub const MAX: Self = Self(253);

    /// Creates a subtype from 0 to 253.
    ///
    /// # Errors
    ///
    /// [`Error::Subtype`] for 254 and 255.
    pub const fn new(subtype: u8) -> Result<Self, Error> {
        if subtype > Self::MAX.0 {
            return Err(Error::Subtype { subtype });
        }
        Ok(Self(subtype))
    }

    /// Creates a constant; the number must be in range.
    pub(crate) const fn literal(subtype: u8) -> Self {
        assert!(subtype <= Self::MAX.0);
        Self(subtype)
    }

    /// Returns the number.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl From<Subtype> for u8 {
    fn from(subtype: Subtype) -> Self {
        subtype.0
    }
}

impl TryFrom<u8> for Subtype {
    type Error = Error;

    fn try_from(subtype: u8) -> Result<Self, Error> {
        Self::new(subtype)
    }
}

impl fmt::Display for Subtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
