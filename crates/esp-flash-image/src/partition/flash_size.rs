use core::fmt;
use core::str::FromStr;

use crate::Error;

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
        let units = [("KB", 1024), ("K", 1024), ("MB", 1024 * 1024), ("M", 1024 * 1024)];
        let in_unit = units.iter().find_map(|(unit, factor)| {
            let (digits, end) = text.split_at_checked(text.len().checked_sub(unit.len())?)?;
            end.eq_ignore_ascii_case(unit).then_some((digits, 10, *factor))
        });
        let hexadecimal = || Some((text.strip_prefix("0x").or_else(|| text.strip_prefix("0X"))?, 16, 1));
        let (digits, radix, factor) = in_unit.or_else(hexadecimal).unwrap_or((text, 10, 1));
        // `from_str_radix` accepts a sign.
        let is_number = digits.chars().all(|digit| digit.is_digit(radix));
        let number = u32::from_str_radix(digits, radix).ok().filter(|_| is_number);
        let bytes = number.and_then(|number| number.checked_mul(factor));
        Self::new(bytes.ok_or(Error::FlashSize)?)
    }
}
