//! Ports: what a chip is connected to.

mod address;
mod discovery;
mod serial;
mod socket;

use std::io::{self, Read, Write};
use std::time::Duration;

pub use address::PortAddress;
pub use discovery::ports;

/// A channel to a chip's ROM.
///
/// A read that waits longer than the read timeout fails with [`io::ErrorKind::TimedOut`] or
/// [`io::ErrorKind::WouldBlock`]; a read of 0 bytes means that the other side is gone.
pub trait Port: Read + Write {
    /// Sets how long a read waits for the first byte. The timeout is at least 1 ms.
    ///
    /// # Errors
    ///
    /// What the system reports.
    fn set_read_timeout(&mut self, timeout: Duration) -> io::Result<()>;

    /// Sets the baud rate; does nothing where there is none.
    ///
    /// # Errors
    ///
    /// What the system reports.
    fn set_baud_rate(&mut self, baud: u32) -> io::Result<()>;

    /// Sets the signals DTR and RTS, which reset the chip.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::Unsupported`] or ENOTTY where there are none, as on a pty or a socket; the loader goes on then.
    fn set_signals(&mut self, dtr: bool, rts: bool) -> io::Result<()>;

    /// Throws away what was received and not yet read.
    ///
    /// # Errors
    ///
    /// What the system reports.
    fn discard_input(&mut self) -> io::Result<()>;

    /// Returns the name of the port for messages.
    fn name(&self) -> String {
        String::from("port")
    }
}

impl<P: Port + ?Sized> Port for Box<P> {
    fn set_read_timeout(&mut self, timeout: Duration) -> io::Result<()> {
        (**self).set_read_timeout(timeout)
    }

    fn set_baud_rate(&mut self, baud: u32) -> io::Result<()> {
        (**self).set_baud_rate(baud)
    }

    fn set_signals(&mut self, dtr: bool, rts: bool) -> io::Result<()> {
        (**self).set_signals(dtr, rts)
    }

    fn discard_input(&mut self) -> io::Result<()> {
        (**self).discard_input()
    }

    fn name(&self) -> String {
        (**self).name()
    }
}

impl<P: Port + ?Sized> Port for &mut P {
    fn set_read_timeout(&mut self, timeout: Duration) -> io::Result<()> {
        (**self).set_read_timeout(timeout)
    }

    fn set_baud_rate(&mut self, baud: u32) -> io::Result<()> {
        (**self).set_baud_rate(baud)
    }

    fn set_signals(&mut self, dtr: bool, rts: bool) -> io::Result<()> {
        (**self).set_signals(dtr, rts)
    }

    fn discard_input(&mut self) -> io::Result<()> {
        (**self).discard_input()
    }

    fn name(&self) -> String {
        (**self).name()
    }
}
