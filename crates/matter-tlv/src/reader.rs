use crate::container::{Container, Stack};
use crate::layout::{
    ARRAY, BYTES_1, BYTES_2, BYTES_4, BYTES_8, END, FALSE, FLOAT_4, FLOAT_8, LIST, NULL, SIGNED_1, SIGNED_2, SIGNED_4,
    SIGNED_8, STRUCTURE, TAG_ANONYMOUS, TAG_COMMON_2, TAG_COMMON_4, TAG_CONTEXT, TAG_FULL_6, TAG_IMPLICIT_2,
    TAG_IMPLICIT_4, TAG_MASK, TRUE, TYPE_MASK, UNSIGNED_1, UNSIGNED_2, UNSIGNED_4, UNSIGNED_8, UTF8_1, UTF8_2, UTF8_4,
    UTF8_8,
};
use crate::{Element, Error, Tag, Value};

/// Reads elements one by one, borrowing strings from the input.
///
/// Work and memory are bounded: each call reads one element, and nothing is allocated. After an
/// error the position does not change, so that the next call returns the same error.
///
/// # Examples
///
/// ```
/// use matter_tlv::{Reader, Tag, Value};
///
/// let mut reader = Reader::new(&[0x16, 0x04, 0x05, 0x18]);
/// assert_eq!(reader.read()?.map(|e| e.value), Some(Value::Array));
/// assert_eq!(reader.read()?.map(|e| e.value), Some(Value::Unsigned(5)));
/// assert_eq!(reader.read()?.map(|e| e.value), Some(Value::End));
/// assert_eq!(reader.read()?, None);
/// # Ok::<(), matter_tlv::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Reader<'a> {
    rest: &'a [u8],
    offset: usize,
    stack: Stack,
}

impl<'a> Reader<'a> {
    /// Starts at the first byte of `input`.
    #[must_use]
    pub const fn new(input: &'a [u8]) -> Self {
        Self {
            rest: input,
            offset: 0,
            stack: Stack::new(),
        }
    }

    /// Returns the offset of the next element in bytes.
    #[must_use]
    pub const fn offset(&self) -> usize {
        self.offset
    }

    /// Returns the number of open containers.
    #[must_use]
    pub const fn depth(&self) -> usize {
        self.stack.depth()
    }

    /// Returns the input that is not read yet.
    #[must_use]
    pub const fn remaining(&self) -> &'a [u8] {
        self.rest
    }

    /// Reads the next element, or `None` at the end of the input.
    ///
    /// The start of a container, each member and the closing [`Value::End`] are separate elements.
    /// Several outermost elements may follow each other; a caller that expects one checks that the
    /// next call returns `None`.
    ///
    /// # Errors
    ///
    /// Every variant of [`Error`] except [`Error::BufferTooSmall`].
    pub fn read(&mut self) -> Result<Option<Element<'a>>, Error> {
        let offset = self.offset;
        let Some((&control, rest)) = self.rest.split_first() else {
            return if self.stack.depth() == 0 {
                Ok(None)
            } else {
                Err(Error::UnclosedContainer { offset })
            };
        };
        let mut cursor = Cursor { rest, element: offset };
        let mut stack = self.stack;
        let element = Element {
            offset,
            tag: cursor.tag(control)?,
            value: cursor.value(control)?,
        };
        match element.value {
            Value::End if element.tag == Tag::Anonymous => stack.pop(offset)?,
            Value::End => return Err(Error::ReservedType { offset, control }),
            value => {
                stack.check_tag(element.tag, offset)?;
                match value {
                    Value::Structure => stack.push(Container::Structure, offset)?,
                    Value::Array => stack.push(Container::Array, offset)?,
                    Value::List => stack.push(Container::List, offset)?,
                    _ => {}
                }
            }
        }
        self.offset = offset + (self.rest.len() - cursor.rest.len());
        self.rest = cursor.rest;
        self.stack = stack;
        Ok(Some(element))
    }

    /// Skips the rest of the innermost open container, including its end.
    ///
    /// Outside all containers it skips the rest of the input.
    ///
    /// # Errors
    ///
    /// As [`Reader::read`]: skipped elements are checked too.
    pub fn skip_container(&mut self) -> Result<(), Error> {
        let outside = self.depth().checked_sub(1);
        while self.read()?.is_some() {
            if Some(self.depth()) == outside {
                break;
            }
        }
        Ok(())
    }
}

/// The input after a control byte.
struct Cursor<'a> {
    rest: &'a [u8],
    element: usize,
}

impl<'a> Cursor<'a> {
    fn tag(&mut self, control: u8) -> Result<Tag, Error> {
        Ok(match control & TAG_MASK {
            TAG_ANONYMOUS => Tag::Anonymous,
            TAG_CONTEXT => Tag::Context(u8::from_le_bytes(self.take()?)),
            TAG_COMMON_2 => Tag::Common(self.u16()?.into()),
            TAG_COMMON_4 => Tag::Common(self.u32()?),
            TAG_IMPLICIT_2 => Tag::Implicit(self.u16()?.into()),
            TAG_IMPLICIT_4 => Tag::Implicit(self.u32()?),
            full => Tag::FullyQualified {
                vendor: self.u16()?,
                profile: self.u16()?,
                tag: if full == TAG_FULL_6 {
                    self.u16()?.into()
                } else {
                    self.u32()?
                },
            },
        })
    }

    fn value(&mut self, control: u8) -> Result<Value<'a>, Error> {
        Ok(match control & TYPE_MASK {
            SIGNED_1 => Value::Signed(i8::from_le_bytes(self.take()?).into()),
            SIGNED_2 => Value::Signed(i16::from_le_bytes(self.take()?).into()),
            SIGNED_4 => Value::Signed(i32::from_le_bytes(self.take()?).into()),
            SIGNED_8 => Value::Signed(i64::from_le_bytes(self.take()?)),
            UNSIGNED_1 => Value::Unsigned(u8::from_le_bytes(self.take()?).into()),
            UNSIGNED_2 => Value::Unsigned(self.u16()?.into()),
            UNSIGNED_4 => Value::Unsigned(self.u32()?.into()),
            UNSIGNED_8 => Value::Unsigned(u64::from_le_bytes(self.take()?)),
            FALSE => Value::Bool(false),
            TRUE => Value::Bool(true),
            FLOAT_4 => Value::Float(f32::from_le_bytes(self.take()?).into()),
            FLOAT_8 => Value::Float(f64::from_le_bytes(self.take()?)),
            kind @ (UTF8_1 | UTF8_2 | UTF8_4 | UTF8_8) => {
                let bytes = self.string(kind)?;
                Value::Utf8(core::str::from_utf8(bytes).map_err(|_| Error::NotUtf8 { offset: self.element })?)
            }
            kind @ (BYTES_1 | BYTES_2 | BYTES_4 | BYTES_8) => Value::Bytes(self.string(kind)?),
            NULL => Value::Null,
            STRUCTURE => Value::Structure,
            ARRAY => Value::Array,
            LIST => Value::List,
            END => Value::End,
            _ => {
                return Err(Error::ReservedType {
                    offset: self.element,
                    control,
                });
            }
        })
    }

    /// Reads a length field of the width in `kind`, then that number of bytes.
    fn string(&mut self, kind: u8) -> Result<&'a [u8], Error> {
        let len = match kind {
            UTF8_1 | BYTES_1 => u64::from(u8::from_le_bytes(self.take()?)),
            UTF8_2 | BYTES_2 => self.u16()?.into(),
            UTF8_4 | BYTES_4 => self.u32()?.into(),
            _ => u64::from_le_bytes(self.take()?),
        };
        let (bytes, rest) = usize::try_from(len)
            .ok()
            .and_then(|len| self.rest.split_at_checked(len))
            .ok_or(Error::Truncated { offset: self.element })?;
        self.rest = rest;
        Ok(bytes)
    }

    fn u16(&mut self) -> Result<u16, Error> {
        self.take().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Result<u32, Error> {
        self.take().map(u32::from_le_bytes)
    }

    fn take<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let (bytes, rest) = self
            .rest
            .split_first_chunk()
            .ok_or(Error::Truncated { offset: self.element })?;
        self.rest = rest;
        Ok(*bytes)
    }
}
