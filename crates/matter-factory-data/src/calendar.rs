use core::str::FromStr;

use esp_nvs_image::{Number, Value};

use crate::Error;
use crate::product::FieldValue;

/// SupportedCalendarTypes of the Time Format Localization cluster, one bit for each (Matter Core Specification 11.4).
///
/// # Examples
///
/// ```
/// use matter_factory_data::CalendarTypes;
///
/// let both = "Gregorian".parse::<CalendarTypes>()?.with("Hebrew".parse()?);
/// assert_eq!(both.get(), 0b11_0000);
/// # Ok::<(), matter_factory_data::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CalendarTypes(u32);

/// The names in the order of their bits.
const NAMES: [&str; 12] = [
    "Buddhist",
    "Chinese",
    "Coptic",
    "Ethiopian",
    "Gregorian",
    "Hebrew",
    "Indian",
    "Islamic",
    "Japanese",
    "Korean",
    "Persian",
    "Taiwanese",
];

impl CalendarTypes {
    /// The largest bit map: all twelve calendars.
    pub const MAX: u32 = 0xFFF;

    /// Creates a bit map of the twelve calendars; `None` if other bits are set.
    #[must_use]
    pub const fn new(bits: u32) -> Option<Self> {
        if bits & !Self::MAX == 0 { Some(Self(bits)) } else { None }
    }

    /// Adds the calendars of `other`.
    #[must_use]
    pub const fn with(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Returns the bit map.
    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl FieldValue for CalendarTypes {
    const MAX: Option<u32> = Some(Self::MAX);

    fn to_value(&self) -> Value<'_> {
        Value::Number(Number::U32(self.get()))
    }

    fn beside(self, earlier: Option<Self>) -> Self {
        earlier.map_or(self, |earlier| earlier.with(self))
    }

    fn from_number(number: u32) -> Option<Self> {
        Self::new(number)
    }
}

impl FromStr for CalendarTypes {
    type Err = Error;

    /// Parses the name of one calendar, such as `Gregorian`.
    fn from_str(text: &str) -> Result<Self, Error> {
        let bit = NAMES.iter().position(|name| *name == text).ok_or(Error::UnknownName {
            field: "calendar type",
            allowed: "Buddhist Chinese Coptic Ethiopian Gregorian Hebrew Indian Islamic Japanese Korean Persian Taiwanese",
        })?;
        Ok(Self(1 << bit))
    }
}
