//! Hexadecimal digits.

/// Reads two digits of either case for each byte of `octets`, and exactly as many.
pub(crate) fn decode(digits: &[u8], octets: &mut [u8]) -> Option<()> {
    let digit = |digit| {
        char::from(digit)
            .to_digit(16)
            .and_then(|value| u8::try_from(value).ok())
    };
    fill(digits, octets, digit)
}

/// Reads two upper-case digits for each byte of `octets`, and exactly as many.
pub(crate) fn decode_upper(digits: &[u8], octets: &mut [u8]) -> Option<()> {
    fill(digits, octets, |digit| match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    })
}

fn fill(digits: &[u8], octets: &mut [u8], value: impl Fn(u8) -> Option<u8>) -> Option<()> {
    let (pairs, []) = digits.as_chunks::<2>() else {
        return None;
    };
    if pairs.len() != octets.len() {
        return None;
    }
    for (octet, &[high, low]) in octets.iter_mut().zip(pairs) {
        *octet = value(high)? << 4 | value(low)?;
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn exactly_two_digits_make_a_byte() {
        let mut octets = [0; 2];
        assert!(decode(b"fF09", &mut octets).is_some());
        assert_eq!(octets, [0xFF, 0x09]);
        assert!(decode_upper(b"FF0A", &mut octets).is_some());
        assert_eq!(octets, [0xFF, 0x0A]);
        for bad in [&b"FF0"[..], b"FF0A1", b"FF0A11", b"FF0G", b"FF 0", b""] {
            assert!(decode(bad, &mut octets).is_none() && decode_upper(bad, &mut octets).is_none());
        }
        assert!(decode_upper(b"ff09", &mut octets).is_none());
    }
}
