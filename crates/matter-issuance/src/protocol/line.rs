use std::io::{ErrorKind, Read, Write};
use std::time::Instant;

use super::ProtocolError;

/// The maximum length of a line in bytes, including its line feed.
pub const MAX_LINE: usize = 16 * 1024;

/// Reads lines of bounded length in bounded time.
///
/// When no data arrives, the source must return at least every half second with [`ErrorKind::WouldBlock`] or
/// [`ErrorKind::TimedOut`], because the deadline is checked between reads; a TCP stream with a read timeout does.
#[derive(Debug, Default)]
pub struct LineReader {
    buffer: Vec<u8>,
}

impl LineReader {
    /// Creates a reader with an empty buffer.
    #[must_use]
    pub const fn new() -> Self {
        Self { buffer: Vec::new() }
    }

    /// Returns the next line without its line feed.
    ///
    /// # Errors
    ///
    /// [`ProtocolError::Closed`] at the end of the input, also within a line; [`ProtocolError::LineTooLong`];
    /// [`ProtocolError::TimedOut`] when the line is incomplete at the deadline; and [`ProtocolError::Io`].
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

    /// Splits off a line with its line feed at `end`.
    fn take(&mut self, end: usize) -> Result<Vec<u8>, ProtocolError> {
        if end >= MAX_LINE {
            return Err(ProtocolError::LineTooLong);
        }
        let mut rest = self.buffer.split_off(end);
        rest.drain(..1);
        Ok(core::mem::replace(&mut self.buffer, rest))
    }
}

/// Writes a complete line.
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

/// Whether an error only means that no data is available yet.
pub(crate) fn is_pause(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::Interrupted | ErrorKind::TimedOut | ErrorKind::WouldBlock
    )
}
