use std::io;
use std::time::{Duration, Instant};

use zeroize::{Zeroize, Zeroizing};

use super::Loader;
use crate::command::{Answer, Status, encode_request};
use crate::port::Port;
use crate::slip::slip_encode;
use crate::{Command, Error};

/// The timeout of commands that the ROM answers immediately.
pub(super) const TIMEOUT: Duration = Duration::from_secs(3);

impl<P: Port> Loader<P> {
    /// Sends a request and waits for its answer.
    pub(super) fn exchange(
        &mut self,
        command: Command,
        checksum: u8,
        data: &[u8],
        timeout: Duration,
    ) -> Result<Answer, Error> {
        self.send(command, checksum, data)?;
        self.receive(command, timeout)
    }

    /// Extracts the data of an answer; see [`Answer::payload`].
    pub(super) fn checked<'a>(
        &mut self,
        command: Command,
        answer: &'a Answer,
        lengths: &[usize],
    ) -> Result<&'a [u8], Error> {
        answer.payload(lengths).map_err(|status| match status {
            Status::Failed(code) => Error::CommandFailed { command, code },
            Status::Malformed => {
                self.dirty = true;
                Error::Garbage {
                    command,
                    bytes: answer.data.len(),
                }
            }
        })
    }

    pub(super) fn send(&mut self, command: Command, checksum: u8, data: &[u8]) -> Result<(), Error> {
        self.decoder.reset();
        self.input.zeroize();
        if core::mem::take(&mut self.dirty) {
            let discarded = self.port.discard_input();
            discarded.map_err(|error| self.gone(&error))?;
        }
        // It may contain part of a key.
        let request = Zeroizing::new(encode_request(command, checksum, data));
        let frame = Zeroizing::new(slip_encode(&request));
        let written = self.write_within(&frame, TIMEOUT);
        written.map_err(|error| match error.kind() {
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Error::NoAnswer { command },
            _ => self.gone(&error),
        })
    }

    /// Writes all bytes within a time limit, plus the timeout of one write.
    fn write_within(&mut self, mut bytes: &[u8], timeout: Duration) -> io::Result<()> {
        let deadline = Instant::now().checked_add(timeout);
        loop {
            match self.port.write(bytes) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(len) => bytes = bytes.get(len..).unwrap_or_default(),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
            if bytes.is_empty() {
                return Ok(());
            }
            if deadline.is_none_or(|deadline| Instant::now() >= deadline) {
                return Err(io::ErrorKind::TimedOut.into());
            }
        }
    }

    /// Waits for the answer to a command; skips other frames and noise.
    pub(super) fn receive(&mut self, command: Command, timeout: Duration) -> Result<Answer, Error> {
        let deadline = Instant::now().checked_add(timeout);
        let mut arrived = 0_usize;
        loop {
            if let Some(answer) = self.find_answer(command) {
                return Ok(answer);
            }
            let left = deadline.map_or(Duration::ZERO, |deadline| {
                deadline.saturating_duration_since(Instant::now())
            });
            if left.is_zero() {
                self.dirty = true;
                return Err(match arrived {
                    0 => Error::NoAnswer { command },
                    bytes => Error::Garbage { command, bytes },
                });
            }
            arrived = arrived.saturating_add(self.read_some(left)?);
        }
    }

    /// Finds an answer in the received bytes; later bytes are kept. All are zeroized: they may contain part of a key.
    fn find_answer(&mut self, command: Command) -> Option<Answer> {
        let input = core::mem::take(&mut self.input);
        for (next, byte) in (1_usize..).zip(input.iter()) {
            let frame = self.decoder.push(*byte).map(Zeroizing::new);
            let answer = frame.and_then(|frame| Answer::decode(&frame));
            if let Some(answer) = answer.filter(|answer| answer.command == command.code()) {
                self.input = Zeroizing::new(input.get(next..).unwrap_or_default().to_vec());
                return Some(answer);
            }
        }
        None
    }

    /// Reads the available bytes, or waits for some.
    fn read_some(&mut self, timeout: Duration) -> Result<usize, Error> {
        let mut buffer = Zeroizing::new([0; 4096]);
        let result = self
            .port
            .set_read_timeout(timeout.max(Duration::from_millis(1)))
            .and_then(|()| self.port.read(buffer.as_mut_slice()));
        match result {
            Ok(0) => Err(self.gone(&io::ErrorKind::UnexpectedEof.into())),
            Ok(len) => {
                self.input
                    .extend_from_slice(buffer.get(..len).unwrap_or(buffer.as_slice()));
                Ok(len)
            }
            Err(error) => match error.kind() {
                io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => Ok(0),
                _ => Err(self.gone(&error)),
            },
        }
    }
}
