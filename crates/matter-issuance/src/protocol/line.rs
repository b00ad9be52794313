use std::io::{ErrorKind, Read, Write};
use std::time::Instant;

use super::ProtocolError;

/// The most bytes of a line, with its line feed.
pub const MAX_LINE: usize = 16 * 1024;

/// Splits what comes into lines of bounded length in bounded time.
///
/// The source must return at least every half second when nothing comes, with [`ErrorKind::WouldBlock`] or
/// [`ErrorKind::TimedOut`], since the deadline is looked at between two reads: a TCP stream with a read timeout does.
#[derive(Debug, Default)]
pub struct LineReader {
    buffer: Vec<u8>,
}

impl LineReader {
    /// Starts with nothing read.
    #[must_use]
    pub const fn new() -> Self {
        Self { buffer: Vec::new() }
    }

    /// Returns the next line without its line feed.
    ///
    /// # Errors
    ///
    /// [`ProtocolError::Closed`] at the end, in the middle of a line too, [`ProtocolError::LineTooLong`],
    /// [`ProtocolError::TimedOut`] when the line is not complete at the deadline, and [`ProtocolError::Io`].
    pub fn read_line(&mut self, source: &mut impl Read, deadline: Instant) -> Result<Vec<u8>, ProtocolError> {
        let mut scanned = 0;
        loop {
            let unseen = self.buffer.get(scanned..).unwrap_or_default();
            if let Some(end) = unseen.iter().position(|byte| *byte == b'\n') {
                let end = scanned.saturating_add(end);
                return self.take(end);
            }
            scanned = self.buffer.len();
            if scanned >= MAX_LINE {
                return Err(ProtocolError::LineTooLong);
            }
            let mut chunk = [0; 2048];
            match source.read(&mut chunk) {
                Ok(0) => return Err(ProtocolError::Closed),
                Ok(count) => self.buffer.extend_from_slice(chunk.get(..count).unwrap_or_default()),
                Err(error) if is_pause(error.kind()) => {}
                Err(error) => return Err(error.into()),
            }
            if Instant::now() >= deadline {
                return Err(ProtocolError::TimedOut);
            }
        }
    }

    /// Cuts a line off whose line feed is at `end`.
    fn take(&mut self, end: usize) -> Result<Vec<u8>, ProtocolError> {
        if end >= MAX_LINE {
            return Err(ProtocolError::LineTooLong);
        }
        let mut rest = self.buffer.split_off(end);
        rest.drain(..1);
        Ok(core::mem::replace(&mut self.buffer, rest))
    }
}

/// Writes a whole line, as [`LineReader`] reads one.
///
/// # Errors
///
/// [`ProtocolError::Closed`], [`ProtocolError::TimedOut`] at the deadline, and [`ProtocolError::Io`].
pub fn write_line(target: &mut impl Write, line: &str, deadline: Instant) -> Result<(), ProtocolError> {
    let mut rest = line.as_bytes();
    while !rest.is_empty() {
        match target.write(rest) {
            Ok(0) => return Err(ProtocolError::Closed),
            Ok(count) => rest = rest.get(count..).unwrap_or_default(),
            Err(error) if is_pause(error.kind()) => {}
            Err(error) => return Err(error.into()),
        }
        if Instant::now() >= deadline && !rest.is_empty() {
            return Err(ProtocolError::TimedOut);
        }
    }
    target.flush().map_err(ProtocolError::from)
}

/// Tells whether nothing was to be had for now.
pub(crate) fn is_pause(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::Interrupted | ErrorKind::TimedOut | ErrorKind::WouldBlock
    )
}
