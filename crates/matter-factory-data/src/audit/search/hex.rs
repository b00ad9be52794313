//! Hexadecimal digits in words and lists, with any separators.

use zeroize::Zeroizing;

use super::raw::alone;
use super::stream::Stream;
use super::text::Text;
use super::words::Between;
use super::{Finder, Form};

/// Longest value that is checked, in bytes: the SDK's public point and scalar.
const LONGEST: usize = 97;
const SCALAR: usize = 32;

/// A search in the bytes encoded by a text's digits.
pub(super) struct Search {
    digits: Digits,
    numbers: Stream,
    list: Values,
    line: Values,
}

impl Search {
    pub(super) fn new() -> Self {
        Self {
            digits: Digits::new(),
            numbers: Stream::new(Form::Hex),
            list: Values::new(),
            line: Values::new(),
        }
    }

    /// Adds the next word that has digits, or the end.
    pub(super) fn add(
        &mut self,
        between: &Between<'_>,
        word: Option<&Word<'_>>,
        text: &Text<'_>,
        finder: &mut Finder<'_, '_>,
    ) {
        let ends_list = word.is_none() || between.ends_list();
        if ends_list {
            self.list.end(text, finder);
        }
        if ends_list || between.has_new_line() {
            self.line.end(text, finder);
        }
        let Some(word) = word else { return };
        if word.is_number && word.digits.len() % 2 == 1 {
            let start = text.place(word.start);
            self.digits.add(0, start, start, finder);
        }
        for (at, digit) in (word.start..).zip(word.digits) {
            let digit = value(*digit).unwrap_or_default();
            self.digits.add(digit, text.place(at), text.place(at + 1), finder);
        }
        if let Some(number) = word.byte() {
            self.numbers
                .push(number, text.place(word.start), text.place(word.end), finder);
        }
        self.list.add(word);
        self.line.add(word);
        if word.digits.len() >= 2 * SCALAR {
            let mut alone = Values::new();
            alone.add(word);
            alone.end(text, finder);
        }
    }
}

/// A word of digits, optionally with a prefix and a suffix.
pub(super) struct Word<'t> {
    /// Position of its first digit.
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) digits: &'t [u8],
    /// Whether it is a complete number, such as `0x5`.
    is_number: bool,
}

impl<'t> Word<'t> {
    /// A word that consists of digits only.
    pub(super) fn plain(characters: &'t [u8], start: usize, end: usize) -> Option<Self> {
        Some(Self {
            start,
            end,
            digits: characters.get(start..end)?,
            is_number: false,
        })
    }

    /// Parses a word as written in C, Rust, assemblers and most other languages.
    pub(super) fn read(characters: &'t [u8], start: usize, end: usize) -> Option<Self> {
        let word = characters.get(start..end)?;
        let is_escaped = characters.get(..start)?.ends_with(b"\\");
        let prefix = match word {
            [b'0', b'x' | b'X', ..] => 2,
            [b'x' | b'X', ..] if is_escaped => 1,
            _ => 0,
        };
        let digits = word.get(prefix..)?;
        let len = digits.iter().position(|byte| value(*byte).is_none());
        let (digits, suffix) = digits.split_at_checked(len.unwrap_or(digits.len()))?;
        let is_suffix = match suffix {
            [] | [b'h' | b'H'] => true,
            [b'u' | b'U' | b'l' | b'L' | b'i', ..] => prefix > 0,
            _ => false,
        };
        let start = start + prefix;
        (is_suffix && !digits.is_empty()).then_some(Self {
            start,
            end: start + digits.len(),
            digits,
            is_number: prefix > 0,
        })
    }

    /// The value of the number, if it fits in a byte.
    pub(super) fn byte(&self) -> Option<u8> {
        match self.digits {
            [digit] => value(*digit),
            [high, low] => Some(value(*high)? << 4 | value(*low)?),
            _ => None,
        }
    }

    /// The bytes encoded by its digits.
    pub(super) fn bytes(&self) -> impl DoubleEndedIterator<Item = u8> + '_ {
        let odd = self.digits.len() % 2;
        let (first, rest) = self.digits.split_at_checked(odd).unwrap_or_default();
        let first = first.iter().filter_map(|digit| value(*digit));
        let rest = rest.as_chunks::<2>().0.iter();
        first.chain(rest.filter_map(|[high, low]| Some(value(*high)? << 4 | value(*low)?)))
    }
}

/// The value of a digit.
pub(super) const fn value(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        b'A'..=b'F' => Some(digit - b'A' + 10),
        _ => None,
    }
}

/// Digits, each of which may be the first or the second of its byte.
struct Digits {
    streams: [Stream; 2],
    is_odd: bool,
    before: Option<(u8, usize)>,
}

impl Digits {
    fn new() -> Self {
        Self {
            streams: [Stream::new(Form::Hex), Stream::new(Form::Hex)],
            is_odd: false,
            before: None,
        }
    }

    fn add(&mut self, digit: u8, start: usize, end: usize, finder: &mut Finder<'_, '_>) {
        let [even, odd] = &mut self.streams;
        if let Some((high, first)) = self.before.replace((digit, start)) {
            let stream = if self.is_odd { odd } else { even };
            stream.push(high << 4 | digit, first, end, finder);
            self.is_odd = !self.is_odd;
        }
    }
}

/// The bytes of consecutive words, up to the length of a key.
pub(super) struct Values {
    bytes: Zeroizing<[u8; LONGEST]>,
    len: usize,
    start: usize,
    end: usize,
}

impl Values {
    pub(super) fn new() -> Self {
        Self {
            bytes: Zeroizing::new([0; LONGEST]),
            len: 0,
            start: 0,
            end: 0,
        }
    }

    pub(super) fn add(&mut self, word: &Word<'_>) {
        if self.len == 0 {
            self.start = word.start;
        }
        self.end = word.end;
        for byte in word.bytes() {
            if let Some(place) = self.bytes.get_mut(self.len) {
                *place = byte;
            }
            self.len = self.len.saturating_add(1);
        }
    }

    /// Checks the value if it has the length of a key, and starts a new one.
    pub(super) fn end(&mut self, text: &Text<'_>, finder: &mut Finder<'_, '_>) {
        let value = self.bytes.get(..core::mem::take(&mut self.len)).unwrap_or_default();
        // OpenSSL prepends a zero byte to numbers with a set first bit.
        let value = value
            .strip_prefix(&[0])
            .filter(|rest| rest.len() == SCALAR)
            .unwrap_or(value);
        if let Some((scalar, _)) = alone(value) {
            finder.look_alone(scalar, text.place(self.start), text.place(self.end), Form::Hex);
        }
    }
}
