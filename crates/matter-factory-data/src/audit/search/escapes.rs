//! Bytes in string literals of C, Python, Rust, Java and JSON, and text in such literals.

use alloc::vec::Vec;
use core::ops::Range;

use zeroize::Zeroizing;

use super::hex::value;
use super::stream::Stream;
use super::text::{Places, Text};
use super::{Finder, Form};

const SCALAR: usize = 32;
/// Limit of characters between the parts of one literal.
const MAX_BETWEEN: usize = 256;

/// The value of literals, each byte with its position.
pub(super) struct Unescaped {
    pub(super) characters: Zeroizing<Vec<u8>>,
    /// One more entry than characters: the end of the last one.
    pub(super) places: Vec<usize>,
    /// The ranges of quoted characters that contain an escape.
    literals: Vec<Range<usize>>,
}

impl Unescaped {
    pub(super) fn text(&self) -> Text<'_> {
        Text {
            characters: &self.characters,
            places: Places::Each(&self.places),
        }
    }
}

/// A CSV cell with doubled quotes replaced by single ones; `None` if there are none.
pub(super) fn undouble(text: &Text<'_>, range: Range<usize>) -> Option<Unescaped> {
    let source = text.characters.get(range.clone())?;
    if !source.windows(2).any(|pair| pair == b"\"\"") {
        return None;
    }
    let mut piece = Unescaped {
        characters: Zeroizing::new(Vec::with_capacity(range.len())),
        places: Vec::with_capacity(range.len() + 1),
        literals: Vec::new(),
    };
    let mut is_second = false;
    for (byte, at) in source.iter().zip(range.start..) {
        is_second = *byte == b'"' && !is_second && piece.characters.last() == Some(&b'"');
        if !is_second {
            piece.characters.push(*byte);
            piece.places.push(text.place(at));
        }
    }
    piece.places.push(text.place(range.end));
    Some(piece)
}

/// Searches the bytes of literals.
pub(super) fn search(piece: &Unescaped, finder: &mut Finder<'_, '_>) {
    let mut bytes = Stream::new(Form::Escaped);
    let ends = piece.places.iter().skip(1);
    for ((byte, start), end) in piece.characters.iter().zip(&piece.places).zip(ends) {
        bytes.push(*byte, *start, *end, finder);
    }
    for literal in &piece.literals {
        let value = piece
            .characters
            .get(literal.clone())
            .and_then(|value| value.try_into().ok());
        let places = piece.places.get(literal.start).zip(piece.places.get(literal.end));
        if let (Some(value), Some((start, end))) = (value, places) {
            finder.look_alone(value, *start, *end, Form::Escaped);
        }
    }
}

/// Replaces escapes by their values, and joins the parts of a literal.
pub(super) fn unescape(text: &Text<'_>, range: Range<usize>) -> Unescaped {
    let source = text.characters.get(..range.end).unwrap_or_default();
    let mut piece = Unescaped {
        characters: Zeroizing::new(Vec::with_capacity(range.len())),
        places: Vec::with_capacity(range.len() + 1),
        literals: Vec::new(),
    };
    let (mut at, mut literal, mut is_escaped) = (range.start, None, false);
    while let Some(rest) = source.get(at..).filter(|rest| !rest.is_empty()) {
        let (byte, len) = match rest {
            [quote @ (b'"' | b'\''), after @ ..] => {
                if let Some(len) = join(*quote, after) {
                    at += 1 + len;
                    continue;
                }
                let end = piece.characters.len();
                if let Some(start) = literal
                    .replace(end + 1)
                    .filter(|start| is_escaped && end - start == SCALAR)
                {
                    piece.literals.push(start..end);
                }
                is_escaped = false;
                (Some(*quote), 1)
            }
            [b'\\', after @ ..] => {
                is_escaped = true;
                let (byte, len) = escape(after);
                (byte, len + 1)
            }
            [byte, ..] => (Some(*byte), 1),
            [] => break,
        };
        if let Some(byte) = byte {
            piece.characters.push(byte);
            piece.places.push(text.place(at));
        }
        at += len;
    }
    piece.places.push(text.place(range.end));
    piece
}

/// The value of an escape after a backslash, if it is a byte, and its length in characters.
fn escape(after: &[u8]) -> (Option<u8>, usize) {
    let hex = |digits: &[u8]| {
        let number = digits
            .iter()
            .try_fold(0u32, |number, digit| Some(number << 4 | u32::from(value(*digit)?)))?;
        u8::try_from(number).ok()
    };
    match after {
        [b'x' | b'X', high, low, ..] if value(*high).is_some() && value(*low).is_some() => (hex(&[*high, *low]), 3),
        [b'x' | b'X', digit, ..] if value(*digit).is_some() => (value(*digit), 2),
        [b'u', b'{', rest @ ..] => {
            let len = rest.iter().take(6).take_while(|digit| value(**digit).is_some()).count();
            (rest.get(..len).and_then(hex), len + 3)
        }
        [b'u', a, b, c, d, ..] if hex(&[*a, *b, *c, *d]).is_some() => (hex(&[*a, *b, *c, *d]), 5),
        [b'0'..=b'7', ..] => {
            let octal = |digit: &&u8| matches!(digit, b'0'..=b'7');
            let digits = after.iter().take(3).take_while(octal);
            let (number, len) = digits.fold((0u16, 0), |(number, len), digit| {
                (number * 8 + u16::from(digit - b'0'), len + 1)
            });
            (u8::try_from(number).ok(), len)
        }
        // A literal continues on the next line.
        [b'\r', b'\n', ..] => (None, 2),
        [b'\n', ..] => (None, 1),
        [letter, ..] => {
            let byte = match letter {
                b'n' => b'\n',
                b't' => b'\t',
                b'r' => b'\r',
                b'a' => 0x07,
                b'b' => 0x08,
                b'v' => 0x0B,
                b'f' => 0x0C,
                b'e' => 0x1B,
                other => *other,
            };
            (Some(byte), 1)
        }
        [] => (None, 0),
    }
}

/// The length of the gap between two parts of a literal, if the quote before it ends one part and another follows.
fn join(quote: u8, after: &[u8]) -> Option<usize> {
    let len = after.iter().take(MAX_BETWEEN).position(|byte| *byte == quote)?;
    let between = after.get(..len)?;
    let is_between = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'+' | b'b' | b'B' | b'u' | b'L' | b'R');
    // A backslash continues the line; a backslash before a quote makes the quote part of the literal.
    let is_joint = |part: &[u8]| part.iter().all(is_between);
    let mut lines = between.split(|byte| *byte == b'\\');
    let is_first = lines.next().is_some_and(is_joint);
    let is_all = is_first && lines.all(|line| matches!(line, [b'\n' | b'\r', ..]) && is_joint(line));
    (is_all && between.iter().any(|byte| !byte.is_ascii_alphabetic())).then_some(len + 1)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn escapes_match_the_languages() {
        for (after, byte, len) in [
            (&b"x1Fg"[..], Some(0x1F), 3),
            (b"x1g", Some(1), 2),
            (b"xg", Some(b'x'), 1),
            (b"101", Some(b'A'), 3),
            (b"08", Some(0), 1),
            (b"377", Some(255), 3),
            (b"477", None, 3),
            (b"u00e9!", Some(0xE9), 5),
            (b"u1234", Some(b'u'), 1),
            (b"u{7f}", Some(0x7F), 5),
            (b"n", Some(b'\n'), 1),
            (b"\\", Some(b'\\'), 1),
            (b"\"", Some(b'"'), 1),
            (b"\r\nx", None, 2),
            (b"", None, 0),
        ] {
            assert_eq!(escape(after), (byte, len), "{after:?}");
        }
    }

    #[test]
    fn parts_of_a_literal_are_one() {
        for (between, is_one) in [
            ("\n    ", true),
            (" + b", true),
            (" \\\n ", true),
            ("", false),
            (", ", false),
            ("b", false),
            ("\\", false),
            ("L\\", false),
        ] {
            let after = [between.as_bytes(), b"\"rest"].concat();
            assert_eq!(join(b'"', &after).is_some(), is_one, "{between:?}");
        }
    }
}
