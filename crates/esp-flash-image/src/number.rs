//! Numbers in the partition table CSV.

/// Parses a number as ESP-IDF's tool does: decimal, `0x`, `0o` or `0b`, single underscores between digits, then an
/// optional `k` or `M` for a factor of 1024 or 1024².
pub(crate) fn number(text: &str) -> Option<u64> {
    let text = text.trim();
    let (digits, factor) = match text.strip_suffix(['K', 'k']) {
        Some(digits) => (digits, 1024),
        None => text
            .strip_suffix(['M', 'm'])
            .map_or((text, 1), |digits| (digits, 1024 * 1024)),
    };
    plain_number(digits.trim_end())?.checked_mul(factor)
}

/// Parses a number without a suffix.
pub(crate) fn plain_number(text: &str) -> Option<u64> {
    let prefix = text.get(..2).unwrap_or_default();
    let (radix, digits) = match prefix {
        "0x" | "0X" => (16, text.get(2..)?),
        "0o" | "0O" => (8, text.get(2..)?),
        "0b" | "0B" => (2, text.get(2..)?),
        _ => (10, text),
    };
    let digits = if radix == 10 {
        digits
    } else {
        digits.strip_prefix('_').unwrap_or(digits)
    };
    let mut value = Some(0_u64);
    let mut last = '_';
    for digit in digits.chars() {
        if digit == '_' {
            if last == '_' {
                return None;
            }
        } else {
            let digit = digit.to_digit(radix)?;
            value = value.and_then(|value| value.checked_mul(radix.into())?.checked_add(digit.into()));
        }
        last = digit;
    }
    // As in Python, a decimal number other than 0 must not have leading zeros.
    let ambiguous = radix == 10 && digits.len() > 1 && digits.starts_with('0') && value != Some(0);
    (last != '_' && !ambiguous).then_some(value)?
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn numbers_are_those_of_python() {
        for (text, value) in [
            ("0", Some(0)),
            ("00", Some(0)),
            ("24", Some(24)),
            ("24K", Some(24 << 10)),
            ("24 k", Some(24 << 10)),
            ("1M", Some(1 << 20)),
            ("0x10k", Some(16 << 10)),
            ("0X1f", Some(31)),
            ("0o17", Some(15)),
            ("0b101", Some(5)),
            ("1_000", Some(1000)),
            ("0x_10", Some(16)),
            ("", None),
            ("k", None),
            ("010", None),
            ("1__0", None),
            ("_1", None),
            ("1_", None),
            ("0x", None),
            ("-1", None),
            ("1.5M", None),
            ("12G", None),
            ("99999999999999999999", None),
            ("18446744073709551615M", None),
        ] {
            assert_eq!(number(text), value, "{text}");
        }
    }
}
