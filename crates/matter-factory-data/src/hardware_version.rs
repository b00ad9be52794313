use core::str::FromStr;

use esp_nvs_image::{Number, Value};

use crate::Error;
use crate::product::FieldValue;

/// HardwareVersion of the Basic Information cluster (Matter Core Specification 11.1.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HardwareVersion(u16);

impl HardwareVersion {
    /// Creates a version; every number is valid.
    #[must_use]
    pub const fn new(number: u16) -> Self {
        Self(number)
    }

    /// Returns the number.
    #[must_use]
    pub const fn get(self) -> u16 {
        self.0
    }
}

impl FieldValue for HardwareVersion {
    const MAX: Option<u32> = Some(0xFFFF);

    fn to_value(&self) -> Value<'_> {
        Value::Number(Number::U32(self.0.into()))
    }

    fn from_number(number: u32) -> Option<Self> {
        number.try_into().ok().map(Self)
    }
}

impl FromStr for HardwareVersion {
    type Err = Error;

    /// Parses a decimal or `0x` hexadecimal number. The error does not contain the text.
    fn from_str(text: &str) -> Result<Self, Error> {
        let number = matter_types::parse_u32(text).ok().and_then(Self::from_number);
        number.ok_or(Error::HardwareVersion)
    }
}
