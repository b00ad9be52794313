//! Hexadecimal dumps: lines with an address, some bytes, and the same bytes as characters.
//!
//! A single line does not show which of its words are data. There are three readings: the words after the first up to a
//! wide gap, as written by xxd; the words after the first while they have the same length, as written by `hexdump -C`;
//! and the last words of the same length, which may follow any prefix of a debugger or a log.

use alloc::vec::Vec;

use super::hex::{Values, Word};
use super::stream::Stream;
use super::text::Text;
use super::words::Between;
use super::{Finder, Form};

/// No dump has more words on a line.
const MAX_WORDS: usize = 128;
/// Numbers of digits of a byte and of longer words, which may be little-endian.
const WIDTHS: [usize; 4] = [2, 4, 8, 16];

/// A search in the bytes of lines.
pub(super) struct Search<'t> {
    readings: [Reading; 3],
    line: Line<'t>,
}

impl<'t> Search<'t> {
    pub(super) fn new() -> Self {
        Self {
            readings: [Reading::new(), Reading::new(), Reading::new()],
            line: Line::default(),
        }
    }

    /// Adds the next word that has digits, or the end.
    pub(super) fn add(
        &mut self,
        between: &Between<'_>,
        word: Option<Word<'t>>,
        is_end: bool,
        text: &Text<'_>,
        finder: &mut Finder<'_, '_>,
    ) {
        self.line.end_word(between.characters);
        if between.ends_line() || is_end {
            let [gap, after, last] = &mut self.readings;
            let items = &self.line.items;
            gap.add_line(before_gap(items), text, finder);
            after.add_line(of_one_width(items.get(1..).unwrap_or_default()), text, finder);
            last.add_line(last_of_one_width(items), text, finder);
            self.line.start();
        }
        // Characters follow a bar.
        let between = between.on_this_line();
        self.line.is_closed |= between.contains(&b'|');
        if is_end {
            self.readings.iter_mut().for_each(|reading| reading.end(text, finder));
        } else if !self.line.is_closed {
            self.line.add(between, word);
        }
    }
}

/// The words of a line so far.
#[derive(Default)]
struct Line<'t> {
    items: Vec<Item<'t>>,
    /// Whether the line accepts no more words.
    is_closed: bool,
}

/// A word of a line, and the number of blanks before it.
struct Item<'t> {
    word: Option<Word<'t>>,
    blanks: usize,
}

impl Item<'_> {
    /// The number of digits, if it may be a word of a dump.
    fn width(&self) -> Option<usize> {
        self.word.as_ref().map(|word| word.digits.len())
    }
}

impl<'t> Line<'t> {
    fn start(&mut self) {
        self.items.clear();
        self.is_closed = false;
    }

    /// A character attached to a word makes it a different word; a colon follows an address.
    fn end_word(&mut self, between: &[u8]) {
        let is_glued = between
            .first()
            .is_some_and(|first| !first.is_ascii_whitespace() && *first != b':');
        if is_glued
            && !self.is_closed
            && let Some(last) = self.items.last_mut()
        {
            last.word = None;
        }
    }

    fn add(&mut self, between: &[u8], word: Option<Word<'t>>) {
        if self.items.len() == MAX_WORDS {
            self.is_closed = true;
            return;
        }
        let word = word.filter(|word| self.items.is_empty() || WIDTHS.contains(&word.digits.len()));
        if word.is_none() {
            self.items.push(Item { word, blanks: 0 });
            return;
        }
        let is_blank = |byte: &&u8| matches!(byte, b' ' | b'\t');
        let blanks = between.iter().rev().take_while(is_blank).count();
        // An address or another prefix of the bytes may end with a colon.
        let rest = between.get(..between.len() - blanks).unwrap_or_default();
        let is_apart = self.items.is_empty() || blanks > 0 && (rest.is_empty() || rest.ends_with(b":"));
        self.items.push(Item {
            word: word.filter(|_| is_apart),
            blanks,
        });
    }
}

/// The items after the first, up to a gap of two blanks.
fn before_gap<'i, 't>(items: &'i [Item<'t>]) -> &'i [Item<'t>] {
    let items = items.get(1..).unwrap_or_default();
    let len = items.iter().skip(1).position(|item| item.blanks > 1);
    of_one_width(items.get(..len.map_or(items.len(), |len| len + 1)).unwrap_or_default())
}

/// The first items while they have the same number of digits; the last one may have fewer.
fn of_one_width<'i, 't>(items: &'i [Item<'t>]) -> &'i [Item<'t>] {
    let width = items.first().and_then(Item::width);
    let len = items.iter().position(|item| item.width() != width || width.is_none());
    let len = len.unwrap_or(items.len());
    let is_cut = items
        .get(len)
        .and_then(Item::width)
        .is_some_and(|last| Some(last) < width);
    items.get(..len + usize::from(is_cut)).unwrap_or_default()
}

/// The last items with the same number of digits.
fn last_of_one_width<'i, 't>(items: &'i [Item<'t>]) -> &'i [Item<'t>] {
    let width = items.last().and_then(Item::width);
    let others = items.iter().rposition(|item| item.width() != width || width.is_none());
    items.get(others.map_or(0, |at| at + 1)..).unwrap_or_default()
}

/// One reading of all lines.
struct Reading {
    bytes: Stream,
    /// The same with the bytes of each word reversed.
    reversed: Stream,
    /// Those of consecutive lines.
    values: Values,
}

impl Reading {
    fn new() -> Self {
        Self {
            bytes: Stream::new(Form::Dump),
            reversed: Stream::new(Form::Dump),
            values: Values::new(),
        }
    }

    fn add_line(&mut self, items: &[Item<'_>], text: &Text<'_>, finder: &mut Finder<'_, '_>) {
        // A single word is not a dump.
        if items.len() < 2 {
            self.end(text, finder);
            return;
        }
        for word in items.iter().filter_map(|item| item.word.as_ref()) {
            let (start, end) = (text.place(word.start), text.place(word.end));
            word.bytes().for_each(|byte| self.bytes.push(byte, start, end, finder));
            word.bytes()
                .rev()
                .for_each(|byte| self.reversed.push(byte, start, end, finder));
            self.values.add(word);
        }
    }

    /// Checks the value formed by the lines so far.
    fn end(&mut self, text: &Text<'_>, finder: &mut Finder<'_, '_>) {
        self.values.end(text, finder);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
mod tests {
    use alloc::string::String;

    use super::*;

    /// The bytes of a line in each reading.
    fn readings(line: &str) -> [String; 3] {
        let mut read = Line::default();
        let mut next = 0;
        let is_word = |byte: &u8| byte.is_ascii_alphanumeric();
        let bytes = line.as_bytes();
        while let Some(start) = bytes[next..].iter().position(is_word).map(|len| next + len) {
            let len = bytes[start..].iter().position(|byte| !is_word(byte));
            let end = len.map_or(bytes.len(), |len| start + len);
            let between = &bytes[next..start];
            read.end_word(between);
            read.is_closed |= between.contains(&b'|');
            if !read.is_closed {
                read.add(between, Word::read(bytes, start, end));
            }
            next = end;
        }
        read.end_word(&bytes[next..]);
        let join = |items: &[Item<'_>]| {
            let words = items.iter().filter_map(|item| item.word.as_ref());
            words
                .map(|word| String::from_utf8(word.digits.to_vec()).unwrap())
                .collect::<String>()
        };
        [
            join(before_gap(&read.items)),
            join(of_one_width(read.items.get(1..).unwrap_or_default())),
            join(last_of_one_width(&read.items)),
        ]
    }

    /// The lines were written by the named programs.
    #[test]
    fn one_of_three_readings_has_the_bytes_of_a_line() {
        for (line, reading, bytes) in [
            // xxd, xxd -g1, xxd -e
            (
                "00000000: 6162 6364 3132 3334 0a                   abcd1234.",
                0,
                "61626364313233340a",
            ),
            (
                "00000000: 61 62 63 64 31 32 33 34 0a                       abcd1234.",
                0,
                "61626364313233340a",
            ),
            (
                "00000000: 64636261 34333231       0a                    abcd1234.",
                0,
                "6463626134333231",
            ),
            // hexdump -C, hexdump, od -t x1, od -x
            (
                "00000000  61 62 63 64 31 32 33 34  61 62 63 64 31 32 33 34  |abcd1234abcd1234|",
                1,
                "61626364313233346162636431323334",
            ),
            ("0000000 6261 6463 3231 3433 000a", 2, "6261646332313433000a"),
            ("0000000 61 62 63 64 31 32 33 34 0a", 2, "61626364313233340a"),
            // gdb: x/4xb, x/2xw
            ("0x404028 <key>:\t0x61\t0x62\t0x63\t0x64", 2, "61626364"),
            ("0x404028 <key>:\t0x64636261\t0x34333231", 2, "6463626134333231"),
            // ESP_LOG_BUFFER_HEX and ESP_LOG_BUFFER_HEXDUMP of ESP-IDF
            ("I (1234) key: 61 62 63 64", 2, "61626364"),
            (
                "I (1234) key: 0x3ffb4280   61 62 63 64 31 32 33 34  61 62 63 64 31 32 33 34  |abcd1234abcd1234|",
                2,
                "61626364313233346162636431323334",
            ),
        ] {
            assert_eq!(readings(line)[reading], bytes, "{line}");
        }
        assert_eq!(readings("static const char key"), [""; 3]);
        assert_eq!(readings(""), [""; 3]);
    }
}
