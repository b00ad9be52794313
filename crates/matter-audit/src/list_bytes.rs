//! Lists of any length, read in pieces: at most one element is in memory.

use std::cell::Cell;
use std::fs::{self, FileType};
use std::io::{self, Read};
use std::path::Path;

use factory_fs::{Dialect, Input, utf16, without_bom};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::{AuditInput, Error};

/// Longest element of a list, and longest line.
pub(crate) const MAX_ELEMENT: usize = 1 << 20;
/// Most devices of a list.
pub(crate) const MAX_ROWS: usize = 1 << 22;
const BUFFER: usize = 64 << 10;

/// Opens a list, which is a file or a pipe; an endless device is refused.
pub(crate) fn open(input: AuditInput, path: &Path) -> Result<Input, Error> {
    let wrong = |error: io::Error| Error::file(input, path, error);
    if !is_stream(fs::metadata(path).map_err(wrong)?.file_type()) {
        return Err(wrong(io::Error::other("is not a file or a pipe")));
    }
    Input::open(path).map_err(wrong)
}

#[cfg(unix)]
fn is_stream(kind: FileType) -> bool {
    use std::os::unix::fs::FileTypeExt;
    kind.is_file() || kind.is_fifo()
}

#[cfg(not(unix))]
fn is_stream(kind: FileType) -> bool {
    kind.is_file()
}

/// The bytes of a list, with their place and the hash of all bytes read.
pub(crate) struct ListBytes<R> {
    reader: R,
    buffer: Zeroizing<Vec<u8>>,
    at: usize,
    len: usize,
    hash: Sha256,
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl<R: Read> ListBytes<R> {
    pub(crate) fn new(reader: R) -> Self {
        Self {
            reader,
            buffer: Zeroizing::new(vec![0; BUFFER]),
            at: 0,
            len: 0,
            hash: Sha256::new(),
            line: 1,
            column: 1,
        }
    }

    /// Returns the next byte without consuming it.
    pub(crate) fn peek(&mut self) -> io::Result<Option<u8>> {
        if self.at == self.len {
            self.fill()?;
        }
        Ok(self.buffer.get(self.at).filter(|_| self.at < self.len).copied())
    }

    /// Reads the next piece; the first one has enough bytes to detect UTF-16.
    fn fill(&mut self) -> io::Result<()> {
        let is_first = self.len == 0;
        let least = if is_first { 2 } else { 1 };
        (self.at, self.len) = (0, 0);
        while self.len < least {
            match self.reader.read(self.buffer.get_mut(self.len..).unwrap_or_default()) {
                Ok(0) => break,
                Ok(read) => self.len += read,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        let piece = self.buffer.get(..self.len).unwrap_or_default();
        self.hash.update(piece);
        let start = piece.get(..least).unwrap_or_default();
        match utf16(start).filter(|_| is_first) {
            Some(error) => Err(io::Error::new(io::ErrorKind::InvalidData, error)),
            None => Ok(()),
        }
    }

    /// Consumes the byte that was peeked at.
    pub(crate) fn skip(&mut self) {
        let is_end = self.buffer.get(self.at) == Some(&b'\n');
        self.at += 1;
        (self.line, self.column) = if is_end {
            (self.line + 1, 1)
        } else {
            (self.line, self.column + 1)
        };
    }

    /// Skips JSON white space and returns the byte after it without consuming it.
    pub(crate) fn skip_blank(&mut self) -> io::Result<Option<u8>> {
        loop {
            match self.peek()? {
                Some(b' ' | b'\t' | b'\r' | b'\n') => self.skip(),
                other => return Ok(other),
            }
        }
    }

    /// Reads a line without its end; `None` at the end of the list.
    pub(crate) fn read_line(&mut self, line: &mut Zeroizing<Vec<u8>>) -> io::Result<Option<()>> {
        line.clear();
        if self.peek()?.is_none() {
            return Ok(None);
        }
        while let Some(byte) = self.peek()? {
            self.skip();
            if byte == b'\n' {
                break;
            }
            push(line, byte)?;
        }
        Ok(Some(()))
    }

    /// Returns the hash of the whole list after it was read.
    pub(crate) fn finish(self) -> [u8; 32] {
        self.hash.finalize().into()
    }
}

/// Appends a byte to an element of limited length.
pub(crate) fn push(element: &mut Zeroizing<Vec<u8>>, byte: u8) -> io::Result<()> {
    if element.len() == MAX_ELEMENT {
        return Err(too_long());
    }
    if element.len() == element.capacity() {
        // Reallocated by hand, so that no copy of a secret is left.
        let mut larger = Zeroizing::new(Vec::with_capacity((2 * element.len()).max(4096)));
        larger.extend_from_slice(element);
        *element = larger;
    }
    element.push(byte);
    Ok(())
}

/// Returns the error for an element that is too long.
pub(crate) fn too_long() -> io::Error {
    io::Error::new(
        io::ErrorKind::InvalidData,
        format!("an element is longer than {MAX_ELEMENT} bytes"),
    )
}

/// Returns the delimiter of a CSV table and its text without a byte order mark. The caller resets `since` to 0 after
/// each row.
pub(crate) fn csv_text<'c, R: Read + 'c>(
    mut bytes: ListBytes<R>,
    since: &'c Cell<usize>,
) -> io::Result<(u8, impl Read + 'c)> {
    let mut line = Zeroizing::new(Vec::new());
    let mut head = Zeroizing::new(Vec::new());
    // The header is the first line that is not empty.
    while bytes.read_line(&mut line)?.is_some() {
        let text = if head.is_empty() { without_bom(&line) } else { &line };
        text.iter().try_for_each(|byte| push(&mut head, *byte))?;
        push(&mut head, b'\n')?;
        if !line.trim_ascii().is_empty() {
            break;
        }
    }
    let Dialect { delimiter, start } = Dialect::of(&head);
    let mut head = io::Cursor::new(head);
    // The part before the rows becomes empty lines, which preserves line numbers.
    head.set_position(u64::try_from(start.saturating_sub(1)).unwrap_or_default());
    Ok((delimiter, head.chain(RowReader { bytes, since })))
}

/// A reader that limits the length of a row.
struct RowReader<'c, R> {
    bytes: ListBytes<R>,
    /// Number of bytes read since the last row.
    since: &'c Cell<usize>,
}

impl<R: Read> Read for RowReader<'_, R> {
    fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
        // A row reader reads ahead.
        if self.since.get() > MAX_ELEMENT + BUFFER {
            return Err(too_long());
        }
        self.bytes.peek()?;
        let ListBytes { buffer, at, len, .. } = &mut self.bytes;
        let ready = buffer.get(*at..*len).unwrap_or_default();
        let count = ready.len().min(to.len());
        to.iter_mut().zip(ready).for_each(|(to, from)| *to = *from);
        *at += count;
        self.since.set(self.since.get() + count);
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]

    use super::*;

    #[test]
    fn lines_are_read_with_their_numbers() {
        let mut bytes = ListBytes::new(&b"a\n\nlast"[..]);
        let mut line = Zeroizing::default();
        let mut lines = Vec::new();
        while bytes.read_line(&mut line).unwrap().is_some() {
            lines.push((bytes.line, String::from_utf8(line.to_vec()).unwrap()));
        }
        assert_eq!(lines, [(2, "a".into()), (3, String::new()), (3, "last".into())]);
        // FIPS 180-2, appendix B.1.
        let mut bytes = ListBytes::new(&b"abc"[..]);
        bytes.read_line(&mut line).unwrap();
        assert_eq!(bytes.finish()[..4], [0xBA, 0x78, 0x16, 0xBF]);
    }

    fn table(text: &[u8]) -> io::Result<(u8, String)> {
        let since = Cell::new(0);
        let (delimiter, mut rest) = csv_text(ListBytes::new(text), &since)?;
        let mut text = String::new();
        rest.read_to_string(&mut text)?;
        Ok((delimiter, text))
    }

    #[test]
    fn delimiter_follows_from_the_header() {
        for (text, delimiter, rest) in [
            ("a,b\n1;2;3", b',', "a,b\n1;2;3"),
            ("\u{feff}a;b\r\n", b';', "a;b\r\n"),
            ("\n \na;b\n1", b';', "\n \na;b\n1"),
            // Lines keep their numbers.
            ("sep=,\na;b,c\n", b',', "\na;b,c\n"),
            ("\u{feff}sep=;\r\na,b\r\n", b';', "\na,b\r\n"),
            ("", b',', ""),
        ] {
            assert_eq!(table(text.as_bytes()).unwrap(), (delimiter, rest.into()), "{text:?}");
        }
    }

    #[test]
    fn a_list_in_utf_16_is_named() {
        let text = "uuid,serial\n";
        let little = text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<_>>();
        let big = text.encode_utf16().flat_map(u16::to_be_bytes).collect::<Vec<_>>();
        for bytes in [&little, &big, &[&[0xFF, 0xFE], &little[..]].concat()] {
            // Split as by a pipe.
            let (first, rest) = bytes.split_at(1);
            let refused = ListBytes::new(first.chain(rest)).peek().unwrap_err();
            assert!(refused.to_string().contains("UTF-16"), "{refused}");
            assert!(table(bytes).unwrap_err().to_string().contains("UTF-16"));
        }
    }

    #[test]
    fn endless_input_is_refused_before_it_fills_memory() {
        let mut line = Zeroizing::default();
        let error = ListBytes::new(io::repeat(b'x')).read_line(&mut line).unwrap_err();
        assert!(error.to_string().contains("1048576 bytes") && line.capacity() <= 2 * MAX_ELEMENT);
        let since = Cell::new(0);
        let mut rows = RowReader {
            bytes: ListBytes::new(io::repeat(b'x')),
            since: &since,
        };
        let copied = io::copy(&mut rows, &mut io::sink());
        assert!(copied.is_err() && since.get() < 2 * MAX_ELEMENT);
    }
}
