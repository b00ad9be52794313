use std::time::{Duration, SystemTime, UNIX_EPOCH};

use matter_attestation::DateTime;

use crate::Failure;

/// Returns the current time in UTC, without fractions of a second.
///
/// # Errors
///
/// [`Failure::Work`] if the system clock is before 1970 or after 9999.
pub fn now() -> Result<DateTime, Failure> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).ok();
    let time = since.and_then(|since| DateTime::from_unix_duration(Duration::from_secs(since.as_secs())).ok());
    time.ok_or_else(|| Failure::Work("the system clock is not in the years 1970 to 9999".into()))
}

/// Reads `YYYY-MM-DD`, optionally with `HH:MM:SS` after a blank or a `T`, and with a final `Z`; in UTC.
///
/// # Errors
///
/// A message with the allowed forms.
pub fn parse_time(text: &str) -> Result<DateTime, &'static str> {
    const FORMS: &str = "not a time as YYYY-MM-DD, YYYY-MM-DD HH:MM:SS or YYYY-MM-DDTHH:MM:SSZ from 1970 to 9999";
    let whole = text.strip_suffix('Z').unwrap_or(text);
    let (day, time) = whole.split_once([' ', 'T']).unwrap_or((whole, "00:00:00"));
    let [year, month, date] = numbers(day, '-', [4, 2, 2]).ok_or(FORMS)?;
    let [hour, minute, second] = numbers(time, ':', [2, 2, 2]).ok_or(FORMS)?;
    let small = |number: u16| u8::try_from(number).map_err(|_| FORMS);
    DateTime::new(
        year,
        small(month)?,
        small(date)?,
        small(hour)?,
        small(minute)?,
        small(second)?,
    )
    .map_err(|_| FORMS)
}

fn numbers(text: &str, separator: char, widths: [usize; 3]) -> Option<[u16; 3]> {
    let mut parts = text.split(separator);
    let mut numbers = [0; 3];
    for (number, width) in numbers.iter_mut().zip(widths) {
        let part = parts
            .next()
            .filter(|part| part.len() == width && part.bytes().all(|b| b.is_ascii_digit()))?;
        *number = part.parse().ok()?;
    }
    parts.next().is_none().then_some(numbers)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn times_are_read_in_the_documented_forms_only() {
        let expected = DateTime::new(2026, 6, 1, 12, 30, 5).unwrap();
        for text in ["2026-06-01 12:30:05", "2026-06-01T12:30:05", "2026-06-01T12:30:05Z"] {
            assert_eq!(parse_time(text), Ok(expected));
        }
        assert_eq!(
            parse_time("2026-06-01"),
            Ok(DateTime::new(2026, 6, 1, 0, 0, 0).unwrap())
        );
        for text in [
            "",
            "2026",
            "2026-6-1",
            "2026-02-30",
            "1969-12-31",
            "2026-06-01 24:00:00",
            "2026-06-01T12:30",
            "+026-06-01",
        ] {
            assert!(parse_time(text).is_err(), "{text}");
        }
    }
}
