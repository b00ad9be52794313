use alloc::string::String;
use core::fmt;
use core::str::FromStr;

use esp_nvs_image::Value;

use crate::Error;
use crate::product::FieldValue;

/// ManufacturingDate of the Basic Information cluster: a day, optionally followed by vendor-specific characters (Matter
/// Core Specification 11.1.5).
///
/// The firmware reads at most 16 characters: `YYYYMMDD` with up to 8 more, or `YYYY-MM-DD` with up to 6 more. The text
/// is stored unchanged.
///
/// # Examples
///
/// ```
/// use matter_factory_data::ManufacturingDate;
///
/// assert_eq!(ManufacturingDate::new("2026-06-01")?.as_str(), "2026-06-01");
/// assert!(ManufacturingDate::new("2026-02-30").is_err());
/// # Ok::<(), matter_factory_data::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct ManufacturingDate(String);

impl ManufacturingDate {
    /// The maximum number of characters that the firmware reads.
    pub const MAX_LEN: usize = 16;

    /// Accepts a date.
    ///
    /// # Errors
    ///
    /// [`Error::Date`].
    pub fn new(text: &str) -> Result<Self, Error> {
        let printable = text.len() <= Self::MAX_LEN && text.bytes().all(|b| b.is_ascii_graphic());
        let number = |from: usize, len: usize| {
            let digits = text
                .get(from..from + len)
                .filter(|digits| digits.bytes().all(|b| b.is_ascii_digit()))?;
            digits.parse::<u16>().ok()
        };
        let dashes = text.get(4..5) == Some("-") && text.get(7..8) == Some("-");
        let (month, day) = if dashes { (5, 8) } else { (4, 6) };
        match (printable, number(0, 4), number(month, 2), number(day, 2)) {
            (true, Some(year), Some(month), Some(day)) if is_day(year, month, day) => Ok(Self(text.into())),
            _ => Err(Error::Date),
        }
    }

    /// Returns the text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ManufacturingDate {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::new(text)
    }
}

impl fmt::Display for ManufacturingDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FieldValue for ManufacturingDate {
    fn to_value(&self) -> Value<'_> {
        Value::Str(&self.0)
    }
}

const fn is_day(year: u16, month: u16, day: u16) -> bool {
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        4 | 6 | 9 | 11 => 30,
        2 if leap => 29,
        2 => 28,
        1..=12 => 31,
        _ => 0,
    };
    day >= 1 && day <= days
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_days_of_the_calendar_in_the_firmware_s_forms() {
        for text in [
            "20221025",
            "2022-10-25",
            "20240229",
            "20000229",
            "20221025ABCDEFGH",
            "2022-10-25abcdef",
        ] {
            assert!(ManufacturingDate::new(text).is_ok(), "{text}");
        }
        for text in [
            "",
            "2022",
            "20221325",
            "20221000",
            "20221032",
            "20230229",
            "19000229",
            "2022-1-25",
            "2022/10/25",
            "20249999",
            "20221025ABCDEFGHI",
            "2022-10-25abcdefg",
            "20221025 ",
            "2022102\u{e9}",
            "+0221025",
            "2022-1025",
        ] {
            assert_eq!(ManufacturingDate::new(text), Err(Error::Date), "{text}");
        }
    }
}
