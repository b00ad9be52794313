use std::io::{self, Read, Write};
use std::time::Duration;

use serial2::{SerialPort, Settings};

use super::Port;
use crate::Error;

/// A serial port in exclusive use by this process.
pub(super) struct Serial {
    port: SerialPort,
    name: String,
}

impl Serial {
    pub(super) fn open(name: &str, baud: u32) -> Result<Self, Error> {
        let failed = |error: io::Error| match error.kind() {
            // Windows refuses a second open; other systems refuse to open a port with TIOCEXCL.
            io::ErrorKind::ResourceBusy => busy(name),
            io::ErrorKind::PermissionDenied if cfg!(windows) => busy(name),
            kind => Error::PortOpen {
                name: name.into(),
                kind,
            },
        };
        // The settings belong to the owner of the port: change none before it is locked.
        let port = open(name).map_err(failed)?;
        lock(&port, name)?;
        let mut serial = Self {
            port,
            name: name.into(),
        };
        configure(&mut serial.port, baud).map_err(failed)?;
        Ok(serial)
    }
}

impl Drop for Serial {
    fn drop(&mut self) {
        // On a pty the exclusive mode would survive the last close.
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

    /// Does nothing: draining the line has no timeout.
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
        apply(&mut self.port, &settings)
    }

    fn set_signals(&mut self, dtr: bool, rts: bool) -> io::Result<()> {
        self.port.set_dtr(dtr)?;
        self.port.set_rts(rts)?;
        // Windows drivers apply a new DTR only with the next RTS.
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

/// Opens a port without changing its settings.
#[cfg(unix)]
fn open(name: &str) -> io::Result<SerialPort> {
    use rustix::fs::{Mode, OFlags};

    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
    Ok(rustix::fs::open(name, flags, Mode::empty())?.into())
}

#[cfg(not(unix))]
fn open(name: &str) -> io::Result<SerialPort> {
    SerialPort::open(name, serial2::KeepSettings)
}

fn configure(port: &mut SerialPort, baud: u32) -> io::Result<()> {
    let mut settings = port.get_configuration()?;
    settings.set_raw();
    settings.set_baud_rate(baud)?;
    apply(port, &settings)?;
    port.set_write_timeout(WRITE_TIMEOUT)
}

/// Applies settings. The system would otherwise wait indefinitely until the other side has read earlier output.
fn apply(port: &mut SerialPort, settings: &Settings) -> io::Result<()> {
    port.discard_output_buffer()?;
    port.set_configuration(settings)
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
    // Keeps out programs that ignore the lock; root bypasses it, and some drivers do not support it.
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

#[cfg(all(test, target_os = "linux"))]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::os::fd::AsRawFd;
    use std::time::Instant;

    use super::*;

    fn pseudo_terminal() -> (SerialPort, SerialPort, String) {
        let (ours, theirs) = SerialPort::pair().unwrap();
        let link = format!("/proc/self/fd/{}", theirs.as_raw_fd());
        let name = std::fs::read_link(link).unwrap();
        (ours, theirs, name.to_str().unwrap().into())
    }

    fn baud(serial: &Serial) -> u32 {
        serial.port.get_configuration().unwrap().get_baud_rate().unwrap()
    }

    #[test]
    fn refused_opener_leaves_the_baud_rate_of_a_port_in_use() {
        let (_ours, _theirs, name) = pseudo_terminal();
        let mut first = Serial::open(&name, 115_200).unwrap();
        first.set_baud_rate(921_600).unwrap();
        assert_eq!(Serial::open(&name, 9600).map(drop), Err(busy(&name)));
        assert_eq!(baud(&first), 921_600);
        drop(first);
        assert_eq!(baud(&Serial::open(&name, 9600).unwrap()), 9600);
    }

    #[test]
    fn change_of_the_baud_rate_does_not_wait_for_a_chip_that_hangs() {
        let (_ours, _theirs, name) = pseudo_terminal();
        let mut serial = Serial::open(&name, 115_200).unwrap();
        serial.port.set_write_timeout(Duration::from_millis(20)).unwrap();
        // Nothing reads the other end.
        while serial.write(&[0x55; 1024]).is_ok() {}
        let start = Instant::now();
        serial.set_baud_rate(921_600).unwrap();
        assert!(start.elapsed() < Duration::from_secs(1), "{:?}", start.elapsed());
        assert!(serial.write(&[0x55]).is_ok());
    }
}
