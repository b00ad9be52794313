use std::io::{self, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::time::Duration;

use super::Port;
use crate::Error;

/// A TCP connection to a serial server or a virtual chip.
pub(super) struct Socket {
    stream: TcpStream,
    place: String,
}

impl Socket {
    pub(super) fn open(place: &str) -> Result<Self, Error> {
        let failed = |error: &io::Error| Error::PortOpen {
            name: place.into(),
            kind: error.kind(),
        };
        let mut reason = io::ErrorKind::NotFound;
        for address in place
            .to_socket_addrs()
            .map_err(|error| failed(&error))?
            .take(MAX_ADDRESSES)
        {
            match TcpStream::connect_timeout(&address, TIMEOUT) {
                Ok(stream) => {
                    let set = || {
                        // Requests are short, and each waits for its answer.
                        stream.set_nodelay(true)?;
                        stream.set_write_timeout(Some(TIMEOUT))
                    };
                    set().map_err(|error| failed(&error))?;
                    return Ok(Self {
                        stream,
                        place: place.into(),
                    });
                }
                Err(error) => reason = error.kind(),
            }
        }
        Err(failed(&reason.into()))
    }
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.stream.read(buffer)
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.stream.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Port for Socket {
    fn set_read_timeout(&mut self, timeout: Duration) -> io::Result<()> {
        self.stream
            .set_read_timeout(Some(timeout.max(Duration::from_millis(1))))
    }

    fn set_baud_rate(&mut self, _baud: u32) -> io::Result<()> {
        Ok(())
    }

    fn set_signals(&mut self, _dtr: bool, _rts: bool) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn discard_input(&mut self) -> io::Result<()> {
        self.stream.set_nonblocking(true)?;
        let mut buffer = [0; 4096];
        let mut result = Ok(());
        for _ in 0..MAX_DISCARDED {
            match self.stream.read(&mut buffer) {
                Ok(0) => break,
                Ok(_) => {}
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => break,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    result = Err(error);
                    break;
                }
            }
        }
        self.stream.set_nonblocking(false)?;
        result
    }

    fn name(&self) -> String {
        format!("socket://{}", self.place)
    }
}

const TIMEOUT: Duration = Duration::from_secs(3);
/// Maximum number of addresses of a host to try.
const MAX_ADDRESSES: usize = 8;
/// Maximum number of buffers discarded at once: a peer may never stop sending.
const MAX_DISCARDED: usize = 64;
