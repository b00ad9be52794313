use std::time::{SystemTime, UNIX_EPOCH};

use crate::Error;

const DAY: u64 = 86_400;
/// Number of days in 400 years of the Gregorian calendar, after which it repeats.
const CYCLE: u64 = 146_097;
/// Number of days from 1 March of the year 0 to 1 January 1970.
const TO_EPOCH: u64 = 719_468;

/// Returns the system time in UTC, in RFC 3339 format.
pub(crate) fn now() -> Result<String, Error> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).map_err(|_| Error::Clock)?;
    rfc_3339(since.as_secs()).ok_or(Error::Clock)
}

/// Formats a time in seconds since 1970; `None` after the year 9999.
///
/// Years begin in March here, so that the leap day is the last day.
fn rfc_3339(seconds: u64) -> Option<String> {
    let (days, second) = ((seconds / DAY).checked_add(TO_EPOCH)?, seconds % DAY);
    let (cycle, day) = (days / CYCLE, days % CYCLE);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let (month, next) = if month < 10 { (month + 3, 0) } else { (month - 9, 1) };
    let year = cycle.checked_mul(400)? + year + next;
    let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
    (year <= 9_999).then(|| format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z"))
}

#[cfg(test)]
mod tests {
    use super::rfc_3339;

    #[test]
    fn times_are_those_of_date() {
        // GNU date 9.1: date -u -d @SECONDS +%FT%TZ
        let cases = [
            (0, Some("1970-01-01T00:00:00Z")),
            (68_169_599, Some("1972-02-28T23:59:59Z")),
            (68_169_600, Some("1972-02-29T00:00:00Z")),
            (951_782_400, Some("2000-02-29T00:00:00Z")),
            (951_868_800, Some("2000-03-01T00:00:00Z")),
            (1_780_300_799, Some("2026-06-01T07:59:59Z")),
            (4_107_542_399, Some("2100-02-28T23:59:59Z")),
            (4_107_542_400, Some("2100-03-01T00:00:00Z")),
            (253_402_300_799, Some("9999-12-31T23:59:59Z")),
            (253_402_300_800, None),
            (u64::MAX, None),
        ];
        for (seconds, expected) in cases {
            assert_eq!(rfc_3339(seconds).as_deref(), expected, "{seconds}");
        }
    }
}
