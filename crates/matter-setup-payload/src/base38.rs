use crate::{Error, ErrorKind};

/// Digits 0 to 37 (Matter Core Specification 5.1.3.1).
const ALPHABET: &[u8; 38] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-.";
const BASE: u32 = 38;
/// Bytes and characters of a full group.
const GROUP_BYTES: usize = 3;
const GROUP: usize = 5;

/// Returns the number of characters that encode `bytes` bytes.
pub(crate) const fn encoded_len(bytes: usize) -> usize {
    let rest = match bytes % GROUP_BYTES {
        0 => 0,
        1 => 2,
        _ => 4,
    };
    bytes / GROUP_BYTES * GROUP + rest
}

/// Returns the number of bytes that `characters` characters encode, or `None` if no bytes have that
/// length.
pub(crate) const fn decoded_len(characters: usize) -> Option<usize> {
    let rest = match characters % GROUP {
        0 => 0,
        2 => 1,
        4 => 2,
        _ => return None,
    };
    Some(characters / GROUP * GROUP_BYTES + rest)
}

/// Returns the first character of the group that encodes the byte at an offset.
pub(crate) const fn character_of(byte: usize) -> usize {
    byte / GROUP_BYTES * GROUP
}

/// Encodes `data` in groups of three bytes, least significant digit first; `text` must be long
/// enough.
pub(crate) fn encode(data: &[u8], text: &mut [u8]) {
    for (group, text) in data.chunks(GROUP_BYTES).zip(text.chunks_mut(GROUP)) {
        let mut value = group.iter().rev().fold(0, |value, byte| value << 8 | u32::from(*byte));
        let len = encoded_len(group.len());
        for to in text.iter_mut().take(len) {
            let digit = usize::try_from(value % BASE).unwrap_or_default();
            *to = ALPHABET.get(digit).copied().unwrap_or_default();
            value /= BASE;
        }
    }
}

/// Decodes `text` into the start of `data`, which must be long enough. Positions in errors count
/// from `offset`.
///
/// An invalid character is reported before an invalid length.
pub(crate) fn decode(text: &[u8], data: &mut [u8], offset: usize) -> Result<(), Error> {
    let mut data = data.iter_mut();
    for (number, group) in text.chunks(GROUP).enumerate() {
        let start = offset + number * GROUP;
        let (mut value, mut place) = (0, 1);
        for (i, character) in group.iter().enumerate() {
            let digit = digit(*character).ok_or(Error::at(ErrorKind::Character, start + i))?;
            // At most 38^5 - 1, which fits into 32 bits.
            value += digit * place;
            place *= BASE;
        }
        let len = ErrorKind::Length { len: text.len() };
        let count = decoded_len(group.len()).ok_or(Error::at(len, offset + text.len()))?;
        let bytes = value.to_le_bytes();
        if bytes.iter().skip(count).any(|byte| *byte != 0) {
            return Err(Error::at(ErrorKind::Base38Overflow, start));
        }
        // The order matters: `zip` advances the first iterator before it finds that the second has
        // ended.
        for (byte, to) in bytes.into_iter().take(count).zip(data.by_ref()) {
            *to = byte;
        }
    }
    Ok(())
}

/// Returns the value of a digit, by arithmetic, because a table would need a bounds check.
const fn digit(character: u8) -> Option<u32> {
    // `u32::from` is not const.
    #[expect(clippy::as_conversions, reason = "u8 to u32 loses nothing")]
    let value = match character {
        b'0'..=b'9' => character - b'0',
        b'A'..=b'Z' => character - b'A' + 10,
        b'-' => 36,
        b'.' => 37,
        _ => return None,
    } as u32;
    Some(value)
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
            (b"Hello World!", "KKHF3W2S013OPM3EJX11"),
            (&[], ""),
            (&[0x0A, 0x0A, 0x29], "KL0B1"),
            (&[0x23], "Z0"),
            (&[0xFF, 0x00], "R600"),
            (&[0x2E, 0x00, 0x00], "81000"),
            (&[0xFF], "R6"),
            (&[0xFF, 0xFF], "NE71"),
            (&[0xFF, 0xFF, 0xFF], "PLS18"),
            // The fixed part of the example codes of rs-matter and the SDK.
            (
                &[0x88, 0xFF, 0xA7, 0x91, 0x50, 0x40, 0x00, 0x47, 0x51, 0xDD, 0x02],
                "-MOA57ZU02IT2L2BJ00",
            ),
            (&[0x60, 0, 0x08, 0, 0x20, 0, 0x10, 0, 0x10, 0, 0], "M5L90MP500K64J00000"),
        ] {
            let mut text = [0; 20];
            let len = encoded_len(bytes.len());
            assert_eq!((len, decoded_len(len)), (expected.len(), Some(bytes.len())));
            encode(bytes, &mut text[..len]);
            assert_eq!(&text[..len], expected.as_bytes());
            let mut data = [0; 12];
            assert_eq!(decode(expected.as_bytes(), &mut data, 0), Ok(()));
            assert_eq!(&data[..bytes.len()], bytes);
        }
    }

    #[test]
    fn refuses_what_no_bytes_encode_to() {
        let mut data = [0; 6];
        let mut refuse = |text: &[u8], offset, kind, position| {
            assert_eq!(decode(text, &mut data, offset), Err(Error::at(kind, position)));
        };
        refuse(b".....", 0, ErrorKind::Base38Overflow, 0);
        // One above 0xFFFFFF, 0xFFFF and 0xFF.
        refuse(b"QLS18", 0, ErrorKind::Base38Overflow, 0);
        refuse(b"00000OE71", 3, ErrorKind::Base38Overflow, 8);
        refuse(b"S6", 0, ErrorKind::Base38Overflow, 0);
        refuse(b"0a0b0", 3, ErrorKind::Character, 4);
        for byte in (0..=u8::MAX).filter(|byte| !ALPHABET.contains(byte)) {
            refuse(&[byte, b'0'], 0, ErrorKind::Character, 0);
            refuse(&[b'0', byte], 0, ErrorKind::Character, 1);
        }
        refuse(b"00000a", 3, ErrorKind::Character, 8);
        refuse(b"000", 3, ErrorKind::Length { len: 3 }, 6);
        refuse(b"000000", 3, ErrorKind::Length { len: 6 }, 9);
        for (text, bytes) in [("PLS18", 3), ("NE71", 2), ("R6", 1)] {
            assert_eq!(decode(text.as_bytes(), &mut data, 0), Ok(()));
            assert_eq!(data[..bytes], [0xFF; 3][..bytes]);
        }
    }
}
