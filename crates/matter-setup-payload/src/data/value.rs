use core::ops::RangeInclusive;
use core::str::FromStr;

use matter_tlv::Value;

use crate::{Error, ErrorKind};

pub(crate) const SERIAL_NUMBER: u8 = 0x00;
pub(crate) const PBKDF_ITERATIONS: u8 = 0x01;
pub(crate) const PBKDF_SALT: u8 = 0x02;
pub(crate) const DEVICE_COUNT: u8 = 0x03;
pub(crate) const COMMISSIONING_TIMEOUT: u8 = 0x04;

/// Length of a serial number in bytes. A numeric one is limited to 32 bits, because connectedhomeip
/// reads no more.
const SERIAL_NUMBER_LEN: RangeInclusive<usize> = 1..=32;
const SERIAL_NUMBER_MAX: u64 = 0xFFFF_FFFF;
/// Matter Core Specification 3.9.
const ITERATIONS: RangeInclusive<u64> = 1000..=100_000;
const SALT_LEN: RangeInclusive<usize> = 16..=32;

/// A value in the TLV data.
///
/// # Examples
///
/// ```
/// use matter_setup_payload::{DataValue, ManufacturerTag, OptionalData};
///
/// let data = OptionalData::new().with_manufacturer_value(ManufacturerTag::new(0x80)?, DataValue::from("red"))?;
/// let (tag, value) = data.manufacturer_values().next().ok_or("one value")?;
/// assert_eq!((tag.get(), value.as_str()), (0x80, Some("red")));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DataValue<'a> {
    /// A byte string, used only for the PBKDF2 salt.
    Octets(&'a [u8]),
    /// A signed integer. For manufacturer-specific numbers, more commissioners support it than an
    /// unsigned one.
    Signed(i64),
    /// An unsigned integer.
    Unsigned(u64),
    /// A UTF-8 string.
    Utf8(&'a str),
}

impl<'a> DataValue<'a> {
    /// Returns the string, or `None` for another type.
    #[must_use]
    pub const fn as_str(self) -> Option<&'a str> {
        match self {
            Self::Utf8(text) => Some(text),
            _ => None,
        }
    }

    /// Converts an element, unless its type is not allowed in the data.
    pub(super) fn from_tlv(value: Value<'a>) -> Option<Self> {
        match value {
            Value::Bytes(bytes) => Some(Self::Octets(bytes)),
            Value::Signed(number) => Some(Self::Signed(number)),
            Value::Unsigned(number) => Some(Self::Unsigned(number)),
            Value::Utf8(text) => Some(Self::Utf8(text)),
            _ => None,
        }
    }
}

impl<'a> From<&'a str> for DataValue<'a> {
    fn from(text: &'a str) -> Self {
        Self::Utf8(text)
    }
}

impl From<i64> for DataValue<'_> {
    fn from(number: i64) -> Self {
        Self::Signed(number)
    }
}

impl From<u64> for DataValue<'_> {
    fn from(number: u64) -> Self {
        Self::Unsigned(number)
    }
}

/// The PBKDF2 parameters of the verifier, as published in the code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pbkdf<'a> {
    /// PBKDF2 iterations.
    pub iterations: u32,
    /// PBKDF2 salt.
    pub salt: &'a [u8],
}

/// A tag for manufacturer-specific members, 0x80 to 0xFF.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ManufacturerTag(u8);

impl ManufacturerTag {
    /// The smallest tag.
    pub const MIN: Self = Self(0x80);
    /// The largest tag.
    pub const MAX: Self = Self(0xFF);

    /// Creates a tag.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::ManufacturerTag`] below 0x80.
    pub const fn new(tag: u8) -> Result<Self, Error> {
        if tag < Self::MIN.0 {
            // `u32::from` is not const.
            #[expect(clippy::as_conversions, reason = "u8 to u32 loses nothing")]
            return Err(Error::new(ErrorKind::ManufacturerTag { value: tag as u32 }));
        }
        Ok(Self(tag))
    }

    /// Returns the tag.
    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl From<ManufacturerTag> for u8 {
    fn from(tag: ManufacturerTag) -> Self {
        tag.0
    }
}

impl TryFrom<u8> for ManufacturerTag {
    type Error = Error;

    fn try_from(tag: u8) -> Result<Self, Error> {
        Self::new(tag)
    }
}

impl FromStr for ManufacturerTag {
    type Err = Error;

    /// Parses a decimal or `0x` hexadecimal number.
    fn from_str(text: &str) -> Result<Self, Error> {
        let value = matter_types::parse_u32(text)?;
        u8::try_from(value)
            .map_err(|_| ErrorKind::ManufacturerTag { value }.into())
            .and_then(Self::new)
    }
}

/// Checks a value against its tag (Matter Core Specification 5.1.5).
pub(crate) fn check(tag: u8, value: DataValue<'_>) -> Result<(), ErrorKind> {
    let in_range = match (tag, value) {
        (SERIAL_NUMBER, DataValue::Utf8(text)) => SERIAL_NUMBER_LEN.contains(&text.len()),
        (SERIAL_NUMBER, DataValue::Unsigned(number)) => number <= SERIAL_NUMBER_MAX,
        (PBKDF_ITERATIONS, DataValue::Unsigned(number)) => ITERATIONS.contains(&number),
        (PBKDF_SALT, DataValue::Octets(bytes)) => SALT_LEN.contains(&bytes.len()),
        (DEVICE_COUNT, DataValue::Unsigned(number)) => (1..=0xFF).contains(&number),
        (COMMISSIONING_TIMEOUT, DataValue::Unsigned(number)) => number <= 0xFFFF,
        (0x05..=0x7F, _) => return Err(ErrorKind::DataReserved { tag }),
        (0x80.., DataValue::Utf8(_) | DataValue::Signed(_) | DataValue::Unsigned(_)) => true,
        _ => return Err(ErrorKind::DataType { tag }),
    };
    if in_range {
        Ok(())
    } else {
        Err(ErrorKind::DataRange { tag })
    }
}
