use core::fmt;
use core::str::FromStr;

use crate::Error;
use crate::number::number;

/// The size of a flash chip in bytes: a positive multiple of 4 KiB below 4 GiB.
///
/// # Examples
///
/// ```
/// use esp_flash_image::FlashSize;
///
/// let size: FlashSize = "4MB".parse()?;
/// assert_eq!((size, size.get()), ("0x400000".parse()?, 0x40_0000));
/// assert_eq!(size.to_string(), "4MB");
/// # Ok::<(), esp_flash_image::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FlashSize(u32);

impl FlashSize {
    /// Makes a flash size from a number of bytes.
    ///
    /// # Errors
    ///
    /// [`Error::FlashSize`] unless the number is a positive multiple of 4096.
    pub const fn new(bytes: u32) -> Result<Self, Error> {
        if bytes == 0 || !bytes.is_multiple_of(0x1000) {
            return Err(Error::FlashSize);
        }
        Ok(Self(bytes))
    }

    /// Returns the number of bytes.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl fmt::Display for FlashSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            bytes if bytes.is_multiple_of(0x10_0000) => write!(f, "{}MB", bytes / 0x10_0000),
            bytes => write!(f, "{}KB", bytes / 0x400),
        }
    }
}

impl From<FlashSize> for u32 {
    fn from(size: FlashSize) -> Self {
        size.0
    }
}

impl TryFrom<u32> for FlashSize {
    type Error = Error;

    fn try_from(bytes: u32) -> Result<Self, Error> {
        Self::new(bytes)
    }
}

impl FromStr for FlashSize {
    type Err = Error;

    /// Parses `4MB`, `4M`, `512KB`, or a number of bytes in decimal or hexadecimal.
    fn from_str(text: &str) -> Result<Self, Error> {
        // Only after a unit: elsewhere B is a hexadecimal digit.
        let without = text.strip_suffix(['B', 'b']);
        let text = without
            .filter(|text| text.ends_with(['K', 'k', 'M', 'm']))
            .unwrap_or(text);
        let bytes = number(text).and_then(|bytes| bytes.try_into().ok());
        Self::new(bytes.ok_or(Error::FlashSize)?)
    }
}
