//! Ports to which chips are connected.

mod address;
mod discovery;
mod serial;
mod socket;

use std::io::{self, Read, Write};
use std::time::Duration;

pub use address::PortAddress;
pub use discovery::ports;

/// A channel to the ROM of a chip.
///
/// A read that exceeds the read timeout fails with [`io::ErrorKind::TimedOut`] or
/// [`io::ErrorKind::WouldBlock`]; a read of 0 bytes means that the other side has closed.
pub trait Port: Read + Write {
    /// Sets the time that a read waits for the first byte, at least 1 ms.
    ///
    /// # Errors
    ///
    /// The system error.
    fn set_read_timeout(&mut self, timeout: Duration) -> io::Result<()>;

    /// Sets the baud rate; no effect on ports without one.
    ///
    /// # Errors
    ///
    /// The system error.
    fn set_baud_rate(&mut self, baud: u32) -> io::Result<()>;

    /// Sets the signals DTR and RTS, which reset the chip.
    ///
    /// # Errors
    ///
    /// [`io::ErrorKind::Unsupported`] or ENOTTY on ports without signals, such as a pty or a socket; the loader continues.
    fn set_signals(&mut self, dtr: bool, rts: bool) -> io::Result<()>;

    /// Discards received bytes that are not read yet.
    ///
    /// # Errors
    ///
    /// The system error.
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
