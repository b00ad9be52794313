use std::fs::File;
use std::io::{self, ErrorKind, IsTerminal, Read, Write};
use std::os::fd::AsFd;
use std::path::Path;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::termios::{OptionalActions, QueueSelector, tcflush, tcgetattr, tcsetattr};

/// How long a read or a write waits.
const WAIT: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 250_000_000,
};

/// The station's end of a serial line or a pseudo-terminal, which passes bytes as they are.
///
/// The speed is that which the line has. It has no end: a device that is gone is one that is silent.
#[derive(Debug)]
pub struct SerialLine(File);

impl SerialLine {
    /// Opens a line, and drops what came before.
    ///
    /// # Errors
    ///
    /// When it is not there, or the system lets nobody read or write it.
    pub fn open(path: &Path) -> io::Result<Self> {
        // Without waiting for a carrier, and not as the terminal that controls this process.
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
    /// Waits for a quarter of a second at most.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.wait(PollFlags::IN)?;
        self.0.read(buffer)
    }
}

impl Write for SerialLine {
    /// Waits for a quarter of a second at most.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.wait(PollFlags::OUT)?;
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}
