//! Arbitrary bytes as protocol lines, in pieces of any size: reading never panics and respects its bounds, and an
//! accepted message round-trips.

use std::io::{Error, ErrorKind, Read};
use std::time::{Duration, Instant};

use matter_issuance::protocol::{DeviceMessage, LineReader, MAX_LINE, Message, ProtocolError, StationMessage};

/// Returns pieces of 1 to 255 bytes, with a pause after each.
struct Pieces<'a> {
    rest: &'a [u8],
    size: usize,
    is_paused: bool,
}

impl Read for Pieces<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, Error> {
        self.is_paused = !self.is_paused;
        if self.is_paused {
            return Err(ErrorKind::WouldBlock.into());
        }
        let count = self.size.min(self.rest.len()).min(buffer.len());
        let (now, rest) = self.rest.split_at(count);
        buffer[..count].copy_from_slice(now);
        self.rest = rest;
        Ok(count)
    }
}

fn comes_back<M: Message>(line: &[u8]) {
    let Ok(message) = M::from_line(line) else {
        return;
    };
    let written = message.to_line();
    // An escape in a text may be shorter than its canonical form.
    if let Ok(written) = written {
        let again = M::from_line(written.as_bytes()).unwrap();
        assert_eq!(again.to_line().unwrap(), written);
    }
}

pub(crate) fn property(input: &[u8]) {
    let Some((&size, rest)) = input.split_first() else {
        return;
    };
    let mut source = Pieces {
        rest,
        size: usize::from(size).max(1),
        is_paused: false,
    };
    let mut reader = LineReader::new();
    let deadline = Instant::now() + Duration::from_secs(60);
    let mut lines = rest.split(|byte| *byte == b'\n');
    loop {
        let expected = lines.next().unwrap();
        match reader.read_line(&mut source, deadline) {
            Ok(line) => {
                assert!(line == expected && line.len() < MAX_LINE);
                comes_back::<DeviceMessage>(&line);
                comes_back::<StationMessage>(&line);
            }
            Err(ProtocolError::Closed) => {
                assert!(lines.next().is_none() && expected.len() <= MAX_LINE);
                return;
            }
            Err(error) => {
                assert_eq!(error, ProtocolError::LineTooLong);
                assert!(expected.len() >= MAX_LINE);
                return;
            }
        }
    }
}
