use std::fs::File;
use std::io::{self, ErrorKind, IsTerminal, Read, Write};
use std::os::fd::AsFd;
use std::path::Path;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::termios::{OptionalActions, QueueSelector, tcflush, tcgetattr, tcsetattr};

/// The longest time that a read or a write waits.
const WAIT: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 250_000_000,
};

/// The station's end of a serial line or pseudo-terminal, in raw mode.
///
/// The speed of the line is not changed. A serial line has no end of file: a missing device cannot be distinguished
/// from a silent one.
#[derive(Debug)]
pub struct SerialLine(File);

impl SerialLine {
    /// Opens a line and discards pending input.
    ///
    /// # Errors
    ///
    /// When the line does not exist, or cannot be opened for reading and writing.
    pub fn open(path: &Path) -> io::Result<Self> {
        // Do not wait for a carrier, and do not become the controlling terminal of this process.
        let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
        if file.is_terminal() {
            let mut settings = tcgetattr(&file)?;
            settings.make_raw();
            tcsetattr(&file, OptionalActions::Now, &settings)?;
            tcflush(&file, QueueSelector::IOFlush)?;
        }
        Ok(Self(file))
    }

    fn wait(&self, events: PollFlags) -> io::Result<()> {
        let mut events = [PollFd::from_borrowed_fd(self.0.as_fd(), events)];
        match poll(&mut events, Some(&WAIT))? {
            0 => Err(ErrorKind::WouldBlock.into()),
            _ => Ok(()),
        }
    }
}

impl Read for SerialLine {
    /// Waits for at most a quarter of a second.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.wait(PollFlags::IN)?;
        self.0.read(buffer)
    }
}

impl Write for SerialLine {
    /// Waits for at most a quarter of a second.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.wait(PollFlags::OUT)?;
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
