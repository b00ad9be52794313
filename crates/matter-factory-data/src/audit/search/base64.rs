//! Base64 (RFC 4648) in either alphabet, of which nobody knows where it began.

use zeroize::Zeroizing;

use super::raw::alone;
use super::stream::Stream;
use super::text::Text;
use super::{Finder, Form};

/// The digits of a scalar, and of the SDK's public point and scalar.
const LENGTHS: [(usize, usize); 2] = [(43, 32), (130, 97)];

/// Searches the bytes of which a text has the digits, whatever stands between these.
pub(super) fn search(text: &Text<'_>, finder: &mut Finder<'_, '_>) {
    // The first of four digits may be any one.
    let mut readings = [0, 1, 2, 3].map(|first| (first, Stream::new(Form::Base64)));
    let mut number = 0usize;
    let mut sextets = 0u32;
    let mut places = [0; 2];
    let mut word = 0;
    for (at, byte) in text.characters.iter().enumerate() {
        let Some(sextet) = digit(*byte) else {
            look_at_word(text, at - word, at, finder);
            word = 0;
            continue;
        };
        word += 1;
        sextets = sextets << 6 | u32::from(sextet);
        let [_, before] = places;
        places = [before, text.place(at)];
        let [start, _] = places;
        let end = text.place(at + 1);
        for (first, stream) in &mut readings {
            // Bits of this digit that are behind the last whole byte.
            let behind = match (number + *first) % 4 {
                0 => continue,
                1 => 4,
                2 => 2,
                _ => 0,
            };
            let [.., octet] = (sextets >> behind).to_be_bytes();
            stream.push(octet, start, end, finder);
        }
        number += 1;
    }
    let len = text.characters.len();
    look_at_word(text, len - word, len, finder);
}

/// Looks at digits that have as many bytes as a key.
fn look_at_word(text: &Text<'_>, start: usize, end: usize, finder: &mut Finder<'_, '_>) {
    let digits = text.characters.get(start..end).unwrap_or_default();
    let Some((_, len)) = LENGTHS.iter().find(|(count, _)| *count == digits.len()) else {
        return;
    };
    let mut bytes = Zeroizing::new([0; 97]);
    let (mut bits, mut have) = (0u32, 0u32);
    let mut octets = bytes.iter_mut();
    for sextet in digits.iter().filter_map(|byte| digit(*byte)) {
        bits = bits << 6 | u32::from(sextet);
        have += 6;
        if have >= 8 {
            have -= 8;
            let [.., octet] = (bits >> have).to_be_bytes();
            octets.next().into_iter().for_each(|to| *to = octet);
        }
    }
    if let Some((scalar, _)) = bytes.get(..*len).and_then(alone) {
        finder.look_alone(scalar, text.place(start), text.place(end), Form::Base64);
    }
}

/// The value of a digit, in either alphabet.
const fn digit(byte: u8) -> Option<u8> {
    match byte {
        b'A'..=b'Z' => Some(byte - b'A'),
        b'a'..=b'z' => Some(byte - b'a' + 26),
        b'0'..=b'9' => Some(byte - b'0' + 52),
        b'+' | b'-' => Some(62),
        b'/' | b'_' => Some(63),
        _ => None,
    }
}
