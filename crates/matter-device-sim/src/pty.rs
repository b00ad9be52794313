use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

/// The longest time that a read waits.
const WAIT: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 250_000_000,
};

/// The device's end of a serial line simulated by a pseudo-terminal.
///
/// Like a serial line, it reports no end of file: a station that closed the line cannot be distinguished from a silent
/// one.
#[derive(Debug)]
pub struct Pty {
    device: File,
    /// Kept open, so that the line exists while no station has it open.
    _station: File,
    path: PathBuf,
}

impl Pty {
    /// Opens a new pseudo-terminal in raw mode.
    ///
    /// # Errors
    ///
    /// When the system cannot open one.
    pub fn open() -> io::Result<Self> {
        let device = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
        grantpt(&device)?;
        unlockpt(&device)?;
        let name = ptsname(&device, Vec::new())?;
        let path = PathBuf::from(name.into_string().map_err(|_| ErrorKind::InvalidData)?);
        let station = rustix::fs::open(&path, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty())?;
        let mut settings = tcgetattr(&station)?;
        settings.make_raw();
        tcsetattr(&station, OptionalActions::Now, &settings)?;
        Ok(Self {
            device: device.into(),
            _station: station.into(),
            path,
        })
    }

    /// Returns the path of the station's end.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Read for Pty {
    /// Waits for at most a quarter of a second.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let mut events = [PollFd::from_borrowed_fd(self.device.as_fd(), PollFlags::IN)];
        if poll(&mut events, Some(&WAIT))? == 0 {
            return Err(ErrorKind::WouldBlock.into());
        }
        self.device.read(buffer)
    }
}

impl Write for Pty {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.device.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.device.flush()
    }
}
