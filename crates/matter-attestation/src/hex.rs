//! Hexadecimal digits.

/// Decodes two digits of either case for each byte of `bytes`; the lengths must match.
pub(crate) fn decode(digits: &[u8], bytes: &mut [u8]) -> Option<()> {
    let digit = |digit| {
        char::from(digit)
            .to_digit(16)
            .and_then(|value| u8::try_from(value).ok())
    };
    fill(digits, bytes, digit)
}

/// Decodes two upper-case digits for each byte of `bytes`; the lengths must match.
pub(crate) fn decode_upper(digits: &[u8], bytes: &mut [u8]) -> Option<()> {
    fill(digits, bytes, |digit| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    })
}

fn fill(digits: &[u8], bytes: &mut [u8], value: impl Fn(u8) -> Option<u8>) -> Option<()> {
    let (pairs, []) = digits.as_chunks::<2>() else {
        return None;
    };
    if pairs.len() != bytes.len() {
        return None;
    }
    for (byte, &[high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = value(high)? << 4 | value(low)?;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_two_digits_make_a_byte() {
        let mut bytes = [0; 2];
        assert!(decode(b"fF09", &mut bytes).is_some());
        assert_eq!(bytes, [0xFF, 0x09]);
        assert!(decode_upper(b"FF0A", &mut bytes).is_some());
        assert_eq!(bytes, [0xFF, 0x0A]);
        for bad in [&b"FF0"[..], b"FF0A1", b"FF0A11", b"FF0G", b"FF 0", b""] {
            assert!(decode(bad, &mut bytes).is_none() && decode_upper(bad, &mut bytes).is_none());
        }
        assert!(decode_upper(b"ff09", &mut bytes).is_none());
    }
}
