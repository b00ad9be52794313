use core::fmt;
use core::str::FromStr;

use crate::Error;
use crate::layout::MAX_END;

/// The size of a partition in bytes: a multiple of 0x1000 from 0x1000 to 0x10000.
///
/// The upper limit comes from the firmware, which keeps offsets in 16 bits. `esp_nvs_image` has a type of this name for
/// NVS partitions, which may be larger; both convert from numbers and text.
///
/// # Examples
///
/// ```
/// use esp_secure_cert::PartitionSize;
///
/// assert_eq!(PartitionSize::DEFAULT.bytes(), 0x2000);
/// assert_eq!("0x3000".parse::<PartitionSize>()?.bytes(), 12_288);
/// assert!(PartitionSize::new(0x2001).is_err());
/// # Ok::<(), esp_secure_cert::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartitionSize(usize);

impl PartitionSize {
    /// The smallest size: one sector.
    pub const MIN: Self = Self(0x1000);
    /// The largest size.
    pub const MAX: Self = Self(0x1_0000);
    /// The size in the vendor's tool and partition tables: 8 KiB.
    pub const DEFAULT: Self = Self(0x2000);

    /// Creates a size in bytes.
    ///
    /// # Errors
    ///
    /// [`Error::PartitionSize`] unless it is a multiple of 0x1000 from 0x1000 to 0x10000.
    pub const fn new(bytes: usize) -> Result<Self, Error> {
        if bytes < Self::MIN.0 || bytes > Self::MAX.0 || !bytes.is_multiple_of(Self::MIN.0) {
            return Err(Error::PartitionSize { bytes });
        }
        Ok(Self(bytes))
    }

    /// Returns the size in bytes.
    #[must_use]
    pub const fn bytes(self) -> usize {
        self.0
    }

    /// Returns the maximum end of the last record in bytes.
    #[must_use]
    pub const fn capacity(self) -> usize {
        if self.0 < MAX_END { self.0 } else { MAX_END }
    }
}

/// An integer literal without a suffix is an `i32`.
impl TryFrom<i32> for PartitionSize {
    type Error = Error;

    fn try_from(bytes: i32) -> Result<Self, Error> {
        Self::new(usize::try_from(bytes).unwrap_or(0))
    }
}

impl TryFrom<u32> for PartitionSize {
    type Error = Error;

    fn try_from(bytes: u32) -> Result<Self, Error> {
        Self::new(usize::try_from(bytes).unwrap_or(usize::MAX))
    }
}

impl TryFrom<usize> for PartitionSize {
    type Error = Error;

    fn try_from(bytes: usize) -> Result<Self, Error> {
        Self::new(bytes)
    }
}

impl From<PartitionSize> for usize {
    fn from(size: PartitionSize) -> Self {
        size.0
    }
}

impl Default for PartitionSize {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl FromStr for PartitionSize {
    type Err = Error;

    /// Parses a decimal or `0x` hexadecimal number.
    fn from_str(text: &str) -> Result<Self, Error> {
        let (digits, radix) = text
            .strip_prefix("0x")
            .or_else(|| text.strip_prefix("0X"))
            .map_or((text, 10), |digits| (digits, 16));
        // `from_str_radix` accepts a sign.
        if !digits.starts_with(|first: char| first.is_ascii_hexdigit()) {
            return Err(Error::PartitionSizeText);
        }
        let bytes = usize::from_str_radix(digits, radix).map_err(|_| Error::PartitionSizeText)?;
        Self::new(bytes)
    }
}

impl fmt::Display for PartitionSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}
