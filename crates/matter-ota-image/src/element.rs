//! TLV elements as read from one buffer by the SDK's `TLVReader`, with its results.
//!
//! The SDK accepts more than `matter_tlv::Reader`: character strings that are not UTF-8, any depth, and every tag after a
//! nested container. To read accepted input as the SDK does, its rules are implemented here one by one.

use crate::Error;

/// The character at which the SDK ends a character string (Matter Core Specification 7.19.2.17).
pub(crate) const SEPARATOR: u8 = 0x1F;

/// A tag: profile and number. As in the SDK, context tags and "no tag" are numbers of a dedicated profile, and the fully
/// qualified form of that profile is equivalent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Tag(u32, u32);

const SPECIAL_PROFILE: u32 = 0xFFFF_FFFF;
const ANONYMOUS: Tag = Tag(SPECIAL_PROFILE, 0x100);
const UNKNOWN_IMPLICIT: Tag = Tag(SPECIAL_PROFILE, 0x101);

impl Tag {
    pub(crate) const fn is_context(self, number: u8) -> bool {
        // `u32::from` is not const.
        #[expect(clippy::as_conversions, reason = "u8 to u32 loses nothing")]
        let number = number as u32;
        self.0 == SPECIAL_PROFILE && self.1 == number
    }

    pub(crate) fn is_anonymous(self) -> bool {
        self == ANONYMOUS
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Container {
    /// No container is open.
    Outside,
    Structure,
    Array,
    List,
    /// After a nested container, the reader no longer knows the type of the outer one.
    Unknown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    Unsigned(u64),
    /// A signed number, a Boolean, a floating-point number or null.
    Other,
    Utf8(&'a [u8]),
    Bytes(&'a [u8]),
    Container(Container),
    End,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct Element<'a> {
    pub(crate) offset: usize,
    pub(crate) tag: Tag,
    pub(crate) value: Value<'a>,
    /// Whether the tag has the form required by the specification.
    pub(crate) is_usual_form: bool,
}

#[derive(Clone, Debug)]
pub(crate) struct Elements<'a> {
    rest: &'a [u8],
    offset: usize,
    container: Container,
}

impl<'a> Elements<'a> {
    pub(crate) const fn new(input: &'a [u8]) -> Self {
        Self {
            rest: input,
            offset: 0,
            container: Container::Outside,
        }
    }

    pub(crate) const fn offset(&self) -> usize {
        self.offset
    }

    /// Enters a container that was just read.
    pub(crate) const fn enter(&mut self, container: Container) {
        self.container = container;
    }

    /// Reads the next element of the open container.
    pub(crate) fn next(&mut self) -> Result<Element<'a>, Error> {
        let element = self.read()?;
        if element.value == Value::End {
            return Err(Error::EndOfStructure { offset: element.offset });
        }
        Ok(element)
    }

    /// Skips to the end of the open container; returns the number of skipped elements, and the end.
    pub(crate) fn skip_to_end(&mut self) -> Result<(usize, Element<'a>), Error> {
        let outer = self.container;
        let mut depth = 0usize;
        let mut skipped = 0;
        loop {
            let element = self.read()?;
            match element.value {
                Value::End => {
                    let Some(less) = depth.checked_sub(1) else {
                        return Ok((skipped, element));
                    };
                    depth = less;
                    self.container = if depth == 0 { outer } else { Container::Unknown };
                }
                Value::Container(container) => {
                    depth += 1;
                    self.container = container;
                }
                _ => {}
            }
            skipped += 1;
        }
    }

    fn read(&mut self) -> Result<Element<'a>, Error> {
        let offset = self.offset;
        let mut cursor = Cursor {
            rest: self.rest,
            element: offset,
        };
        let Ok([control]) = cursor.take() else {
            return Err(Error::EndOfStructure { offset });
        };
        let kind = control & 0x1F;
        if kind > END {
            return Err(Error::ReservedElement { offset });
        }
        let (tag, form) = cursor.tag(control)?;
        let (value, len) = cursor.head(kind)?;
        self.check(offset, tag, value)?;
        let value = match (value, len) {
            (Value::Utf8(_), Some(len)) => Value::Utf8(cursor.string(len)?),
            (Value::Bytes(_), Some(len)) => Value::Bytes(cursor.string(len)?),
            _ => value,
        };
        self.offset = offset + (self.rest.len() - cursor.rest.len());
        self.rest = cursor.rest;
        Ok(Element {
            offset,
            tag,
            value,
            is_usual_form: form != Form::FullyQualified || tag.0 != SPECIAL_PROFILE,
        })
    }

    /// The checks of `TLVReader::VerifyElement` that precede the length check.
    fn check(&self, offset: usize, tag: Tag, value: Value<'_>) -> Result<(), Error> {
        let not_allowed = Err(Error::TagNotAllowed { offset });
        if value == Value::End {
            return match self.container {
                Container::Outside => Err(Error::ReservedElement { offset }),
                _ if tag != ANONYMOUS => not_allowed,
                _ => Ok(()),
            };
        }
        if tag == UNKNOWN_IMPLICIT {
            return Err(Error::ImplicitTag { offset });
        }
        let is_context = tag.0 == SPECIAL_PROFILE && tag.1 <= 0xFF;
        match self.container {
            Container::Outside if is_context => not_allowed,
            Container::Structure if tag == ANONYMOUS => not_allowed,
            Container::Array if tag != ANONYMOUS => not_allowed,
            _ => Ok(()),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Short,
    FullyQualified,
}

/// The last element type.
const END: u8 = 0x18;

struct Cursor<'a> {
    rest: &'a [u8],
    element: usize,
}

impl<'a> Cursor<'a> {
    fn tag(&mut self, control: u8) -> Result<(Tag, Form), Error> {
        // The content of a tag field matters only if the whole head is present; both give the same error.
        let tag = match control >> 5 {
            0 => ANONYMOUS,
            1 => Tag(SPECIAL_PROFILE, self.number(1)?),
            2 => Tag(0, self.number(2)?),
            3 => Tag(0, self.number(4)?),
            4 => self.number(2).map(|_| UNKNOWN_IMPLICIT)?,
            5 => self.number(4).map(|_| UNKNOWN_IMPLICIT)?,
            form => {
                let (vendor, profile) = (self.number(2)?, self.number(2)?);
                let tag = Tag(vendor << 16 | profile, self.number(if form == 6 { 2 } else { 4 })?);
                return Ok((tag, Form::FullyQualified));
            }
        };
        Ok((tag, Form::Short))
    }

    /// The value, or the kind of string and its length.
    fn head(&mut self, kind: u8) -> Result<(Value<'a>, Option<u64>), Error> {
        let width = 1 << (kind & 3);
        Ok(match kind {
            0x00..=0x03 => (self.skip(width, Value::Other)?, None),
            0x04..=0x07 => (Value::Unsigned(self.wide(width)?), None),
            0x08 | 0x09 | 0x14 => (Value::Other, None),
            0x0A => (self.skip(4, Value::Other)?, None),
            0x0B => (self.skip(8, Value::Other)?, None),
            0x0C..=0x0F => (Value::Utf8(&[]), Some(self.len(width)?)),
            0x10..=0x13 => (Value::Bytes(&[]), Some(self.len(width)?)),
            0x15 => (Value::Container(Container::Structure), None),
            0x16 => (Value::Container(Container::Array), None),
            0x17 => (Value::Container(Container::List), None),
            _ => (Value::End, None),
        })
    }

    fn len(&mut self, width: usize) -> Result<u64, Error> {
        let len = self.wide(width)?;
        if len > u64::from(u32::MAX) {
            return Err(Error::LengthTooWide { offset: self.element });
        }
        Ok(len)
    }

    fn string(&mut self, len: u64) -> Result<&'a [u8], Error> {
        let (bytes, rest) = usize::try_from(len)
            .ok()
            .and_then(|len| self.rest.split_at_checked(len))
            .ok_or(self.truncated())?;
        self.rest = rest;
        Ok(bytes)
    }

    fn skip(&mut self, width: usize, value: Value<'a>) -> Result<Value<'a>, Error> {
        self.wide(width).map(|_| value)
    }

    fn number(&mut self, width: usize) -> Result<u32, Error> {
        // At most four bytes are read.
        self.wide(width).map(|number| u32::try_from(number).unwrap_or_default())
    }

    fn wide(&mut self, width: usize) -> Result<u64, Error> {
        let (bytes, rest) = self.rest.split_at_checked(width).ok_or(self.truncated())?;
        self.rest = rest;
        Ok(bytes
            .iter()
            .rev()
            .fold(0, |number, byte| number << 8 | u64::from(*byte)))
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let (bytes, rest) = self.rest.split_first_chunk().ok_or(self.truncated())?;
        self.rest = rest;
        Ok(*bytes)
    }

    const fn truncated(&self) -> Error {
        Error::ElementTruncated { offset: self.element }
    }
}
