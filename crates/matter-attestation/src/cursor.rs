//! Walking through DER by hand, where an error must say at which octet it is.

/// One element: a tag, a length and so many octets.
#[derive(Clone, Copy)]
pub(crate) struct Element<'a> {
    pub(crate) tag: u8,
    /// Where in the whole input the tag is.
    pub(crate) offset: usize,
    pub(crate) content: &'a [u8],
    /// Tag, length and content.
    pub(crate) encoded: &'a [u8],
}

impl<'a> Element<'a> {
    /// Walks through the content.
    pub(crate) const fn children(&self) -> Cursor<'a> {
        Cursor {
            rest: self.content,
            offset: self.offset + (self.encoded.len() - self.content.len()),
        }
    }
}

/// A position between two elements.
#[derive(Clone, Copy)]
pub(crate) struct Cursor<'a> {
    rest: &'a [u8],
    offset: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) const fn new(der: &'a [u8]) -> Self {
        Self { rest: der, offset: 0 }
    }

    /// Returns where in the whole input this is.
    pub(crate) const fn offset(&self) -> usize {
        self.offset
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// Tells whether an element with this tag is next.
    pub(crate) fn is_at(&self, tag: u8) -> bool {
        self.rest.first() == Some(&tag)
    }

    /// Reads an element with this tag, or fails with the offset.
    pub(crate) fn expect(&mut self, tag: u8) -> Result<Element<'a>, usize> {
        let at = *self;
        match self.next() {
            Some(element) if element.tag == tag => Ok(element),
            _ => Err(at.offset),
        }
    }

    /// Reads an element with this tag if it is next; what is next and malformed is an error.
    pub(crate) fn optional(&mut self, tag: u8) -> Result<Option<Element<'a>>, usize> {
        if self.is_at(tag) {
            self.expect(tag).map(Some)
        } else {
            Ok(None)
        }
    }

    /// Fails with the offset unless everything was read.
    pub(crate) const fn finish(&self) -> Result<(), usize> {
        if self.is_empty() { Ok(()) } else { Err(self.offset) }
    }

    /// Reads an element with a tag of one octet and a definite length in as few octets as possible, at most three.
    pub(crate) fn next(&mut self) -> Option<Element<'a>> {
        let (&tag, rest) = self.rest.split_first()?;
        if tag & 0x1F == 0x1F {
            return None;
        }
        let (&first, rest) = rest.split_first()?;
        let (len, rest) = match first {
            0..=0x7F => (usize::from(first), rest),
            0x81..=0x83 => {
                let (octets, rest) = rest.split_at_checked(usize::from(first & 0x7F))?;
                let len = octets.iter().fold(0usize, |len, &octet| len << 8 | usize::from(octet));
                let shortest = match octets.len() {
                    1 => 0x80,
                    2 => 0x100,
                    _ => 0x1_0000,
                };
                if len < shortest {
                    return None;
                }
                (len, rest)
            }
            _ => return None,
        };
        let (content, rest) = rest.split_at_checked(len)?;
        let encoded = self.rest.get(..self.rest.len() - rest.len())?;
        let element = Element {
            tag,
            offset: self.offset,
            content,
            encoded,
        };
        self.offset += encoded.len();
        self.rest = rest;
        Some(element)
    }
}

pub(crate) const BOOLEAN: u8 = 0x01;
pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const BIT_STRING: u8 = 0x03;
pub(crate) const OCTET_STRING: u8 = 0x04;
pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;
/// The SEQUENCE of ecdsa-with-SHA256 without parameters (RFC 5758, 3.2).
pub(crate) const ECDSA_WITH_SHA256: &[u8] = &[
    SEQUENCE,
    0x0A,
    OBJECT_IDENTIFIER,
    0x08,
    0x2A,
    0x86,
    0x48,
    0xCE,
    0x3D,
    0x04,
    0x03,
    0x02,
];
