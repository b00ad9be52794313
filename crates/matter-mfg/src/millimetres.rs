//! Lengths on paper.

use std::fmt;
use std::str::FromStr;

/// A length in millimetres, exact to a thousandth; negative lengths point to the left or upwards.
///
/// # Examples
///
/// ```
/// use matter_mfg::Millimetres;
///
/// let width: Millimetres = "2.625in".parse()?;
/// assert_eq!(width, "66.675".parse()?);
/// assert_eq!(width.to_string(), "66.675");
/// # Ok::<(), matter_mfg::LengthError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Millimetres(i32);

impl Millimetres {
    /// The zero length.
    pub const ZERO: Self = Self(0);
    /// The longest length, in both directions: 10 m.
    pub const MAX: Self = Self(10_000_000);

    /// Takes thousandths of a millimetre, -10000000 to 10000000.
    ///
    /// # Errors
    ///
    /// [`LengthError`] for a longer one.
    pub const fn from_micrometres(micrometres: i32) -> Result<Self, LengthError> {
        if micrometres < -Self::MAX.0 || micrometres > Self::MAX.0 {
            return Err(LengthError);
        }
        Ok(Self(micrometres))
    }

    /// Returns thousandths of a millimetre.
    #[must_use]
    pub const fn micrometres(self) -> i32 {
        self.0
    }

    /// Returns the length as a number of millimetres.
    #[must_use]
    pub fn get(self) -> f64 {
        f64::from(self.0) / 1000.0
    }

    /// Returns the sum of `count` such lengths.
    pub(crate) fn times(self, count: u32) -> i64 {
        i64::from(self.0).saturating_mul(i64::from(count))
    }

    /// Formats a sum of lengths, which may exceed the maximum of a single one.
    pub(crate) fn show(micrometres: i64) -> String {
        let sign = if micrometres < 0 { "-" } else { "" };
        let size = micrometres.unsigned_abs();
        let text = format!("{sign}{}.{:03}", size / 1000, size % 1000);
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    }
}

impl fmt::Display for Millimetres {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&Self::show(self.0.into()))
    }
}

/// Error when a text is not a length.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LengthError;

impl fmt::Display for LengthError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("is not a length of up to 10000 mm, such as 63.5 or 2.5in")
    }
}

impl std::error::Error for LengthError {}

/// Thousandths of a millimetre per inch.
const INCH: i64 = 25_400;

impl FromStr for Millimetres {
    type Err = LengthError;

    /// Reads a decimal number of millimetres, or of inches with the suffix `in`, with up to six decimals.
    fn from_str(text: &str) -> Result<Self, LengthError> {
        let (number, unit) = unit(text);
        read(number, unit).ok_or(LengthError)
    }
}

/// Splits a text into its number and the thousandths of a millimetre of its unit.
fn unit(text: &str) -> (&str, i64) {
    match (text.strip_suffix("mm"), text.strip_suffix("in")) {
        (Some(number), _) => (number.trim_end(), 1000),
        (_, Some(number)) => (number.trim_end(), INCH),
        _ => (text, 1000),
    }
}

fn read(number: &str, unit: i64) -> Option<Millimetres> {
    let (digits, sign) = match number.strip_prefix('-') {
        Some(digits) => (digits, -1),
        None => (number, 1),
    };
    let (whole, decimals) = digits.split_once('.').unwrap_or((digits, "0"));
    let is_number = |text: &str| (1..=6).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number(whole) || !is_number(decimals) {
        return None;
    }
    // Millionths, rounded to the nearest thousandth of a millimetre.
    let millionths = format!("{whole}{decimals:0<6}").parse::<i64>().ok()?;
    let micrometres = (millionths.checked_mul(unit)?.checked_add(500_000)?) / 1_000_000;
    let micrometres = i32::try_from(micrometres.checked_mul(sign)?).ok()?;
    Millimetres::from_micrometres(micrometres).ok()
}

/// A width and a height.
///
/// # Examples
///
/// ```
/// use matter_mfg::Extent;
///
/// let label: Extent = "63.5x38.1".parse()?;
/// assert_eq!(label.to_string(), "63.5 x 38.1 mm");
/// # Ok::<(), matter_mfg::ExtentError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Extent {
    /// The horizontal extent.
    pub width: Millimetres,
    /// The vertical extent.
    pub height: Millimetres,
}

impl fmt::Display for Extent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} x {} mm", self.width, self.height)
    }
}

/// Error when a text is not a pair of lengths.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExtentError;

impl fmt::Display for ExtentError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("is not a width and a height of up to 10000 mm, such as 63.5x38.1 or 4x2in")
    }
}

impl std::error::Error for ExtentError {}

impl FromStr for Extent {
    type Err = ExtentError;

    /// Reads width and height with an `x` between them. A unit at the end applies to both.
    fn from_str(text: &str) -> Result<Self, ExtentError> {
        pair(text, 'x')
            .map(|(width, height)| Self { width, height })
            .ok_or(ExtentError)
    }
}

/// An offset to the right and down.
///
/// # Examples
///
/// ```
/// use matter_mfg::PrintOffset;
///
/// let offset: PrintOffset = "0.5,-1.2".parse()?;
/// assert_eq!(offset.down.to_string(), "-1.2");
/// # Ok::<(), matter_mfg::OffsetError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct PrintOffset {
    /// Offset to the right; negative to the left.
    pub right: Millimetres,
    /// Offset down; negative upwards.
    pub down: Millimetres,
}

/// Error when a text is not an offset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OffsetError;

impl fmt::Display for OffsetError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("is not an offset to the right and down, such as 0.5,-1.2")
    }
}

impl std::error::Error for OffsetError {}

impl FromStr for PrintOffset {
    type Err = OffsetError;

    /// Reads two lengths with a comma between them. A unit at the end applies to both.
    fn from_str(text: &str) -> Result<Self, OffsetError> {
        pair(text, ',')
            .map(|(right, down)| Self { right, down })
            .ok_or(OffsetError)
    }
}

fn pair(text: &str, separator: char) -> Option<(Millimetres, Millimetres)> {
    let (numbers, unit) = unit(text);
    let (first, second) = numbers.split_once(separator)?;
    Some((read(first.trim(), unit)?, read(second.trim(), unit)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read_exactly() {
        for (text, micrometres) in [
            ("63.5", 63_500),
            ("0", 0),
            ("-1.25", -1250),
            ("210mm", 210_000),
            ("2.625in", 66_675),
            ("0.28125 in", 7144),
            ("10000", 10_000_000),
            ("0.0005", 1),
        ] {
            assert_eq!(
                text.parse::<Millimetres>().map(Millimetres::micrometres),
                Ok(micrometres),
                "{text}"
            );
        }
        for text in [
            "",
            "-",
            ".5",
            "5.",
            "1,5",
            "1e3",
            "+1",
            "10000.001",
            "1000000",
            "0.1234567",
            "5 cm",
            "x",
            "--1",
            "٣",
        ] {
            assert_eq!(text.parse::<Millimetres>(), Err(LengthError), "{text}");
        }
    }

    #[test]
    fn pairs_have_one_unit_and_their_separator() {
        assert_eq!("4x2in".parse::<Extent>().unwrap().to_string(), "101.6 x 50.8 mm");
        assert_eq!("62 x 29 mm".parse::<Extent>().unwrap().to_string(), "62 x 29 mm");
        let offset: PrintOffset = "-0.5,1".parse().unwrap();
        assert_eq!((offset.right.get(), offset.down.get()), (-0.5, 1.0));
        for text in ["", "x", "4", "4x", "x4", "4x2x1", "4,2", "4inx2in"] {
            assert_eq!(text.parse::<Extent>(), Err(ExtentError), "{text}");
        }
        for text in ["", ",", "1", "1x2", "1,2,3"] {
            assert_eq!(text.parse::<PrintOffset>(), Err(OffsetError), "{text}");
        }
    }
}
