use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;
use core::fmt::{self, Write};
use core::str::FromStr;

use crate::Error;
use crate::number::Number;
use crate::owned::OwnedValue;
use crate::value::Value;

/// The encoding of a value in the generator's CSV files: the column `encoding`.
///
/// # Examples
///
/// ```
/// use esp_nvs_image::{Encoding, Value};
///
/// let encoding: Encoding = "hex2bin".parse()?;
/// assert_eq!(encoding.parse("0102")?.as_bytes(), Some(&[1, 2][..]));
/// let (encoding, text) = Encoding::format(Value::from(6_u8));
/// assert_eq!((encoding.to_string().as_str(), text.as_str()), ("u8", "6"));
/// # Ok::<(), esp_nvs_image::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Encoding {
    /// An unsigned 8-bit integer.
    U8,
    /// A signed 8-bit integer.
    I8,
    /// An unsigned 16-bit integer.
    U16,
    /// A signed 16-bit integer.
    I16,
    /// An unsigned 32-bit integer.
    U32,
    /// A signed 32-bit integer.
    I32,
    /// An unsigned 64-bit integer.
    U64,
    /// A signed 64-bit integer.
    I64,
    /// A 32-bit IEEE 754 number, which the generator does not support.
    Float,
    /// A 64-bit IEEE 754 number, which the generator does not support.
    Double,
    /// A string.
    String,
    /// A blob, from the bytes of the text.
    Binary,
    /// A blob in hexadecimal digits.
    Hex2Bin,
    /// A blob in base64.
    Base64,
}

impl Encoding {
    /// Every encoding with its name.
    const NAMES: [(&'static str, Self); 14] = [
        ("u8", Self::U8),
        ("i8", Self::I8),
        ("u16", Self::U16),
        ("i16", Self::I16),
        ("u32", Self::U32),
        ("i32", Self::I32),
        ("u64", Self::U64),
        ("i64", Self::I64),
        ("float", Self::Float),
        ("double", Self::Double),
        ("string", Self::String),
        ("binary", Self::Binary),
        ("hex2bin", Self::Hex2Bin),
        ("base64", Self::Base64),
    ];

    /// Returns the name used in CSV files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        Self::NAMES
            .iter()
            .find(|(_, encoding)| *encoding == self)
            .map_or("", |(name, _)| name)
    }

    /// Parses a cell of a CSV file as the generator does.
    ///
    /// Integers may have a sign, leading zeros, surrounding whitespace and single underscores
    /// between digits. Base64 may contain whitespace and line ends; other characters, text after
    /// the padding, and nonzero unused bits of the last character are rejected, although the
    /// generator ignores them.
    ///
    /// # Errors
    ///
    /// [`Error::NotAnInteger`] with the type's range, [`Error::NotANumber`],
    /// [`Error::NotHexadecimal`], [`Error::NotBase64`].
    pub fn parse(self, text: &str) -> Result<OwnedValue, Error> {
        Ok(match self {
            Self::U8 => OwnedValue::Number(Number::U8(self.integer(text)?)),
            Self::I8 => OwnedValue::Number(Number::I8(self.integer(text)?)),
            Self::U16 => OwnedValue::Number(Number::U16(self.integer(text)?)),
            Self::I16 => OwnedValue::Number(Number::I16(self.integer(text)?)),
            Self::U32 => OwnedValue::Number(Number::U32(self.integer(text)?)),
            Self::I32 => OwnedValue::Number(Number::I32(self.integer(text)?)),
            Self::U64 => OwnedValue::Number(Number::U64(self.integer(text)?)),
            Self::I64 => OwnedValue::Number(Number::I64(self.integer(text)?)),
            Self::Float => OwnedValue::Number(Number::Float(single(number(text)?)?)),
            Self::Double => OwnedValue::Number(Number::Double(number(text)?)),
            Self::String => OwnedValue::Str(text.into()),
            Self::Binary => OwnedValue::Blob(text.into()),
            Self::Hex2Bin => OwnedValue::Blob(hexadecimal(text.trim()).ok_or(Error::NotHexadecimal)?),
            Self::Base64 => OwnedValue::Blob(base64(text).ok_or(Error::NotBase64)?),
        })
    }

    /// Formats a value as a cell of a CSV file for [`Encoding::parse`]: blobs as hexadecimal
    /// digits, floats with the fewest digits that parse to the same number.
    #[must_use]
    pub fn format(value: Value<'_>) -> (Self, String) {
        match value {
            Value::Number(number) => Self::format_number(number),
            Value::Str(v) => (Self::String, v.into()),
            Value::Blob(v) => {
                let mut text = String::with_capacity(2 * v.len());
                for byte in v {
                    // Writing to a string does not fail.
                    let _ = write!(text, "{byte:02x}");
                }
                (Self::Hex2Bin, text)
            }
        }
    }

    fn format_number(number: Number) -> (Self, String) {
        let (encoding, text) = match number {
            Number::U8(_) => (Self::U8, None),
            Number::I8(_) => (Self::I8, None),
            Number::U16(_) => (Self::U16, None),
            Number::I16(_) => (Self::I16, None),
            Number::U32(_) => (Self::U32, None),
            Number::I32(_) => (Self::I32, None),
            Number::U64(_) => (Self::U64, None),
            Number::I64(_) => (Self::I64, None),
            // With a point or an exponent, unlike `Display`.
            Number::Float(number) => (Self::Float, Some(format!("{number:?}"))),
            Number::Double(number) => (Self::Double, Some(format!("{number:?}"))),
        };
        (encoding, text.unwrap_or_else(|| number.to_string()))
    }

    fn integer<T: TryFrom<i128>>(self, text: &str) -> Result<T, Error> {
        python_integer(text)
            .and_then(|value| value.try_into().ok())
            .ok_or(Error::NotAnInteger { encoding: self })
    }

    /// Returns the smallest and the largest number, or `None` if the encoding is not an integer.
    pub(crate) const fn range(self) -> Option<(i128, i128)> {
        let (bits, signed) = match self {
            Self::U8 => (8, false),
            Self::I8 => (8, true),
            Self::U16 => (16, false),
            Self::I16 => (16, true),
            Self::U32 => (32, false),
            Self::I32 => (32, true),
            Self::U64 => (64, false),
            Self::I64 => (64, true),
            _ => return None,
        };
        Some(if signed {
            (-(1 << (bits - 1)), (1 << (bits - 1)) - 1)
        } else {
            (0, (1 << bits) - 1)
        })
    }
}

impl FromStr for Encoding {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        let found = Self::NAMES.iter().find(|(name, _)| *name == text);
        found.map(|(_, encoding)| *encoding).ok_or(Error::UnknownEncoding)
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Parses a decimal number with or without fraction and exponent, `inf` or `NaN`.
fn number<T: FromStr>(text: &str) -> Result<T, Error> {
    text.trim().parse().map_err(|_| Error::NotANumber)
}

#[expect(
    clippy::as_conversions,
    reason = "rounds to the nearest; too large values are rejected"
)]
pub(crate) fn single(number: f64) -> Result<f32, Error> {
    let rounded = number as f32;
    if number.is_finite() && rounded.is_infinite() {
        return Err(Error::NotANumber);
    }
    Ok(rounded)
}

/// Parses ASCII text like Python's `int()`, up to 38 digits.
fn python_integer(text: &str) -> Option<i128> {
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if digits.split('_').any(str::is_empty) || !digits.bytes().all(|b| b.is_ascii_digit() || b == b'_') {
        return None;
    }
    let digits = digits.chars().filter(|c| *c != '_').collect::<String>();
    let value = digits.parse::<i128>().ok()?;
    Some(if negative { -value } else { value })
}

fn hexadecimal(text: &str) -> Option<Vec<u8>> {
    let (pairs, []) = text.as_bytes().as_chunks::<2>() else {
        return None;
    };
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    pairs
        .iter()
        .map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?))
        .collect()
}

/// Decodes base64 (RFC 4648, section 4) with whitespace and line ends. Excess padding is accepted,
/// as in Python's `binascii.a2b_base64`; it loses nothing.
fn base64(text: &str) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let (mut bits, mut count, mut pads) = (0u32, 0u8, 0usize);
    for byte in text.bytes() {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            b'=' => {
                pads += 1;
                continue;
            }
            b' ' | b'\t' | b'\r' | b'\n' => continue,
            _ => return None,
        };
        if pads > 0 {
            return None;
        }
        bits = bits << 6 | u32::from(value);
        count = (count + 1) % 4;
        if count != 1 {
            let [byte, ..] = (bits >> unused(count)).to_le_bytes();
            bytes.push(byte);
        }
    }
    let (needed, rest) = match count {
        0 => (0, 0),
        1 => return None,
        2 => (2, bits & 0xF),
        _ => (1, bits & 0x3),
    };
    (pads >= needed && rest == 0).then_some(bytes)
}

/// Returns the number of bits after the last complete byte, for 2, 3 or 4 characters.
const fn unused(count: u8) -> u32 {
    match count {
        2 => 4,
        3 => 2,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_equal_those_of_python() {
        // Accepted and rejected by CPython 3.11 int().
        for (text, value) in [(" 12 ", 12), ("+7", 7), ("-0012", -12), ("1_000", 1000), ("\t5\n", 5)] {
            assert_eq!(python_integer(text), Some(value), "{text:?}");
        }
        for text in ["", "+", "_1", "1_", "1__0", "0x10", "1.0", "- 1", "--1", "1 2"] {
            assert_eq!(python_integer(text), None, "{text:?}");
        }
    }

    #[test]
    fn integers_end_at_their_types_limits() {
        for (_, encoding) in Encoding::NAMES {
            let Some((min, max)) = encoding.range() else { continue };
            for inside in [min, max] {
                assert!(
                    encoding.parse(&alloc::format!("{inside}")).is_ok(),
                    "{encoding} {inside}"
                );
            }
            for outside in [min - 1, max + 1] {
                let error = encoding.parse(&alloc::format!("{outside}")).unwrap_err();
                assert_eq!(error, Error::NotAnInteger { encoding });
            }
        }
    }

    #[test]
    fn base64_equals_binascii_unless_that_drops_data() {
        // Results of CPython 3.11 binascii.a2b_base64.
        for (text, bytes) in [
            ("MTIzYWJj", Some(&b"123abc"[..])),
            ("MTIz\nYWJj ", Some(b"123abc")),
            (" MTIz\r\n\tYWJj\r\n", Some(b"123abc")),
            ("MTI=", Some(b"12")),
            ("MQ==", Some(b"1")),
            ("MQ=\n=", Some(b"1")),
            ("MQ===", Some(b"1")),
            ("MTIz=", Some(b"123")),
            ("", Some(b"")),
            ("MQ=", None),
            ("MQ", None),
            ("M", None),
            ("MTIzY", None),
            ("MTIz\u{e9}", None),
        ] {
            assert_eq!(base64(text).as_deref(), bytes, "{text:?}");
        }
        // CPython ignores a part of each of these.
        for text in [
            "MT-Iz*YWJj",
            "MT!Iz",
            "MQ==MTIz",
            "MTI=\nMTIz",
            "M=Q==",
            "=MTIz",
            "MR==",
            "MTJ=",
            "MTIz\u{b}",
            "MTIz\0",
            "-_==",
            "\u{feff}MTIz",
        ] {
            assert_eq!(base64(text), None, "{text:?}");
        }
    }

    #[test]
    fn hexadecimal_needs_pairs() {
        assert_eq!(hexadecimal("00fFa1").as_deref(), Some(&[0, 0xFF, 0xA1][..]));
        assert_eq!(hexadecimal("").as_deref(), Some(&[][..]));
        for text in ["0", "0g", "+1", "0x", "\u{e9}"] {
            assert_eq!(hexadecimal(text), None, "{text:?}");
        }
    }
}
