use core::fmt;
use core::str::FromStr;

use crate::Error;
use crate::number::parse_id;

/// A vendor id, 0x0001 to 0xFFF4 (Matter Core Specification 2.5.2).
///
/// 0 means "not specified" and 0xFFF5 to 0xFFFF are reserved; an optional vendor is an
/// `Option<VendorId>`.
///
/// # Examples
///
/// ```
/// use matter_types::VendorId;
///
/// let vendor: VendorId = "0xFFF1".parse()?;
/// assert_eq!(vendor, VendorId::new(0xFFF1)?);
/// assert_eq!((u16::from(vendor), vendor.to_string().as_str()), (0xFFF1, "0xFFF1"));
/// # Ok::<(), matter_types::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct VendorId(u16);

impl VendorId {
    /// The smallest vendor id.
    pub const MIN: Self = Self(0x0001);
    /// The largest vendor id.
    pub const MAX: Self = Self(0xFFF4);

    /// Creates a vendor id.
    ///
    /// # Errors
    ///
    /// [`Error::VendorIdOutOfRange`] outside 0x0001 to 0xFFF4.
    pub const fn new(raw: u16) -> Result<Self, Error> {
        if raw < Self::MIN.0 || raw > Self::MAX.0 {
            // `u32::from` is not const.
            #[expect(clippy::as_conversions, reason = "u16 to u32 loses nothing")]
            return Err(Error::VendorIdOutOfRange { value: raw as u32 });
        }
        Ok(Self(raw))
    }

    /// Returns the number.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }

    /// Returns whether this is one of the test vendors 0xFFF1 to 0xFFF4, which no product may use.
    #[must_use]
    pub const fn is_test(self) -> bool {
        self.0 >= 0xFFF1
    }
}

impl From<VendorId> for u16 {
    fn from(value: VendorId) -> Self {
        value.0
    }
}

impl TryFrom<u16> for VendorId {
    type Error = Error;

    fn try_from(raw: u16) -> Result<Self, Error> {
        Self::new(raw)
    }
}

impl FromStr for VendorId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let value = parse_id(text)?;
        u16::try_from(value)
            .map_err(|_| Error::VendorIdOutOfRange { value })
            .and_then(Self::new)
    }
}

impl fmt::Display for VendorId {
    /// Formats as `0x` and four upper-case hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:04X}", self.0)
    }
}

/// A product id, 0x0001 to 0xFFFF (Matter Core Specification 2.5.3).
///
/// 0 means "not specified"; an optional product is an `Option<ProductId>`.
///
/// # Examples
///
/// ```
/// use matter_types::ProductId;
///
/// assert_eq!(ProductId::try_from(0x8000)?.to_string(), "0x8000");
/// assert!(ProductId::new(0).is_err());
/// # Ok::<(), matter_types::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ProductId(u16);

impl ProductId {
    /// The smallest product id.
    pub const MIN: Self = Self(0x0001);
    /// The largest product id.
    pub const MAX: Self = Self(0xFFFF);

    /// Creates a product id.
    ///
    /// # Errors
    ///
    /// [`Error::ProductIdOutOfRange`] for 0.
    pub const fn new(raw: u16) -> Result<Self, Error> {
        if raw == 0 {
            return Err(Error::ProductIdOutOfRange { value: 0 });
        }
        Ok(Self(raw))
    }

    /// Returns the number.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }
}

impl From<ProductId> for u16 {
    fn from(value: ProductId) -> Self {
        value.0
    }
}

impl TryFrom<u16> for ProductId {
    type Error = Error;

    fn try_from(raw: u16) -> Result<Self, Error> {
        Self::new(raw)
    }
}

impl FromStr for ProductId {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let value = parse_id(text)?;
        u16::try_from(value)
            .map_err(|_| Error::ProductIdOutOfRange { value })
            .and_then(Self::new)
    }
}

impl fmt::Display for ProductId {
    /// Formats as `0x` and four upper-case hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "0x{:04X}", self.0)
    }
}
