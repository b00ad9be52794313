use crate::Error;

/// Digits 0 to 37 (Matter Core Specification 5.1.3.1).
const ALPHABET: &[u8; 38] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-.";
const BASE: u32 = 38;

/// How many characters stand for a group of bytes.
const fn characters(bytes: usize) -> usize {
    match bytes {
        0 => 0,
        1 => 2,
        2 => 4,
        _ => 5,
    }
}

/// How many bytes a group of characters stands for; `None` for lengths that no group has.
const fn bytes(characters: usize) -> Option<usize> {
    match characters {
        2 => Some(1),
        4 => Some(2),
        5 => Some(3),
        _ => None,
    }
}

/// Encodes `data` in groups of three bytes, least significant digit first; `text` must have room for all characters.
pub(crate) fn encode(data: &[u8], text: &mut [u8]) {
    let mut text = text.iter_mut();
    for group in data.chunks(3) {
        let mut value = group.iter().rev().fold(0, |value, byte| value << 8 | u32::from(*byte));
        for to in text.by_ref().take(characters(group.len())) {
            let digit = usize::try_from(value % BASE).unwrap_or_default();
            *to = ALPHABET.get(digit).copied().unwrap_or_default();
            value /= BASE;
        }
    }
}

/// Decodes `text` into the start of `data` and returns how many bytes it made. Positions in errors count from `offset`.
pub(crate) fn decode(text: &[u8], data: &mut [u8], offset: usize) -> Result<usize, Error> {
    let mut made = 0;
    for (number, group) in text.chunks(5).enumerate() {
        let start = offset + number * 5;
        let mut value = 0;
        for (i, character) in group.iter().enumerate().rev() {
            value = value * BASE + digit(*character).ok_or(Error::Character { position: start + i })?;
        }
        let count = bytes(group.len()).ok_or(Error::Length {
            len: offset + text.len(),
        })?;
        let [low @ .., _] = value.to_le_bytes();
        let (low, rest) = low.split_at_checked(count).unwrap_or((&low, &[]));
        if rest.iter().any(|byte| *byte != 0) || value >> 24 != 0 {
            return Err(Error::Base38Overflow { position: start });
        }
        for byte in low {
            if let Some(to) = data.get_mut(made) {
                *to = *byte;
            }
            made += 1;
        }
    }
    Ok(made)
}

fn digit(character: u8) -> Option<u32> {
    Some(match character {
        b'0'..=b'9' => u32::from(character - b'0'),
        b'A'..=b'Z' => u32::from(character - b'A') + 10,
        b'-' => 36,
        b'.' => 37,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn agrees_with_the_sdk() {
        // connectedhomeip, src/setup_payload/tests/TestQRCode.cpp
        for (bytes, expected) in [
            (&[0x0A][..], "A0"),
            (&[0x0A, 0x0A], "OT10"),
            (&[0x0A, 0x0A, 0x0A], "-N.B0"),
            (&[0x0A, 0x0A, 0x00], "OT100"),
            (&[0x0A, 0x0A, 0x28], "Y6V91"),
            (&[0x0A, 0x0A, 0xFF], "Q-M08"),
        ] {
            let mut text = [0; 5];
            let len = expected.len();
            encode(bytes, &mut text[..len]);
            assert_eq!(&text[..len], expected.as_bytes());
            let mut data = [0; 3];
            assert_eq!(decode(expected.as_bytes(), &mut data, 0), Ok(bytes.len()));
            assert_eq!(&data[..bytes.len()], bytes);
        }
    }

    #[test]
    fn refuses_what_no_bytes_encode_to() {
        let mut data = [0; 6];
        assert_eq!(
            decode(b".....", &mut data, 0),
            Err(Error::Base38Overflow { position: 0 })
        );
        // 0xFFFFFF and one more
        assert_eq!(decode(b"PLS18", &mut data, 0), Ok(3));
        assert_eq!(data[..3], [0xFF; 3]);
        assert_eq!(
            decode(b"QLS18", &mut data, 0),
            Err(Error::Base38Overflow { position: 0 })
        );
        assert_eq!(
            decode(b"00000....", &mut data, 3),
            Err(Error::Base38Overflow { position: 8 })
        );
        assert_eq!(decode(b"..", &mut data, 0), Err(Error::Base38Overflow { position: 0 }));
        assert_eq!(decode(b"0000a", &mut data, 3), Err(Error::Character { position: 7 }));
        assert_eq!(decode(b"000", &mut data, 3), Err(Error::Length { len: 6 }));
        assert_eq!(decode(b"000000", &mut data, 3), Err(Error::Length { len: 9 }));
    }
}
