use core::fmt;

/// Bytes whose [`Display`](fmt::Display) is their hexadecimal digits in lower case.
///
/// # Examples
///
/// ```
/// use matter_types::Hex;
///
/// assert_eq!(Hex(&[0x00, 0xAB]).to_string(), "00ab");
/// ```
pub struct Hex<'b>(pub &'b [u8]);

impl Hex<'_> {
    /// Reads digits, which may be of either case, into the caller's buffer and returns the bytes; `None` when there is
    /// anything else, an odd number of digits, or no room.
    ///
    /// ```
    /// # use matter_types::Hex;
    /// let mut buffer = [0; 2];
    /// assert_eq!(Hex::decode("00aB", &mut buffer), Some(&[0x00, 0xAB][..]));
    /// ```
    #[must_use]
    pub fn decode<'o>(text: &str, buffer: &'o mut [u8]) -> Option<&'o [u8]> {
        let value = |digit: u8| {
            char::from(digit)
                .to_digit(16)
                .and_then(|value| u8::try_from(value).ok())
        };
        let (pairs, []) = text.as_bytes().as_chunks::<2>() else {
            return None;
        };
        let bytes = buffer.get_mut(..pairs.len())?;
        for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
            *byte = value(*high)? << 4 | value(*low)?;
        }
        Some(bytes)
    }
}

/// Bytes that are written in one piece.
const PIECE: usize = 32;
const DIGITS: &[u8; 16] = b"0123456789abcdef";

impl fmt::Display for Hex<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digit = |value: u8| DIGITS.get(usize::from(value)).copied().unwrap_or(b'0');
        for piece in self.0.chunks(PIECE) {
            let mut digits = [[0; 2]; PIECE];
            for (pair, byte) in digits.iter_mut().zip(piece) {
                *pair = [digit(byte >> 4), digit(byte & 0xF)];
            }
            let digits = digits.as_flattened().get(..2 * piece.len()).unwrap_or_default();
            f.write_str(core::str::from_utf8(digits).unwrap_or_default())?;
        }
        Ok(())
    }
}

impl fmt::Debug for Hex<'_> {
    /// As [`Display`](fmt::Display): whoever makes one of a secret writes it out.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Hex({self})")
    }
}

#[cfg(test)]
mod tests {
    extern crate std;

    use std::format;
    use std::string::String;
    use std::string::ToString;
    use std::vec::Vec;

    use super::*;

    #[test]
    fn every_byte_has_two_digits() {
        let bytes = (0..=u8::MAX).collect::<Vec<_>>();
        let expected = bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        assert_eq!(Hex(&bytes).to_string(), expected);
        let mut buffer = [0; 256];
        assert_eq!(
            Hex::decode(&expected.to_ascii_uppercase(), &mut buffer),
            Some(&bytes[..])
        );
        for wrong in ["0", "0g", "+1", "é"] {
            assert_eq!(Hex::decode(wrong, &mut buffer), None, "{wrong}");
        }
        assert_eq!(Hex::decode("0011", &mut [0; 1]), None);
    }
}
