use std::io;
use std::time::{Duration, Instant};

use zeroize::{Zeroize, Zeroizing};

use super::Loader;
use crate::command::{Answer, Status, encode_request};
use crate::port::Port;
use crate::slip::slip_encode;
use crate::{Command, Error};

/// For commands that the ROM answers at once.
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

    /// Takes an answer apart; see [`Answer::payload`].
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
        // It may have words of a key.
        let request = Zeroizing::new(encode_request(command, checksum, data));
        let frame = Zeroizing::new(slip_encode(&request));
        let written = self.port.write_all(&frame);
        written.map_err(|error| match error.kind() {
            io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => Error::NoAnswer { command },
            _ => self.gone(&error),
        })
    }

    /// Waits for the answer to a command; other frames and all else are passed over.
    pub(super) fn receive(&mut self, command: Command, timeout: Duration) -> Result<Answer, Error> {
        let deadline = Instant::now().checked_add(timeout);
        let mut arrived = 0_usize;
        loop {
            let mut input = core::mem::take(&mut self.input).into_iter();
            while let Some(byte) = input.next() {
                let answer = self.decoder.push(byte).and_then(|frame| Answer::decode(&frame));
                if let Some(answer) = answer.filter(|answer| answer.command == command.code()) {
                    self.input = input.collect();
                    return Ok(answer);
                }
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

    /// Reads what is there, or waits.
    fn read_some(&mut self, timeout: Duration) -> Result<usize, Error> {
        let mut buffer = [0; 4096];
        let result = self
            .port
            .set_read_timeout(timeout.max(Duration::from_millis(1)))
            .and_then(|()| self.port.read(&mut buffer));
        match result {
            Ok(0) => Err(self.gone(&io::ErrorKind::UnexpectedEof.into())),
            Ok(len) => {
                self.input.extend_from_slice(buffer.get(..len).unwrap_or(&buffer));
                Ok(len)
            }
            Err(error) => match error.kind() {
                io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted => Ok(0),
                _ => Err(self.gone(&error)),
            },
        }
    }
}
