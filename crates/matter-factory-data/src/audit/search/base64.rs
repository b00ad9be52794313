//! Base64 (RFC 4648) in either alphabet, with an unknown start.

use alloc::vec::Vec;

use zeroize::Zeroizing;

use super::containers::{self, PKCS};
use super::raw::alone;
use super::stream::is_head;
use super::text::Text;
use super::{Arrangement, ENDS, Finder, Form, SEC1_HEAD, What};

const SCALAR: usize = 32;
/// Numbers of digits of a scalar, and of the SDK's public point with scalar.
const LENGTHS: [(usize, usize); 2] = [(43, SCALAR), (130, 97)];
/// Limit of characters between the digits of a key.
const LONGEST: usize = 4 << 10;
/// Number of bytes examined around a position.
const CONTEXT: usize = 64;

/// Searches the bytes encoded by a text's digits, with any separators.
///
/// The first of four digits may be at any position, so a byte may end after any digit. One of the last three bytes of a
/// key ends with the last bit of its digit.
pub(super) fn search(text: &Text<'_>, finder: &mut Finder<'_, '_>) {
    let mut bits = 0u128;
    let mut word = 0;
    for (at, byte) in text.characters.iter().enumerate() {
        let Some(sextet) = digit(*byte) else {
            look_at_word(text, at - word, at, finder);
            word = 0;
            continue;
        };
        word += 1;
        bits = bits << 6 | u128::from(sextet);
        let [.., a, b, c, d, e, f, g, h] = bits.to_be_bytes();
        let tail = u64::from_be_bytes([a, b, c, d, e, f, g, h]);
        if is_beginning(tail) || finder.keys.may_end(tail) && finder.keys.ends(tail).next().is_some() {
            look(text, at, finder);
        }
    }
    let len = text.characters.len();
    look_at_word(text, len - word, len, finder);
}

/// Whether one of the last three bytes ends the start of a key in DER, or of a container.
fn is_beginning(tail: u64) -> bool {
    let is_pkcs = |after: u32| tail << (16 - after) >> 16 == PKCS;
    is_head(tail) || is_head(tail >> 8) || is_head(tail >> 16) || is_pkcs(0) || is_pkcs(8) || is_pkcs(16)
}

/// Examines the bytes around the end of a digit.
#[cold]
fn look(text: &Text<'_>, at: usize, finder: &mut Finder<'_, '_>) {
    // Covers a key in DER, both from its start to the scalar's end and onwards.
    let before = bytes_before(text.characters.get(..=at).unwrap_or_default());
    let ends_here = before.len();
    let after = bytes_after(text.characters.get(at + 1..).unwrap_or_default());
    let bytes = before.into_iter().chain(
        after
            .into_iter()
            .map(|(byte, (start, end))| (byte, (at + 1 + start, at + 1 + end))),
    );
    let (bytes, places) = bytes.unzip::<_, _, Vec<_>, Vec<_>>();
    let bytes = Zeroizing::new(bytes);
    let place = |start: usize, end: usize| {
        let start = places.get(start).map(|(start, _)| text.place(*start));
        let end = end
            .checked_sub(1)
            .and_then(|end| places.get(end))
            .map(|(_, end)| text.place(end + 1));
        (start.unwrap_or_default(), end.unwrap_or_default())
    };
    for end in ends_here..ends_here + ENDS {
        let known = bytes.get(..end).unwrap_or_default();
        if let Some((head, scalar)) = known.split_last_chunk()
            // A key in DER is found by the bytes before it.
            && !head.ends_with(&SEC1_HEAD)
        {
            finder.look(scalar, false, place(end - SCALAR, end), Form::Base64);
        }
    }
    for end in (ends_here + 1).saturating_sub(ENDS)..=ends_here {
        let Some((head, after)) = bytes.split_at_checked(end) else {
            continue;
        };
        if head.ends_with(&SEC1_HEAD)
            && let Some(scalar) = after.first_chunk()
        {
            finder.look(scalar, true, place(end - SEC1_HEAD.len(), end + SCALAR), Form::Base64);
        }
        // The container's head is followed by two more bytes.
        if let Some((kind, back)) = bytes.get(..end + ENDS - 1).and_then(containers::ending) {
            let end = end + ENDS - 1;
            let (start, end) = place(end - back, end);
            finder.tell(What::Container(kind), Form::Base64, Arrangement::PLAIN, start, end);
        }
    }
}

type Placed = Vec<(u8, (usize, usize))>;

/// The last bytes of a text, each with the range of its digits; the last byte ends with the last digit.
fn bytes_before(text: &[u8]) -> Placed {
    let mut bytes = Vec::with_capacity(CONTEXT);
    let (mut bits, mut have, mut end) = (0u32, 0, text.len().saturating_sub(1));
    for (place, byte) in text.iter().enumerate().rev().take(LONGEST) {
        let Some(sextet) = digit(*byte) else { continue };
        if have == 0 {
            end = place;
        }
        bits |= u32::from(sextet) << have;
        have += 6;
        if have >= 8 {
            let [.., byte] = bits.to_be_bytes();
            bytes.push((byte, (place, end)));
            bits >>= 8;
            have -= 8;
            end = place;
        }
        if bytes.len() == CONTEXT {
            break;
        }
    }
    bytes.reverse();
    bytes
}

/// The first bytes of a text that starts at a byte boundary, each with the range of its digits.
fn bytes_after(text: &[u8]) -> Placed {
    let mut bytes = Vec::with_capacity(CONTEXT);
    let (mut bits, mut have, mut start) = (0u32, 0, 0);
    for (place, byte) in text.iter().enumerate().take(LONGEST) {
        let Some(sextet) = digit(*byte) else { continue };
        if have == 0 {
            start = place;
        }
        bits = bits << 6 | u32::from(sextet);
        have += 6;
        if have >= 8 {
            have -= 8;
            let [.., byte] = (bits >> have).to_be_bytes();
            bytes.push((byte, (start, place)));
            start = place;
        }
        if bytes.len() == CONTEXT {
            break;
        }
    }
    bytes
}

/// Checks digits that encode as many bytes as a key has.
fn look_at_word(text: &Text<'_>, start: usize, end: usize, finder: &mut Finder<'_, '_>) {
    let digits = text.characters.get(start..end).unwrap_or_default();
    // Skip names that start with a UUID, such as those of pictures.
    if [8, 13, 18, 23].iter().all(|at| digits.get(*at) == Some(&b'-')) {
        return;
    }
    let Some((_, len)) = LENGTHS.iter().find(|(count, _)| *count == digits.len()) else {
        return;
    };
    let mut bytes = Zeroizing::new([0; 97]);
    let (mut bits, mut have) = (0u32, 0u32);
    let mut values = bytes.iter_mut();
    for sextet in digits.iter().filter_map(|byte| digit(*byte)) {
        bits = bits << 6 | u32::from(sextet);
        have += 6;
        if have >= 8 {
            have -= 8;
            let [.., byte] = (bits >> have).to_be_bytes();
            values.next().into_iter().for_each(|to| *to = byte);
        }
    }
    if let Some((scalar, _)) = bytes.get(..*len).and_then(alone) {
        finder.look_alone(scalar, text.place(start), text.place(end), Form::Base64);
    }
}

/// The value of each byte as a digit in either alphabet; values above 63 are not digits.
const DIGITS: [u8; 256] = {
    let mut values = [NONE; 256];
    let mut byte = 0u8;
    loop {
        let value = match byte {
            b'A'..=b'Z' => byte - b'A',
            b'a'..=b'z' => byte - b'a' + 26,
            b'0'..=b'9' => byte - b'0' + 52,
            b'+' | b'-' => 62,
            b'/' | b'_' => 63,
            _ => NONE,
        };
        // The index fits in a byte.
        #[expect(clippy::indexing_slicing, clippy::as_conversions, reason = "a loop in a constant")]
        {
            values[byte as usize] = value;
        }
        if byte == u8::MAX {
            break values;
        }
        byte += 1;
    }
};
const NONE: u8 = u8::MAX;

fn digit(byte: u8) -> Option<u8> {
    DIGITS.get(usize::from(byte)).copied().filter(|value| *value != NONE)
}
