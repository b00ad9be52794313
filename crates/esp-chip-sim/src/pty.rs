use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

/// The time that a read waits.
const READ_WAIT: Timespec = Timespec {
    tv_sec: 0,
    tv_nsec: 250_000_000,
};
/// The time that a write waits for a station that does not read: longer than a busy one needs.
const WRITE_WAIT: Timespec = Timespec { tv_sec: 5, tv_nsec: 0 };

/// The chip's end of a serial line simulated by a pseudo-terminal.
///
/// It has no end of file, baud rate or signals. Like a UART, it loses bytes that no station reads.
#[derive(Debug)]
pub struct Pty {
    chip: File,
    /// Kept open, so that the line exists while no station has it open.
    _station: File,
    path: PathBuf,
}

impl Pty {
    /// Opens a new pseudo-terminal in raw mode.
    ///
    /// # Errors
    ///
    /// The error of the system, if it has none available.
    pub fn open() -> io::Result<Self> {
        let chip = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
        grantpt(&chip)?;
        unlockpt(&chip)?;
        let name = ptsname(&chip, Vec::new())?;
        let path = PathBuf::from(name.into_string().map_err(|_| ErrorKind::InvalidData)?);
        let station = rustix::fs::open(&path, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty())?;
        let mut settings = tcgetattr(&station)?;
        settings.make_raw();
        tcsetattr(&station, OptionalActions::Now, &settings)?;
        Ok(Self {
            chip: chip.into(),
            _station: station.into(),
            path,
        })
    }

    /// Returns the path of the station's end.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn waits_for(&self, flags: PollFlags, wait: &Timespec) -> io::Result<bool> {
        let mut events = [PollFd::from_borrowed_fd(self.chip.as_fd(), flags)];
        Ok(poll(&mut events, Some(wait))? > 0)
    }
}

impl Read for Pty {
    /// Waits at most a quarter of a second.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.waits_for(PollFlags::IN, &READ_WAIT)? {
            self.chip.read(buffer)
        } else {
            Err(ErrorKind::WouldBlock.into())
        }
    }
}

impl Write for Pty {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A pseudo-terminal accepts a few KiB at once; a longer write would wait for the station, indefinitely if there
        // is none.
        let piece = bytes.get(..PIECE).unwrap_or(bytes);
        if self.waits_for(PollFlags::OUT, &WRITE_WAIT)? {
            self.chip.write(piece)
        } else {
            Ok(bytes.len())
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        self.chip.flush()
    }
}

/// Number of bytes written at once.
const PIECE: usize = 1024;
