use core::time::Duration;

use der::DateTime;
use x509_cert::time::{Time, Validity as X509Validity};

use crate::Error;

/// The validity period of a certificate, both ends included, in UTC.
///
/// Encoded as UTCTime through 2049 and as GeneralizedTime from 2050 on (RFC 5280, 4.1.2.5).
///
/// # Examples
///
/// ```
/// use matter_attestation::{DateTime, Validity};
///
/// let start = DateTime::new(2026, 6, 1, 0, 0, 0).expect("a date");
/// let year = Validity::from_days(start, 365)?;
/// assert_eq!(year.not_after().to_string(), "2027-06-01T00:00:00Z");
/// assert_eq!(Validity::without_expiry(start).not_after(), DateTime::INFINITY);
/// # Ok::<(), matter_attestation::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Validity {
    not_before: DateTime,
    not_after: DateTime,
}

impl Validity {
    /// Accepts a period.
    ///
    /// # Errors
    ///
    /// [`Error::ValidityReversed`] when it ends before it starts.
    pub fn new(not_before: DateTime, not_after: DateTime) -> Result<Self, Error> {
        if not_after < not_before {
            return Err(Error::ValidityReversed { not_before, not_after });
        }
        Ok(Self { not_before, not_after })
    }

    /// Creates a period that starts at `not_before` and ends `days` times 86400 seconds later.
    ///
    /// # Errors
    ///
    /// [`Error::ValidityTooLong`] when the end is after the year 9999.
    pub fn from_days(not_before: DateTime, days: u32) -> Result<Self, Error> {
        let length = Duration::from_secs(u64::from(days) * 86_400);
        let not_after = not_before
            .unix_duration()
            .checked_add(length)
            .and_then(|end| DateTime::from_unix_duration(end).ok())
            .ok_or(Error::ValidityTooLong { not_before, days })?;
        Ok(Self { not_before, not_after })
    }

    /// Creates a period without end: notAfter is `99991231235959Z`, the value for "no well-defined expiration" (RFC
    /// 5280, 4.1.2.5).
    #[must_use]
    pub const fn without_expiry(not_before: DateTime) -> Self {
        Self {
            not_before,
            not_after: DateTime::INFINITY,
        }
    }

    /// Returns the first second.
    #[must_use]
    pub const fn not_before(&self) -> DateTime {
        self.not_before
    }

    /// Returns the last second.
    #[must_use]
    pub const fn not_after(&self) -> DateTime {
        self.not_after
    }

    /// Returns whether a time is in this period.
    #[must_use]
    pub fn contains(&self, time: DateTime) -> bool {
        (self.not_before..=self.not_after).contains(&time)
    }

    /// Checks that this period is within an issuer's.
    pub(crate) fn check_inside(&self, issuer: &Self) -> Result<(), Error> {
        if self.not_before < issuer.not_before {
            return Err(Error::ValidityBeforeIssuer {
                not_before: self.not_before,
                issuer: issuer.not_before,
            });
        }
        if self.not_after > issuer.not_after {
            return Err(Error::ValidityAfterIssuer {
                not_after: self.not_after,
                issuer: issuer.not_after,
            });
        }
        Ok(())
    }

    pub(crate) fn to_x509(self) -> X509Validity {
        X509Validity::new(Time::from(self.not_before), Time::from(self.not_after))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(year: u16, month: u8, day: u8) -> DateTime {
        DateTime::new(year, month, day, 0, 0, 0).unwrap()
    }

    #[test]
    fn days_are_counted_in_utc_over_leap_years() {
        for (start, days, end) in [
            (date(2024, 2, 28), 1, date(2024, 2, 29)),
            (date(2023, 2, 28), 1, date(2023, 3, 1)),
            (date(2026, 1, 1), 0, date(2026, 1, 1)),
            (date(2026, 1, 1), 36_525, date(2126, 1, 2)),
        ] {
            assert_eq!(Validity::from_days(start, days).unwrap().not_after(), end);
        }
        assert!(matches!(
            Validity::from_days(date(2026, 1, 1), u32::MAX),
            Err(Error::ValidityTooLong { .. })
        ));
    }

    #[test]
    fn order_is_checked() {
        let (early, late) = (date(2025, 1, 1), date(2026, 1, 1));
        assert!(Validity::new(early, early).is_ok());
        assert_eq!(
            Validity::new(late, early),
            Err(Error::ValidityReversed {
                not_before: late,
                not_after: early
            })
        );
    }

    #[test]
    fn from_2050_on_the_time_is_generalized() {
        let x509 = Validity::new(date(2049, 12, 31), date(2050, 1, 1)).unwrap().to_x509();
        assert!(matches!(x509.not_before, Time::UtcTime(_)));
        assert!(matches!(x509.not_after, Time::GeneralTime(_)));
    }
}
