//! Words of letters and digits, and the characters between them.

use super::hex::Word;
use super::text::Text;
use super::{Finder, decimal, dump, hex};

/// The class of a character, as a bit mask.
pub(super) type Class = u8;
const LETTER: Class = 0x01;
const HEX: Class = 0x02;
const DECIMAL: Class = 0x04;
const NEW_LINE: Class = 0x08;
/// Characters around lists that do not separate their items.
const AROUND: Class = 0x10;
/// Characters around texts, which end a line of a dump.
const QUOTE: Class = 0x20;

/// More consecutive digits than this within a longer word are a word of their own.
const MANY_DIGITS: usize = 16;

const CLASSES: [Class; 256] = {
    let mut classes = [0; 256];
    let mut byte = 0u8;
    loop {
        let class = match byte {
            b'0'..=b'9' => LETTER | HEX | DECIMAL,
            b'a'..=b'f' | b'A'..=b'F' => LETTER | HEX,
            b'g'..=b'z' | b'G'..=b'Z' => LETTER,
            b'\n' => NEW_LINE,
            b'"' | b'\'' => QUOTE | AROUND,
            b'=' | b'{' | b'}' | b'[' | b']' | b'(' | b')' | b'<' | b'>' | b'#' | b';' | b'|' => AROUND,
            _ => 0,
        };
        // The index fits in a byte.
        #[expect(clippy::indexing_slicing, clippy::as_conversions, reason = "a loop in a constant")]
        {
            classes[byte as usize] = class;
        }
        if byte == u8::MAX {
            break classes;
        }
        byte += 1;
    }
};

fn class(byte: u8) -> Class {
    CLASSES.get(usize::from(byte)).copied().unwrap_or_default()
}

/// The characters before a word, or after the last one.
pub(super) struct Between<'t> {
    pub(super) characters: &'t [u8],
    classes: Class,
}

impl Between<'_> {
    pub(super) const fn has_new_line(&self) -> bool {
        self.classes & NEW_LINE != 0
    }

    pub(super) const fn ends_list(&self) -> bool {
        self.classes & AROUND != 0
    }

    /// Whether a line of a dump, or the text that contains it, ends here.
    pub(super) const fn ends_line(&self) -> bool {
        self.classes & (NEW_LINE | QUOTE) != 0
    }

    /// The characters after the end of the previous line.
    pub(super) fn on_this_line(&self) -> &[u8] {
        let is_end = |byte: &u8| matches!(byte, b'\n' | b'"' | b'\'');
        let end = self.characters.iter().rposition(is_end).map_or(0, |at| at + 1);
        self.characters.get(end..).unwrap_or_default()
    }
}

/// Searches the numbers of a text.
pub(super) fn search(text: &Text<'_>, finder: &mut Finder<'_, '_>) {
    let mut hex = hex::Search::new();
    let mut dump = dump::Search::new();
    let mut decimal = decimal::Search::new();
    let characters = text.characters;
    let mut at = 0;
    loop {
        let (between, start) = run(characters, at, |class| class & LETTER == 0);
        let (classes, end) = word(characters, start);
        let between = Between {
            characters: characters.get(at..start).unwrap_or_default(),
            classes: between,
        };
        let is_end = start == end;
        let read = match classes {
            _ if is_end => None,
            classes if classes & HEX != 0 => Word::plain(characters, start, end),
            // A prefix or a suffix.
            _ => Word::read(characters, start, end),
        };
        if read.is_none() && end - start > MANY_DIGITS {
            for run in digits(characters, start, end) {
                hex.add(&between, Some(&run), text, finder);
            }
        }
        hex.add(&between, read.as_ref(), text, finder);
        dump.add(&between, read, is_end, text, finder);
        let is_number = classes & DECIMAL != 0 && !is_end;
        decimal.add(&between, (start, end), is_number, text, finder);
        if is_end {
            break;
        }
        at = end;
    }
}

/// Runs of many digits within a word with other letters.
fn digits(characters: &[u8], start: usize, end: usize) -> impl Iterator<Item = Word<'_>> {
    let mut at = start;
    core::iter::from_fn(move || {
        while at < end {
            let (_, first) = run(characters, at, |class| class & HEX == 0);
            let (_, last) = run(characters, first, |class| class & HEX != 0);
            at = last;
            if last - first > MANY_DIGITS {
                return Word::plain(characters, first, last);
            }
        }
        None
    })
}

/// The run of characters of a kind from a position on: its combined class and its end.
fn run(characters: &[u8], from: usize, is_kind: impl Fn(Class) -> bool) -> (Class, usize) {
    let mut all = 0;
    for (at, byte) in (from..).zip(characters.get(from..).unwrap_or_default()) {
        let class = class(*byte);
        if !is_kind(class) {
            return (all, at);
        }
        all |= class;
    }
    (all, characters.len())
}

/// The word from a position on: the class common to all its characters and its end.
fn word(characters: &[u8], from: usize) -> (Class, usize) {
    let mut all = LETTER | HEX | DECIMAL;
    for (at, byte) in (from..).zip(characters.get(from..).unwrap_or_default()) {
        let class = class(*byte);
        if class & LETTER == 0 {
            return (all, at);
        }
        all &= class;
    }
    (all, characters.len())
}
