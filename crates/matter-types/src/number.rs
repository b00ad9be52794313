use crate::Error;

/// Reads a decimal or `0x` hexadecimal number of at most 32 bits, digits only: no sign, no blanks, no separators.
///
/// # Errors
///
/// [`Error::NotANumber`].
pub fn parse_u32(text: &str) -> Result<u32, Error> {
    let (digits, radix) = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => (digits, 16),
        None => (text, 10),
    };
    // `from_str_radix` would take a leading plus sign.
    if !digits.chars().all(|c| c.is_digit(radix)) {
        return Err(Error::NotANumber);
    }
    u32::from_str_radix(digits, radix).map_err(|_| Error::NotANumber)
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
}
