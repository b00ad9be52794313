use std::io::{self, Read, Write};
use std::time::Duration;

use serial2::{SerialPort, Settings};

use super::Port;
use crate::Error;

/// A serial port that this process has alone.
pub(super) struct Serial {
    port: SerialPort,
    name: String,
}

impl Serial {
    pub(super) fn open(name: &str, baud: u32) -> Result<Self, Error> {
        let failed = |error: io::Error| match error.kind() {
            // Windows refuses a second open, other systems one of a port with TIOCEXCL.
            io::ErrorKind::ResourceBusy => busy(name),
            io::ErrorKind::PermissionDenied if cfg!(windows) => busy(name),
            kind => Error::PortOpen {
                name: name.into(),
                kind,
            },
        };
        let settings = |mut settings: Settings| {
            settings.set_raw();
            settings.set_baud_rate(baud)?;
            Ok(settings)
        };
        let mut port = SerialPort::open(name, settings).map_err(failed)?;
        lock(&port, name)?;
        port.set_write_timeout(WRITE_TIMEOUT).map_err(failed)?;
        Ok(Self {
            port,
            name: name.into(),
        })
    }
}

impl Drop for Serial {
    fn drop(&mut self) {
        // On a pty the mark would stay after the last close.
        #[cfg(unix)]
        let _ = rustix::termios::ioctl_tiocnxcl(&self.port);
    }
}

impl Read for Serial {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.port.read(buffer)
    }
}

impl Write for Serial {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.port.write(bytes)
    }

    /// Does nothing: waiting until the line is empty has no timeout.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Port for Serial {
    fn set_read_timeout(&mut self, timeout: Duration) -> io::Result<()> {
        self.port.set_read_timeout(timeout.max(Duration::from_millis(1)))
    }

    fn set_baud_rate(&mut self, baud: u32) -> io::Result<()> {
        let mut settings = self.port.get_configuration()?;
        settings.set_baud_rate(baud)?;
        self.port.set_configuration(&settings)
    }

    fn set_signals(&mut self, dtr: bool, rts: bool) -> io::Result<()> {
        self.port.set_dtr(dtr)?;
        self.port.set_rts(rts)?;
        // Drivers of Windows pass on a new DTR with the next RTS only.
        if cfg!(windows) {
            self.port.set_dtr(dtr)?;
        }
        Ok(())
    }

    fn discard_input(&mut self) -> io::Result<()> {
        self.port.discard_input_buffer()
    }

    fn name(&self) -> String {
        self.name.clone()
    }
}

#[cfg(unix)]
fn lock(port: &SerialPort, name: &str) -> Result<(), Error> {
    use rustix::fs::{FlockOperation, flock};
    use rustix::io::Errno;

    match flock(port, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(Errno::WOULDBLOCK) => return Err(busy(name)),
        Err(error) => {
            return Err(Error::PortOpen {
                name: name.into(),
                kind: io::Error::from(error).kind(),
            });
        }
    }
    // Other programs that do not look at the lock; root passes it, and some drivers have none.
    let _ = rustix::termios::ioctl_tiocexcl(port);
    Ok(())
}

#[cfg(not(unix))]
fn lock(_port: &SerialPort, _name: &str) -> Result<(), Error> {
    // Windows opens a port for one process only.
    Ok(())
}

fn busy(name: &str) -> Error {
    Error::PortBusy { name: name.into() }
}

/// A frame of 1 KiB takes 90 ms at 115200 baud.
const WRITE_TIMEOUT: Duration = Duration::from_secs(3);
