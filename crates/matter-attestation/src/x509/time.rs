use der::DateTime;

use super::{Malformed, Tlv, tag};

/// The type of an encoded date (RFC 5280, 4.1.2.5).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Encoding {
    Utc,
    Generalized,
}

impl Encoding {
    /// Returns the required type of a date: UTCTime through 2049.
    pub(crate) fn of(date: DateTime) -> Self {
        if date.year() < 2050 {
            Self::Utc
        } else {
            Self::Generalized
        }
    }
}

/// A date of the validity.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Time {
    pub(crate) date: DateTime,
    pub(crate) encoding: Encoding,
}

impl Time {
    /// Decodes `YYMMDDhhmmssZ` as UTCTime or `YYYYMMDDhhmmssZ` as GeneralizedTime.
    pub(crate) fn read(element: &Tlv<'_>) -> Result<Self, Malformed> {
        Self::parse(element).ok_or_else(|| element.malformed())
    }

    fn parse(element: &Tlv<'_>) -> Option<Self> {
        let text = element.value.strip_suffix(b"Z")?;
        let pair = |at: usize| match *text.get(at..at + 2)? {
            [tens @ b'0'..=b'9', ones @ b'0'..=b'9'] => Some((tens - b'0') * 10 + (ones - b'0')),
            _ => None,
        };
        let (encoding, year, at) = match (element.tag, text.len()) {
            // Two-digit years start at 1950.
            (tag::UTC_TIME, 12) => {
                let year = u16::from(pair(0)?);
                (Encoding::Utc, year + if year < 50 { 2000 } else { 1900 }, 2)
            }
            (tag::GENERALIZED_TIME, 14) => (
                Encoding::Generalized,
                u16::from(pair(0)?) * 100 + u16::from(pair(2)?),
                4,
            ),
            _ => return None,
        };
        // DateTime starts at 1970; Matter certificates are newer.
        let date = DateTime::new(
            year,
            pair(at)?,
            pair(at + 2)?,
            pair(at + 4)?,
            pair(at + 6)?,
            pair(at + 8)?,
        );
        Some(Self {
            date: date.ok()?,
            encoding,
        })
    }
}
