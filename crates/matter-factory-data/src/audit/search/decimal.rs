//! Decimal numbers: lists of bytes, and a whole scalar as one number.

use zeroize::Zeroizing;

use super::stream::Stream;
use super::text::Text;
use super::words::Between;
use super::{Finder, Form};

/// A scalar has at most 78 digits; fewer than 68 only if it is below 2^224, with a probability of 2^-32.
const DIGITS: core::ops::RangeInclusive<usize> = 68..=78;
/// Number of bytes of a key.
const SCALAR: usize = 32;

/// A search in the numbers of a text.
pub(super) struct Search {
    bytes: Stream,
    list: List,
}

impl Search {
    pub(super) fn new() -> Self {
        Self {
            bytes: Stream::new(Form::Decimal),
            list: List::default(),
        }
    }

    /// Adds the next word, which may be a number.
    pub(super) fn add(
        &mut self,
        between: &Between<'_>,
        (start, end): (usize, usize),
        is_number: bool,
        text: &Text<'_>,
        finder: &mut Finder<'_, '_>,
    ) {
        if !is_number || between.ends_list() {
            self.list.end(text, finder);
        }
        if !is_number {
            return;
        }
        let word = text.characters.get(start..end).unwrap_or_default();
        let is_first = between.characters.len() == start;
        if let Some(byte) = byte(word, is_negative(between.characters, is_first)) {
            self.bytes.push(byte, text.place(start), text.place(end), finder);
            self.list.add(byte, start, end);
        } else if DIGITS.contains(&word.len())
            && let Some(scalar) = scalar(word)
        {
            let (start, end) = (text.place(start), text.place(end));
            finder.look(&scalar, false, (start, end), Form::Decimal);
            finder.look_alone(&scalar, start, end, Form::Decimal);
        }
    }
}

/// Whether a minus is the sign of the number, as in a list of signed bytes, and not an operator.
fn is_negative(between: &[u8], is_first: bool) -> bool {
    between.ends_with(b"-") && (is_first || between.len() > 1)
}

/// A byte, signed or not.
fn byte(word: &[u8], is_negative: bool) -> Option<u8> {
    if word.is_empty() || word.len() > 3 {
        return None;
    }
    let number = word
        .iter()
        .fold(0u16, |number, digit| number * 10 + u16::from(digit - b'0'));
    match is_negative {
        true if number <= 128 => u8::try_from((256 - number) % 256).ok(),
        false => u8::try_from(number).ok(),
        true => None,
    }
}

/// A number of 256 bits.
fn scalar(word: &[u8]) -> Option<Zeroizing<[u8; SCALAR]>> {
    let mut scalar = Zeroizing::new([0u8; SCALAR]);
    for digit in word {
        let mut carry = u16::from(digit - b'0');
        for byte in scalar.iter_mut().rev() {
            let [high, low] = (u16::from(*byte) * 10 + carry).to_be_bytes();
            (*byte, carry) = (low, high.into());
        }
        if carry > 0 {
            return None;
        }
    }
    Some(scalar)
}

/// Consecutive numbers.
#[derive(Default)]
struct List {
    bytes: Zeroizing<[u8; SCALAR]>,
    len: usize,
    start: usize,
    end: usize,
}

impl List {
    fn add(&mut self, byte: u8, start: usize, end: usize) {
        if self.len == 0 {
            self.start = start;
        }
        if let Some(place) = self.bytes.get_mut(self.len) {
            *place = byte;
        }
        self.len = self.len.saturating_add(1);
        self.end = end;
    }

    /// Checks the numbers if there are as many as a scalar has bytes, and starts a new list.
    fn end(&mut self, text: &Text<'_>, finder: &mut Finder<'_, '_>) {
        if core::mem::take(&mut self.len) == SCALAR {
            let (start, end) = (text.place(self.start), text.place(self.end));
            finder.look_alone(&self.bytes, start, end, Form::Decimal);
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_bytes_or_scalars() {
        assert_eq!(byte(b"255", false), Some(255));
        assert_eq!(byte(b"256", false), None);
        assert_eq!([byte(b"1", true), byte(b"128", true)], [Some(255), Some(128)]);
        assert_eq!([byte(b"129", true), byte(b"0", true)], [None, Some(0)]);
        assert!(is_negative(b", -", false) && is_negative(b"-", true));
        assert!(!is_negative(b"-", false) && !is_negative(b", ", false));
        // 2^256 - 1 and 2^256.
        let most = b"115792089237316195423570985008687907853269984665640564039457584007913129639935";
        assert_eq!(*scalar(most).unwrap(), [0xFF; 32]);
        let mut more = *most;
        more[77] = b'6';
        assert!(scalar(&more).is_none());
    }
}
