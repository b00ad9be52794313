//! Text in arbitrary bytes, with one, two or four bytes per character.

use alloc::vec::Vec;
use core::ops::Range;

use zeroize::Zeroizing;

use super::{Finder, base64, escapes, pem, words};

/// No form of a key in text is shorter, in characters.
const SHORTEST: usize = 32;
/// The longest form of a key in text: a dump with few bytes per line, including separators.
const LONGEST: usize = 8 << 10;
/// Number of characters unescaped at once.
const PIECE: usize = 64 << 10;
/// For JSON in JSON.
const MAX_ESCAPED: u8 = 2;

/// Characters, each with its position in the bytes.
pub(super) struct Text<'b> {
    pub(super) characters: &'b [u8],
    pub(super) places: Places<'b>,
}

pub(super) enum Places<'b> {
    /// Characters of `width` bytes each, consecutive.
    Even { first: usize, width: usize },
    /// The position of each character, and the end of the last one.
    Each(&'b [usize]),
}

impl Text<'_> {
    /// The position of a character, or the end of the last one.
    pub(super) fn place(&self, at: usize) -> usize {
        match self.places {
            Places::Even { first, width } => first + at * width,
            Places::Each(places) => places.get(at).or(places.last()).copied().unwrap_or_default(),
        }
    }
}

/// Searches all texts.
pub(in crate::audit) fn search(bytes: &[u8], finder: &mut Finder<'_, '_>) {
    for (first, characters) in runs(bytes) {
        let places = Places::Even { first, width: 1 };
        search_text(&Text { characters, places }, 0, finder);
    }
    for width in [2, 4] {
        for parity in 0..width {
            let mut start = 0;
            while let Some((first, count)) = wide_run(bytes, width, parity, start) {
                start = first + count;
                let first = parity + first * width;
                let characters = bytes.iter().skip(first).step_by(width).take(count);
                let mut narrow = Zeroizing::new(Vec::with_capacity(count));
                narrow.extend(characters);
                finder.width = width;
                let places = Places::Even { first, width };
                search_text(
                    &Text {
                        characters: &narrow,
                        places,
                    },
                    0,
                    finder,
                );
            }
        }
    }
    finder.width = 1;
}

fn search_text(text: &Text<'_>, escaped: u8, finder: &mut Finder<'_, '_>) {
    pem::search(text, finder);
    words::search(text, finder);
    base64::search(text, finder);
    if escaped < MAX_ESCAPED && text.characters.contains(&b'\\') {
        let mut start = 0;
        while start < text.characters.len() {
            let end = (start + PIECE + LONGEST).min(text.characters.len());
            search_literals(text, start..end, escaped, finder);
            if let Some(cells) = escapes::undouble(text, start..end) {
                let len = cells.characters.len();
                search_literals(&cells.text(), 0..len, escaped, finder);
            }
            start += PIECE;
        }
    }
}

fn search_literals(text: &Text<'_>, range: Range<usize>, escaped: u8, finder: &mut Finder<'_, '_>) {
    let piece = escapes::unescape(text, range);
    escapes::search(&piece, finder);
    search_text(&piece.text(), escaped + 1, finder);
}

/// Whether a byte is an ASCII text character.
const fn is_text(byte: u8) -> bool {
    matches!(byte, b' '..=b'~' | b'\t'..=b'\r')
}

/// The texts with one byte per character that are long enough, each with its start.
fn runs(bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    let mut start = 0;
    core::iter::from_fn(move || {
        loop {
            // Most bytes are not text, so checking every 32nd byte is enough to skip them.
            let fewest = bytes.get(start..start + SHORTEST)?;
            if let Some(last) = fewest.iter().rposition(|byte| !is_text(*byte)) {
                start += last + 1;
                continue;
            }
            let rest = bytes.get(start..)?;
            let len = rest.iter().position(|byte| !is_text(*byte)).unwrap_or(rest.len());
            let found = (start, rest.get(..len)?);
            start += len;
            return Some(found);
        }
    })
}

/// The next long enough run of characters separated by zeros only: its first character from `parity` on, and its
/// length. The zeros may be on either side of a character.
fn wide_run(bytes: &[u8], width: usize, parity: usize, start: usize) -> Option<(usize, usize)> {
    // The bytes before the first character are ignored.
    let is_wide = |at: usize, first: usize| {
        let place = parity + at * width;
        let before = bytes.get((place + 1).saturating_sub(width)..place).unwrap_or_default();
        bytes.get(place).is_some_and(|byte| is_text(*byte)) && (at == first || before.iter().all(|byte| *byte == 0))
    };
    let all = bytes.len().saturating_sub(parity).div_ceil(width);
    let mut first = start;
    loop {
        if first + SHORTEST > all {
            return None;
        }
        match (first..first + SHORTEST).rev().find(|at| !is_wide(*at, first)) {
            // It may be the first one of another run.
            Some(last) => first = last.max(first + 1),
            None => break,
        }
    }
    let end = (first + SHORTEST..all).find(|at| !is_wide(*at, first)).unwrap_or(all);
    Some((first, end - first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_found_between_other_bytes() {
        let text = [b'a'; SHORTEST];
        let found = |bytes: &[u8]| runs(bytes).map(|(at, text)| (at, text.len())).collect::<Vec<_>>();
        assert_eq!(found(&text), [(0, 32)]);
        assert_eq!(found(&text[1..]), []);
        assert_eq!(
            found(&[&[0xFF, 0x00][..], &text, b"b", &[0x80], &text[1..]].concat()),
            [(2, 33)]
        );
        assert_eq!(found(&[&text[..], &[0xFF], &text].concat()), [(0, 32), (33, 32)]);
    }

    #[test]
    fn wide_texts_are_found_in_either_order_of_bytes() {
        for width in [2, 4] {
            for zeros_first in [false, true] {
                let zeros = alloc::vec![0; width - 1];
                let character = |letter: u8| match zeros_first {
                    true => [&zeros[..], &[letter]].concat(),
                    false => [&[letter][..], &zeros].concat(),
                };
                let text = (b'A'..b'A' + 40).flat_map(character).collect::<Vec<_>>();
                for before in 0..5 {
                    let bytes = [&[0xFE; 5][..before], &text, &[0xFF; 3]].concat();
                    let found = (0..width)
                        .filter_map(|parity| {
                            let (first, count) = wide_run(&bytes, width, parity, 0)?;
                            Some((parity + first * width, count))
                        })
                        .collect::<Vec<_>>();
                    let first = before + if zeros_first { width - 1 } else { 0 };
                    assert_eq!(found, [(first, 40)], "{width} {zeros_first} {before}");
                }
            }
        }
        assert_eq!(wide_run(&[b'a'; 200], 2, 0, 0), None);
        assert_eq!(wide_run(&[0; 200], 2, 0, 0), None);
        assert_eq!(wide_run(&[], 2, 1, 0), None);
    }
}
