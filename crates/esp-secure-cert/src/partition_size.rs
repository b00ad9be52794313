use core::fmt;
use core::str::FromStr;

use crate::Error;
use crate::layout::MAX_END;

/// The size of a partition in bytes: a multiple of 0x1000 in 0x1000..=0x10000.
///
/// The firmware keeps offsets in 16 bits, which is where the upper limit comes from. `esp_nvs_image` has a type of this name
/// for NVS partitions, which may be larger; both convert from numbers and text.
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
    /// The smallest: one sector.
    pub const MIN: Self = Self(0x1000);
    /// The largest.
    pub const MAX: Self = Self(0x1_0000);
    /// What the vendor's tool and its partition tables use: 8 KiB.
    pub const DEFAULT: Self = Self(0x2000);

    /// Accepts a size in bytes.
    ///
    /// # Errors
    ///
    /// [`Error::PartitionSize`] unless it is a multiple of 0x1000 in 0x1000..=0x10000.
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

    /// Returns where the last record ends at the latest.
    #[must_use]
    pub const fn capacity(self) -> usize {
        if self.0 < MAX_END { self.0 } else { MAX_END }
    }
}

/// A literal without a type is an `i32`.
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

    /// Reads a decimal or `0x` hexadecimal number.
    fn from_str(text: &str) -> Result<Self, Error> {
        let (digits, radix) = text
            .strip_prefix("0x")
            .or_else(|| text.strip_prefix("0X"))
            .map_or((text, 10), |digits| (digits, 16));
        // `from_str_radix` would accept a sign.
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
