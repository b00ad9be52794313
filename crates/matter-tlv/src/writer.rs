use crate::container::{Container, Stack};
use crate::layout::{
    ARRAY, BYTES_1, END, FALSE, LIST, NULL, SIGNED_1, SIGNED_2, SIGNED_4, SIGNED_8, STRUCTURE, TAG_ANONYMOUS,
    TAG_COMMON_2, TAG_COMMON_4, TAG_CONTEXT, TAG_FULL_6, TAG_FULL_8, TAG_IMPLICIT_2, TAG_IMPLICIT_4, TRUE, UNSIGNED_1,
    UNSIGNED_2, UNSIGNED_4, UNSIGNED_8, UTF8_1,
};
use crate::{Error, Tag};

/// Writes elements into a caller's buffer; each integer, length and tag takes its shortest form.
///
/// A failed call writes nothing: the elements before it stay intact.
///
/// # Examples
///
/// ```
/// use matter_tlv::{Tag, Writer};
///
/// let mut buffer = [0; 32];
/// let mut writer = Writer::new(&mut buffer);
/// writer.start_array(Tag::Anonymous)?;
/// writer.put_unsigned(Tag::Anonymous, 0x8000)?;
/// writer.end()?;
/// assert_eq!(writer.finish()?, [0x16, 0x05, 0x00, 0x80, 0x18]);
/// # Ok::<(), matter_tlv::Error>(())
/// ```
#[derive(Debug)]
pub struct Writer<'b> {
    buffer: &'b mut [u8],
    len: usize,
    stack: Stack,
}

impl<'b> Writer<'b> {
    /// Starts at the first byte of `buffer`.
    #[must_use]
    pub const fn new(buffer: &'b mut [u8]) -> Self {
        Self {
            buffer,
            len: 0,
            stack: Stack::new(),
        }
    }

    /// Starts a structure.
    ///
    /// # Errors
    ///
    /// [`Error::BufferTooSmall`], [`Error::NestingTooDeep`], or [`Error::TagNotAllowed`] if the
    /// enclosing container does not allow this tag.
    pub fn start_structure(&mut self, tag: Tag) -> Result<(), Error> {
        self.start(tag, STRUCTURE, Container::Structure)
    }

    /// Starts an array.
    ///
    /// # Errors
    ///
    /// As [`Writer::start_structure`].
    pub fn start_array(&mut self, tag: Tag) -> Result<(), Error> {
        self.start(tag, ARRAY, Container::Array)
    }

    /// Starts a list.
    ///
    /// # Errors
    ///
    /// As [`Writer::start_structure`].
    pub fn start_list(&mut self, tag: Tag) -> Result<(), Error> {
        self.start(tag, LIST, Container::List)
    }

    /// Ends the innermost open container.
    ///
    /// # Errors
    ///
    /// [`Error::BufferTooSmall`], or [`Error::UnexpectedEnd`] if no container is open.
    pub fn end(&mut self) -> Result<(), Error> {
        let mut stack = self.stack;
        stack.pop(self.len)?;
        self.push(&[&[END]])?;
        self.stack = stack;
        Ok(())
    }

    /// Writes an unsigned integer.
    ///
    /// # Errors
    ///
    /// [`Error::BufferTooSmall`], or [`Error::TagNotAllowed`] if the enclosing container does not
    /// allow this tag.
    pub fn put_unsigned(&mut self, tag: Tag, value: u64) -> Result<(), Error> {
        if let Ok(value) = u8::try_from(value) {
            self.put(tag, UNSIGNED_1, &[], &value.to_le_bytes())
        } else if let Ok(value) = u16::try_from(value) {
            self.put(tag, UNSIGNED_2, &[], &value.to_le_bytes())
        } else if let Ok(value) = u32::try_from(value) {
            self.put(tag, UNSIGNED_4, &[], &value.to_le_bytes())
        } else {
            self.put(tag, UNSIGNED_8, &[], &value.to_le_bytes())
        }
    }

    /// Writes a signed integer.
    ///
    /// # Errors
    ///
    /// As [`Writer::put_unsigned`].
    pub fn put_signed(&mut self, tag: Tag, value: i64) -> Result<(), Error> {
        if let Ok(value) = i8::try_from(value) {
            self.put(tag, SIGNED_1, &[], &value.to_le_bytes())
        } else if let Ok(value) = i16::try_from(value) {
            self.put(tag, SIGNED_2, &[], &value.to_le_bytes())
        } else if let Ok(value) = i32::try_from(value) {
            self.put(tag, SIGNED_4, &[], &value.to_le_bytes())
        } else {
            self.put(tag, SIGNED_8, &[], &value.to_le_bytes())
        }
    }

    /// Writes a boolean.
    ///
    /// # Errors
    ///
    /// As [`Writer::put_unsigned`].
    pub fn put_bool(&mut self, tag: Tag, value: bool) -> Result<(), Error> {
        self.put(tag, if value { TRUE } else { FALSE }, &[], &[])
    }

    /// Writes the null value.
    ///
    /// # Errors
    ///
    /// As [`Writer::put_unsigned`].
    pub fn put_null(&mut self, tag: Tag) -> Result<(), Error> {
        self.put(tag, NULL, &[], &[])
    }

    /// Writes a UTF-8 string.
    ///
    /// # Errors
    ///
    /// As [`Writer::put_unsigned`].
    pub fn put_utf8(&mut self, tag: Tag, value: &str) -> Result<(), Error> {
        self.put_string(tag, UTF8_1, value.as_bytes())
    }

    /// Writes a byte string.
    ///
    /// # Errors
    ///
    /// As [`Writer::put_unsigned`].
    pub fn put_bytes(&mut self, tag: Tag, value: &[u8]) -> Result<(), Error> {
        self.put_string(tag, BYTES_1, value)
    }

    /// Returns the encoded bytes.
    ///
    /// # Errors
    ///
    /// [`Error::UnclosedContainer`] if a container is still open.
    pub fn finish(self) -> Result<&'b [u8], Error> {
        let Self { buffer, len, stack } = self;
        if stack.depth() != 0 {
            return Err(Error::UnclosedContainer { offset: len });
        }
        let written: &'b [u8] = buffer;
        written.get(..len).ok_or(Error::BufferTooSmall { offset: len })
    }

    fn start(&mut self, tag: Tag, kind: u8, container: Container) -> Result<(), Error> {
        let mut stack = self.stack;
        stack.push(container, self.len)?;
        self.put(tag, kind, &[], &[])?;
        self.stack = stack;
        Ok(())
    }

    /// Writes a string. `kind` is the type with a length field of one byte; the types with wider
    /// lengths follow it.
    fn put_string(&mut self, tag: Tag, kind: u8, value: &[u8]) -> Result<(), Error> {
        if let Ok(len) = u8::try_from(value.len()) {
            self.put(tag, kind, &len.to_le_bytes(), value)
        } else if let Ok(len) = u16::try_from(value.len()) {
            self.put(tag, kind + 1, &len.to_le_bytes(), value)
        } else if let Ok(len) = u32::try_from(value.len()) {
            self.put(tag, kind + 2, &len.to_le_bytes(), value)
        } else {
            // Lossless: `usize` has at most 64 bits.
            let len = u64::try_from(value.len()).unwrap_or(u64::MAX);
            self.put(tag, kind + 3, &len.to_le_bytes(), value)
        }
    }

    fn put(&mut self, tag: Tag, kind: u8, length: &[u8], value: &[u8]) -> Result<(), Error> {
        self.stack.check_tag(tag, self.len)?;
        match tag {
            Tag::Anonymous => self.push(&[&[TAG_ANONYMOUS | kind], length, value]),
            Tag::Context(number) => self.push(&[&[TAG_CONTEXT | kind, number], length, value]),
            Tag::Common(number) => self.put_numbered((TAG_COMMON_2, TAG_COMMON_4), &[], number, kind, length, value),
            Tag::Implicit(number) => {
                self.put_numbered((TAG_IMPLICIT_2, TAG_IMPLICIT_4), &[], number, kind, length, value)
            }
            Tag::FullyQualified { vendor, profile, tag } => {
                let [v0, v1] = vendor.to_le_bytes();
                let [p0, p1] = profile.to_le_bytes();
                self.put_numbered((TAG_FULL_6, TAG_FULL_8), &[v0, v1, p0, p1], tag, kind, length, value)
            }
        }
    }

    /// Writes an element whose tag ends in a number of 16 or 32 bits; the two tag forms are given.
    fn put_numbered(
        &mut self,
        (narrow, wide): (u8, u8),
        profile: &[u8],
        number: u32,
        kind: u8,
        length: &[u8],
        value: &[u8],
    ) -> Result<(), Error> {
        match u16::try_from(number) {
            Ok(number) => self.push(&[&[narrow | kind], profile, &number.to_le_bytes(), length, value]),
            Err(_) => self.push(&[&[wide | kind], profile, &number.to_le_bytes(), length, value]),
        }
    }

    fn push(&mut self, parts: &[&[u8]]) -> Result<(), Error> {
        let too_small = Error::BufferTooSmall { offset: self.len };
        let mut rest = self.buffer.get_mut(self.len..).ok_or(too_small)?;
        let mut total = 0usize;
        for part in parts {
            total = total.checked_add(part.len()).ok_or(too_small)?;
        }
        if total > rest.len() {
            return Err(too_small);
        }
        for part in parts {
            let (target, tail) = rest.split_at_mut_checked(part.len()).ok_or(too_small)?;
            target.copy_from_slice(part);
            rest = tail;
        }
        self.len += total;
        Ok(())
    }
}
