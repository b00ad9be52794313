use crate::Error;

/// Parses a decimal or `0x` hexadecimal number of at most 32 bits: digits only, no sign, spaces or
/// separators.
///
/// # Errors
///
/// [`Error::NotANumber`] for other text.
pub fn parse_u32(text: &str) -> Result<u32, Error> {
    let (digits, radix) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => (digits, 16),
        None => (text, 10),
    };
    // `from_str_radix` accepts a leading plus sign.
    if !digits.chars().all(|c| c.is_digit(radix)) {
        return Err(Error::NotANumber);
    }
    u32::from_str_radix(digits, radix).map_err(|_| Error::NotANumber)
}

/// Parses an id or type that other tools write as four hexadecimal digits without `0x`: as
/// [`parse_u32`], but rejects a leading zero before other digits, and hexadecimal digits without
/// `0x`.
///
/// # Errors
///
/// [`Error::LeadingZero`], [`Error::PrefixMissing`], [`Error::NotANumber`].
pub fn parse_id(text: &str) -> Result<u32, Error> {
    let value = parse_u32(text).map_err(|error| match u16::from_str_radix(text, 16) {
        Ok(value) if text.len() <= 4 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            Error::PrefixMissing { value }
        }
        _ => error,
    })?;
    let is_hexadecimal = text.starts_with("0x") || text.starts_with("0X");
    if text.len() > 1 && text.starts_with('0') && !is_hexadecimal {
        return Err(Error::LeadingZero { value });
    }
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_decimal_and_hexadecimal_and_nothing_else() {
        for (text, value) in [
            ("0", 0),
            ("0012", 12),
            ("0xfff1", 0xFFF1),
            ("0XAb", 0xAB),
            ("4294967295", u32::MAX),
        ] {
            assert_eq!(parse_u32(text), Ok(value), "{text}");
        }
        for text in [
            "",
            "0x",
            "+1",
            "-5",
            " 1",
            "1 ",
            "1_0",
            "0x-1",
            "12a",
            "4294967296",
            "\u{0661}",
            "0b1",
        ] {
            assert_eq!(parse_u32(text), Err(Error::NotANumber), "{text:?}");
        }
    }

    #[test]
    fn an_id_in_hexadecimal_digits_needs_a_prefix() {
        for (text, value) in [("FFF2", 0xFFF2), ("a", 10), ("0fa0", 0xFA0), ("8e3", 0x8E3)] {
            assert_eq!(parse_id(text), Err(Error::PrefixMissing { value }), "{text}");
        }
        for text in ["FFF2h", "10000F", "+F", "FG", "", "12 "] {
            assert_eq!(parse_id(text), Err(Error::NotANumber), "{text:?}");
        }
    }

    #[test]
    fn an_id_with_a_leading_zero_is_ambiguous() {
        for (text, value) in [("0103", 103), ("00", 0), ("007", 7), ("0000259", 259)] {
            assert_eq!(parse_id(text), Err(Error::LeadingZero { value }), "{text}");
        }
        for (text, value) in [("0", 0), ("103", 103), ("0x0103", 0x103), ("0X0", 0)] {
            assert_eq!(parse_id(text), Ok(value), "{text}");
        }
        assert_eq!(parse_id("01FG"), Err(Error::NotANumber));
    }
}
