//! The members of a TLV structure in the order of their context tags, as in declarations and attestation elements.

use alloc::vec::Vec;

use matter_tlv::{Element, Reader, Tag, Value};

use crate::KeyId;

/// The reason why a structure cannot be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MemberFault {
    /// The TLV is malformed, or not one structure.
    Malformed { offset: usize },
    /// A member is missing, out of order, of the wrong type or out of range.
    Member { tag: u8, offset: usize },
}

impl From<matter_tlv::Error> for MemberFault {
    fn from(error: matter_tlv::Error) -> Self {
        Self::Malformed { offset: error.offset() }
    }
}

/// The members of the outermost structure, with one element of lookahead.
pub(crate) struct Members<'a> {
    reader: Reader<'a>,
    next: Element<'a>,
}

impl<'a> Members<'a> {
    pub(crate) fn new(tlv: &'a [u8]) -> Result<Self, MemberFault> {
        let mut reader = Reader::new(tlv);
        let start = read(&mut reader)?;
        if start.tag != Tag::Anonymous || start.value != Value::Structure {
            return Err(MemberFault::Malformed { offset: start.offset });
        }
        let next = read(&mut reader)?;
        Ok(Self { reader, next })
    }

    /// Returns the next member, or `None` at the end of the structure.
    pub(crate) fn peek(&self) -> Option<&Element<'a>> {
        (self.next.value != Value::End).then_some(&self.next)
    }

    /// Skips the next member and its content.
    pub(crate) fn skip(&mut self) -> Result<(), MemberFault> {
        if matches!(self.next.value, Value::Structure | Value::Array | Value::List) {
            self.reader.skip_container()?;
        }
        self.next = read(&mut self.reader)?;
        Ok(())
    }

    pub(crate) fn required<T>(&mut self, tag: u8, convert: fn(&Element<'a>) -> Option<T>) -> Result<T, MemberFault> {
        self.optional(tag, convert)?.ok_or(self.missing(tag))
    }

    pub(crate) fn optional<T>(
        &mut self,
        tag: u8,
        convert: fn(&Element<'a>) -> Option<T>,
    ) -> Result<Option<T>, MemberFault> {
        if self.next.tag != Tag::Context(tag) {
            return Ok(None);
        }
        let value = convert(&self.next).ok_or(self.missing(tag))?;
        self.next = read(&mut self.reader)?;
        Ok(Some(value))
    }

    pub(crate) fn array<T>(
        &mut self,
        tag: u8,
        convert: fn(&Element<'a>) -> Option<T>,
    ) -> Result<Option<Vec<T>>, MemberFault> {
        if self.next.tag != Tag::Context(tag) {
            return Ok(None);
        }
        if self.next.value != Value::Array {
            return Err(self.missing(tag));
        }
        let mut items = Vec::new();
        loop {
            self.next = read(&mut self.reader)?;
            if self.next.value == Value::End {
                break;
            }
            items.push(convert(&self.next).ok_or(self.missing(tag))?);
        }
        self.next = read(&mut self.reader)?;
        Ok(Some(items))
    }

    /// Returns the fault of a missing or wrong member.
    pub(crate) const fn missing(&self, tag: u8) -> MemberFault {
        let offset = self.next.offset;
        MemberFault::Member { tag, offset }
    }

    /// Checks that all members were read and nothing follows the structure.
    pub(crate) fn finish(mut self) -> Result<(), MemberFault> {
        match self.reader.read()? {
            None => Ok(()),
            Some(element) => Err(MemberFault::Malformed { offset: element.offset }),
        }
    }
}

fn read<'a>(reader: &mut Reader<'a>) -> Result<Element<'a>, MemberFault> {
    let offset = reader.offset();
    reader.read()?.ok_or(MemberFault::Malformed { offset })
}

pub(crate) fn unsigned<T: TryFrom<u64>>(element: &Element<'_>) -> Option<T> {
    match element.value {
        Value::Unsigned(value) => T::try_from(value).ok(),
        _ => None,
    }
}

pub(crate) const fn bytes<'a>(element: &Element<'a>) -> Option<&'a [u8]> {
    match element.value {
        Value::Bytes(bytes) => Some(bytes),
        _ => None,
    }
}

pub(crate) fn key_id(element: &Element<'_>) -> Option<KeyId> {
    let bytes = <[u8; KeyId::LEN]>::try_from(bytes(element)?).ok()?;
    Some(KeyId::new(bytes))
}
