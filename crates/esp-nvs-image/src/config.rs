use core::fmt;
use core::str::FromStr;

use crate::Error;
use crate::layout::{PAGE_SIZE, VERSION_1, VERSION_2};

/// The size of a partition in bytes: a multiple of 4096, 0x1000 to 0x7FFF_F000.
///
/// `esp_secure_cert` has a type of this name with a lower limit; both convert from numbers and text.
///
/// # Examples
///
/// ```
/// use esp_nvs_image::PartitionSize;
///
/// let size: PartitionSize = "0x6000".parse()?;
/// assert_eq!(size, PartitionSize::new(0x6000)?);
/// assert_eq!(size.usable_pages(), 5);
/// assert!(PartitionSize::try_from(0x6001).is_err());
/// # Ok::<(), esp_nvs_image::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartitionSize(u32);

impl PartitionSize {
    /// The smallest partition: one page.
    pub const MIN: Self = Self(0x1000);
    /// The largest partition.
    pub const MAX: Self = Self(0x7FFF_F000);

    /// Creates a partition size.
    ///
    /// # Errors
    ///
    /// [`Error::PartitionSize`] if it is not a multiple of 4096 from `MIN` to `MAX`.
    pub const fn new(bytes: u32) -> Result<Self, Error> {
        if bytes < Self::MIN.0 || bytes > Self::MAX.0 || !bytes.is_multiple_of(0x1000) {
            return Err(Error::PartitionSize { bytes });
        }
        Ok(Self(bytes))
    }

    /// Returns the size in bytes.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }

    /// Returns the size in bytes as a `usize`.
    #[must_use]
    #[expect(
        clippy::as_conversions,
        reason = "at most 2^31, and a usize has at least 32 bits where std or alloc run"
    )]
    pub const fn bytes(self) -> usize {
        self.0 as usize
    }

    /// Returns the number of pages.
    #[must_use]
    pub const fn pages(self) -> usize {
        self.bytes() / PAGE_SIZE
    }

    /// Returns whether the firmware can mount the partition only read-only, because it has fewer
    /// than three pages.
    #[must_use]
    pub const fn is_read_only(self) -> bool {
        self.pages() < 3
    }

    /// Returns the number of pages for entries: all but one, which the firmware needs empty, or all
    /// pages of a read-only partition.
    #[must_use]
    pub const fn usable_pages(self) -> usize {
        if self.is_read_only() {
            self.pages()
        } else {
            self.pages() - 1
        }
    }
}

impl TryFrom<u32> for PartitionSize {
    type Error = Error;

    fn try_from(bytes: u32) -> Result<Self, Error> {
        Self::new(bytes)
    }
}

/// An integer literal without a suffix is an `i32`.
impl TryFrom<i32> for PartitionSize {
    type Error = Error;

    fn try_from(bytes: i32) -> Result<Self, Error> {
        Self::new(u32::try_from(bytes).unwrap_or(0))
    }
}

impl TryFrom<usize> for PartitionSize {
    type Error = Error;

    fn try_from(bytes: usize) -> Result<Self, Error> {
        Self::new(u32::try_from(bytes).unwrap_or(u32::MAX))
    }
}

impl From<PartitionSize> for u32 {
    fn from(size: PartitionSize) -> Self {
        size.0
    }
}

impl FromStr for PartitionSize {
    type Err = Error;

    /// Parses a decimal or `0x` hexadecimal number of bytes.
    fn from_str(text: &str) -> Result<Self, Error> {
        let (digits, radix) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
            Some(digits) => (digits, 16),
            None => (text, 10),
        };
        if digits.starts_with('+') {
            return Err(Error::PartitionSizeText);
        }
        u32::from_str_radix(digits, radix)
            .map_err(|_| Error::PartitionSizeText)
            .and_then(Self::new)
    }
}

impl fmt::Display for PartitionSize {
    /// Formats as `0x` and hexadecimal digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:#x}", self.0)
    }
}

/// The storage format of blobs, which is also the version byte of every page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum BlobVersion {
    /// Each blob in one piece of at most 1984 bytes, the format before ESP-IDF 4.0.
    V1,
    /// Blobs in chunks over several pages, with an index entry.
    #[default]
    V2,
}

impl BlobVersion {
    pub(crate) const fn page_byte(self) -> u8 {
        match self {
            Self::V1 => VERSION_1,
            Self::V2 => VERSION_2,
        }
    }
}
