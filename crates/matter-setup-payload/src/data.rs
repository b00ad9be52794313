use core::fmt;

use matter_tlv::{Reader, Tag, Writer};

use crate::packed::LEN as PACKED_LEN;
use crate::{Error, ErrorKind};

mod decode;
pub(crate) mod value;

pub(crate) use self::decode::decode;

use self::value::{COMMISSIONING_TIMEOUT, DEVICE_COUNT, PBKDF_ITERATIONS, PBKDF_SALT, SERIAL_NUMBER, check};
pub use self::value::{DataValue, ManufacturerTag, Pbkdf};

/// Maximum number of characters of one payload after `MT:` (Matter Core Specification 5.1.3.2).
pub(crate) const MAX_CHARACTERS: usize = 255;
/// Number of bytes encoded by that many characters.
pub(crate) const MAX_BYTES: usize = MAX_CHARACTERS / 5 * 3;

/// The TLV data after the fixed part of a QR code (Matter Core Specification 5.1.5).
///
/// A value is always valid and in the canonical encoding: ascending tags, and the shortest form of
/// numbers and lengths. Data without members has an empty encoding.
///
/// # Examples
///
/// ```
/// use matter_setup_payload::OptionalData;
///
/// let data = OptionalData::new().with_serial_number("SN-1")?;
/// assert_eq!(data.as_bytes(), b"\x15\x2C\x00\x04SN-1\x18");
/// # Ok::<(), matter_setup_payload::Error>(())
/// ```
#[derive(Clone)]
pub struct OptionalData {
    bytes: [u8; Self::MAX_LEN],
    len: usize,
}

impl OptionalData {
    /// The maximum length of the encoding, which fills a payload of 255 characters.
    pub const MAX_LEN: usize = MAX_BYTES - PACKED_LEN;

    /// Creates data without members.
    #[must_use]
    pub const fn new() -> Self {
        Self {
            bytes: [0; Self::MAX_LEN],
            len: 0,
        }
    }

    /// Sets the serial number, 1 to 32 bytes (tag 0x00).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::DataRange`], or [`ErrorKind::DataTooLong`] if the data exceeds one payload.
    pub fn with_serial_number(self, serial_number: &str) -> Result<Self, Error> {
        self.with(SERIAL_NUMBER, DataValue::Utf8(serial_number))
    }

    /// Sets a numeric serial number (tag 0x00). More commissioners support a string.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::DataTooLong`] if the data exceeds one payload.
    pub fn with_numeric_serial_number(self, serial_number: u32) -> Result<Self, Error> {
        self.with(SERIAL_NUMBER, DataValue::Unsigned(serial_number.into()))
    }

    /// Sets the PBKDF2 iterations, 1000 to 100000, and the salt, 16 to 32 bytes (tags 0x01 and 0x02).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::DataRange`], or [`ErrorKind::DataTooLong`] if the data exceeds one payload.
    pub fn with_pbkdf(self, iterations: u32, salt: &[u8]) -> Result<Self, Error> {
        self.with(PBKDF_ITERATIONS, DataValue::Unsigned(iterations.into()))?
            .with(PBKDF_SALT, DataValue::Octets(salt))
    }

    /// Sets the number of devices that share the onboarding payload, 1 to 255 (tag 0x03).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::DataRange`], or [`ErrorKind::DataTooLong`] if the data exceeds one payload.
    pub fn with_device_count(self, devices: u8) -> Result<Self, Error> {
        self.with(DEVICE_COUNT, DataValue::Unsigned(devices.into()))
    }

    /// Sets the commissioning timeout in seconds (tag 0x04).
    ///
    /// # Errors
    ///
    /// [`ErrorKind::DataTooLong`] if the data exceeds one payload.
    pub fn with_commissioning_timeout(self, seconds: u16) -> Result<Self, Error> {
        self.with(COMMISSIONING_TIMEOUT, DataValue::Unsigned(seconds.into()))
    }

    /// Sets a manufacturer-specific string or integer.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::DataType`] for a byte string, or [`ErrorKind::DataTooLong`] if the data exceeds
    /// one payload.
    pub fn with_manufacturer_value(self, tag: ManufacturerTag, value: DataValue<'_>) -> Result<Self, Error> {
        self.with(tag.get(), value)
    }

    /// Decodes data strictly: only the canonical encoding is accepted.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::Tlv`] or one of the `Data…` kinds. The error has no position, because the input
    /// is not a code.
    pub fn decode(bytes: &[u8]) -> Result<Self, Error> {
        decode(bytes, &mut crate::deviation::Judge::strict(), &|kind, _| {
            Error::new(kind)
        })
    }

    /// Returns the canonical encoding, which is empty without members.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }

    /// Returns the length of the canonical encoding in bytes.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Returns whether there are no members.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns all members with their tags in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = (u8, DataValue<'_>)> {
        let mut reader = Reader::new(self.as_bytes());
        core::iter::from_fn(move || reader.read().ok().flatten())
            .skip(1)
            .map_while(|element| match element.tag {
                Tag::Context(tag) => Some((tag, DataValue::from_tlv(element.value)?)),
                _ => None,
            })
    }

    /// Returns the serial number, a string or a number.
    #[must_use]
    pub fn serial_number(&self) -> Option<DataValue<'_>> {
        self.get(SERIAL_NUMBER)
    }

    /// Returns the PBKDF2 iterations and salt.
    #[must_use]
    pub fn pbkdf(&self) -> Option<Pbkdf<'_>> {
        match (self.get(PBKDF_ITERATIONS)?, self.get(PBKDF_SALT)?) {
            (DataValue::Unsigned(iterations), DataValue::Octets(salt)) => Some(Pbkdf {
                iterations: u32::try_from(iterations).ok()?,
                salt,
            }),
            _ => None,
        }
    }

    /// Returns the number of devices that share the onboarding payload.
    #[must_use]
    pub fn device_count(&self) -> Option<u8> {
        self.number(DEVICE_COUNT)
    }

    /// Returns the commissioning timeout in seconds.
    #[must_use]
    pub fn commissioning_timeout(&self) -> Option<u16> {
        self.number(COMMISSIONING_TIMEOUT)
    }

    /// Returns the manufacturer-specific members in ascending order of their tags.
    pub fn manufacturer_values(&self) -> impl Iterator<Item = (ManufacturerTag, DataValue<'_>)> {
        self.iter()
            .filter_map(|(tag, value)| Some((ManufacturerTag::new(tag).ok()?, value)))
    }

    fn get(&self, wanted: u8) -> Option<DataValue<'_>> {
        self.iter().find_map(|(tag, value)| (tag == wanted).then_some(value))
    }

    fn number<T: TryFrom<u64>>(&self, tag: u8) -> Option<T> {
        match self.get(tag)? {
            DataValue::Unsigned(number) => T::try_from(number).ok(),
            _ => None,
        }
    }

    fn with(mut self, tag: u8, value: DataValue<'_>) -> Result<Self, Error> {
        check(tag, value)?;
        self.insert(tag, Some(value))?;
        Ok(self)
    }

    /// Sets or removes the member with a tag and keeps the order.
    fn insert(&mut self, tag: u8, value: Option<DataValue<'_>>) -> Result<(), Error> {
        let new = value.map(|value| (tag, value));
        let before = self.iter().take_while(|(other, _)| *other < tag);
        let after = self.iter().skip_while(|(other, _)| *other <= tag);
        let mut bytes = [0; Self::MAX_LEN];
        let len = write(before.chain(new).chain(after), &mut bytes)?;
        *self = Self { bytes, len };
        Ok(())
    }
}

/// Writes members in ascending order of tags as one anonymous structure; writes nothing without
/// members.
fn write<'a>(members: impl Iterator<Item = (u8, DataValue<'a>)>, buffer: &mut [u8]) -> Result<usize, Error> {
    let too_long = |_: matter_tlv::Error| Error::new(ErrorKind::DataTooLong);
    let mut members = members.peekable();
    if members.peek().is_none() {
        return Ok(0);
    }
    let mut writer = Writer::new(buffer);
    writer.start_structure(Tag::Anonymous).map_err(too_long)?;
    for (tag, value) in members {
        let tag = Tag::Context(tag);
        let put = match value {
            DataValue::Octets(bytes) => writer.put_bytes(tag, bytes),
            DataValue::Signed(number) => writer.put_signed(tag, number),
            DataValue::Unsigned(number) => writer.put_unsigned(tag, number),
            DataValue::Utf8(text) => writer.put_utf8(tag, text),
        };
        put.map_err(too_long)?;
    }
    writer.end().map_err(too_long)?;
    writer.finish().map(<[u8]>::len).map_err(too_long)
}

impl Default for OptionalData {
    fn default() -> Self {
        Self::new()
    }
}

impl PartialEq for OptionalData {
    fn eq(&self, other: &Self) -> bool {
        self.as_bytes() == other.as_bytes()
    }
}

impl Eq for OptionalData {}

impl fmt::Debug for OptionalData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}
