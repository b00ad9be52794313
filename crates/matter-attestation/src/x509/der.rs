//! A DER walker that does not copy and tracks its position.

use core::ops::Range;

/// Tags with class and constructed bit, as one byte.
pub(crate) mod tag {
    pub(crate) const BOOLEAN: u8 = 0x01;
    pub(crate) const INTEGER: u8 = 0x02;
    pub(crate) const BIT_STRING: u8 = 0x03;
    pub(crate) const OCTET_STRING: u8 = 0x04;
    pub(crate) const NULL: u8 = 0x05;
    pub(crate) const OID: u8 = 0x06;
    pub(crate) const UTF8_STRING: u8 = 0x0C;
    pub(crate) const PRINTABLE_STRING: u8 = 0x13;
    pub(crate) const UTC_TIME: u8 = 0x17;
    pub(crate) const GENERALIZED_TIME: u8 = 0x18;
    pub(crate) const SEQUENCE: u8 = 0x30;
    pub(crate) const SET: u8 = 0x31;
    pub(crate) const IMPLICIT_0: u8 = 0x80;
    pub(crate) const IMPLICIT_1: u8 = 0x81;
    pub(crate) const IMPLICIT_2: u8 = 0x82;
    pub(crate) const IMPLICIT_6: u8 = 0x86;
    pub(crate) const EXPLICIT_0: u8 = 0xA0;
    pub(crate) const EXPLICIT_1: u8 = 0xA1;
    pub(crate) const EXPLICIT_2: u8 = 0xA2;
    pub(crate) const EXPLICIT_3: u8 = 0xA3;
    pub(crate) const EXPLICIT_4: u8 = 0xA4;
}

/// The bytes from this offset on are not the expected DER.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Malformed(pub(crate) usize);

/// One element: tag, length and value.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tlv<'a> {
    pub(crate) tag: u8,
    pub(crate) value: &'a [u8],
    /// The element including tag and length.
    pub(crate) raw: &'a [u8],
    /// Where the element starts.
    pub(crate) offset: usize,
}

impl<'a> Tlv<'a> {
    /// Returns a walker over the content.
    pub(crate) const fn inside(&self) -> Walker<'a> {
        Walker {
            rest: self.value,
            offset: self.offset + (self.raw.len() - self.value.len()),
        }
    }

    pub(crate) const fn malformed(&self) -> Malformed {
        Malformed(self.offset)
    }

    /// Returns the number in an INTEGER of a single byte.
    pub(crate) const fn single_byte(&self) -> Option<u8> {
        match self.value {
            [number @ 0..=0x7F] => Some(*number),
            _ => None,
        }
    }

    /// Returns the range of the element, including tag and length.
    pub(crate) const fn span(&self) -> Range<usize> {
        self.offset..self.offset + self.raw.len()
    }

    /// Decodes a non-negative INTEGER that fits in a u64.
    pub(crate) fn small_number(&self) -> Result<u64, Malformed> {
        match self.value {
            [] | [0x80..=0xFF, ..] | [0, 0..=0x7F, ..] => Err(self.malformed()),
            bytes if bytes.len() > 8 => Err(self.malformed()),
            bytes => Ok(bytes.iter().fold(0, |number, &byte| number << 8 | u64::from(byte))),
        }
    }
}

/// The rest of a sequence of elements.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Walker<'a> {
    rest: &'a [u8],
    offset: usize,
}

impl<'a> Walker<'a> {
    pub(crate) const fn new(input: &'a [u8]) -> Self {
        Self { rest: input, offset: 0 }
    }

    /// Returns the position of the next element or of the end.
    pub(crate) const fn position(&self) -> Malformed {
        Malformed(self.offset)
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Reads the next element: a tag of one byte, and a definite length in its shortest form, at most three bytes long.
    pub(crate) fn next(&mut self) -> Result<Tlv<'a>, Malformed> {
        let malformed = Malformed(self.offset);
        let (header, len) = match *self.rest {
            [tag, ..] if tag & 0x1F == 0x1F => return Err(malformed),
            [_, len @ 0..=0x7F, ..] => (2, usize::from(len)),
            [_, 0x81, len @ 0x80..=0xFF, ..] => (3, usize::from(len)),
            [_, 0x82, high @ 1..=0xFF, low, ..] => (4, usize::from(high) << 8 | usize::from(low)),
            // Revocation lists may be this long.
            [_, 0x83, high @ 1..=0xFF, middle, low, ..] => {
                (5, usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low))
            }
            _ => return Err(malformed),
        };
        let end = header + len;
        let (Some(&tag), Some(raw), Some(value)) =
            (self.rest.first(), self.rest.get(..end), self.rest.get(header..end))
        else {
            return Err(malformed);
        };
        let offset = self.offset;
        self.rest = self.rest.get(end..).unwrap_or_default();
        self.offset += end;
        Ok(Tlv {
            tag,
            value,
            raw,
            offset,
        })
    }

    /// Reads the next element, which must have this tag.
    pub(crate) fn expect(&mut self, tag: u8) -> Result<Tlv<'a>, Malformed> {
        let element = self.next()?;
        if element.tag == tag {
            Ok(element)
        } else {
            Err(element.malformed())
        }
    }

    /// Reads an OBJECT IDENTIFIER: numbers in groups of seven bits, each in its shortest form (X.690, 8.19).
    pub(crate) fn object_identifier(&mut self) -> Result<&'a [u8], Malformed> {
        let element = self.expect(tag::OID)?;
        let is_last = |byte: &u8| byte & 0x80 == 0;
        let mut numbers = element.value.split_inclusive(is_last);
        if element.value.last().is_some_and(is_last) && numbers.all(|number| number.first() != Some(&0x80)) {
            Ok(element.value)
        } else {
            Err(element.malformed())
        }
    }

    /// Reads the only element, which must have this tag.
    pub(crate) fn only(mut self, tag: u8) -> Result<Tlv<'a>, Malformed> {
        let element = self.expect(tag)?;
        self.finish()?;
        Ok(element)
    }

    /// Reads the next element if it has this tag.
    pub(crate) fn next_if(&mut self, tag: u8) -> Result<Option<Tlv<'a>>, Malformed> {
        if self.rest.first() == Some(&tag) {
            self.next().map(Some)
        } else {
            Ok(None)
        }
    }

    /// Checks that nothing is left.
    pub(crate) const fn finish(&self) -> Result<(), Malformed> {
        if self.rest.is_empty() {
            Ok(())
        } else {
            Err(Malformed(self.offset))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_der_lengths_are_read() {
        let mut longest = alloc::vec![0x04, 0x83, 0x01, 0x02, 0x03];
        longest.resize(5 + 0x1_0203, 0);
        let mut long = alloc::vec![0x04, 0x82, 0xFF, 0xFF];
        long.resize(4 + 0xFFFF, 0);
        let mut too_long = alloc::vec![0x04, 0x84, 1, 0, 0, 0];
        too_long.resize(6 + 0x100_0000, 0);
        let mut needless = alloc::vec![0x04, 0x83, 0, 0xFF, 0xFF];
        needless.resize(5 + 0xFFFF, 0);
        let mut middle = alloc::vec![0x04, 0x81, 0x80];
        middle.resize(3 + 0x80, 0);
        for good in [&[0x04, 0][..], &[0x04, 1, 7], &middle, &long, &longest] {
            let element = Walker::new(good).expect(tag::OCTET_STRING).unwrap();
            assert_eq!(element.raw, good);
        }
        for bad in [
            &[][..],
            &[0x04],
            &[0x04, 1],
            &[0x04, 0x80, 0, 0],
            &[0x04, 0x81, 0x7F],
            &[0x04, 0x82, 0, 0x80],
            &[0x04, 0x83, 1, 0, 0],
            &needless,
            &too_long,
            &[0x1F, 0x01, 0],
        ] {
            assert_eq!(
                Walker::new(bad).next().unwrap_err(),
                Malformed(0),
                "{:?}",
                &bad[..bad.len().min(8)]
            );
        }
    }

    #[test]
    fn numbers_of_an_object_identifier_end_and_are_short() {
        for good in [&[0x55, 4, 3][..], &[0x2B], &[0x2B, 0x81, 0], &[0x88, 0x37, 3]] {
            let element = [&[0x06, u8::try_from(good.len()).unwrap()], good].concat();
            assert_eq!(Walker::new(&element).object_identifier(), Ok(good));
        }
        for bad in [
            &[][..],
            &[0x55, 4, 0x83],
            &[0x55, 0x80, 3],
            &[0x80, 0x2B],
            &[0x2B, 0x80, 0x80, 1],
        ] {
            let element = [&[0x06, u8::try_from(bad.len()).unwrap()], bad].concat();
            assert_eq!(
                Walker::new(&element).object_identifier(),
                Err(Malformed(0)),
                "{bad:02X?}"
            );
        }
    }

    #[test]
    fn offsets_count_from_the_outermost() {
        let input = [0x30, 6, 0x30, 4, 0x02, 1, 5, 9];
        let outer = Walker::new(&input).expect(tag::SEQUENCE).unwrap();
        let inner = outer.inside().expect(tag::SEQUENCE).unwrap();
        let mut walker = inner.inside();
        assert_eq!(walker.expect(tag::INTEGER).unwrap().offset, 4);
        assert_eq!(walker.finish(), Err(Malformed(7)));
    }
}
