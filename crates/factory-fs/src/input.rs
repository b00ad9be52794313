use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use crate::{Dir, sweep, sys};

/// How long to wait for somebody to open the other end of a pipe: a shell starts both ends at once.
const PATIENCE: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_millis(5);

/// A file that a program is given to read, which may be a pipe or a device.
///
/// A pipe to which nobody writes is an error after a second, instead of keeping the program waiting. One that somebody has
/// opened is waited for.
#[derive(Debug)]
pub struct Input {
    file: File,
    len: u64,
    /// What was read to find out that somebody writes.
    first: Option<Zeroizing<u8>>,
}

impl Input {
    /// The bytes of the largest file that [`Input::read_file`] reads: larger ones are not what they are said to be.
    pub const MAX_FILE: u64 = 64 << 20;

    /// Reads a whole file, which may hold secrets. Pipes and devices are read as well, but never more than
    /// [`Input::MAX_FILE`].
    ///
    /// # Errors
    ///
    /// Those of [`Input::open`] and [`Input::read_whole`].
    pub fn read_file(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
        Self::open(path)?.read_whole(Self::MAX_FILE)
    }

    /// Opens an input. Links are followed: the path is the caller's own. A file that is missing because a process was killed
    /// while it [published](crate::publish) it comes to its place first.
    ///
    /// # Errors
    ///
    /// Those of the system; [`ErrorKind::IsADirectory`] for a folder, [`ErrorKind::TimedOut`] for a pipe to which nobody
    /// writes.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = match sys::open_input(path) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                let (folder, _) = Dir::of_file(path)?;
                sweep(&folder)?;
                sys::open_input(path)
            }
            opened => opened,
        }?;
        let metadata = file.metadata()?;
        if metadata.is_dir() {
            return Err(io::Error::new(ErrorKind::IsADirectory, "is a folder, not a file"));
        }
        let first = if sys::is_pipe(&metadata) {
            wait_for_writer(&file)?
        } else {
            None
        };
        sys::let_wait(&file)?;
        Ok(Self {
            file,
            len: metadata.len(),
            first,
        })
    }

    /// Returns the size in bytes of a regular file; that of a pipe or a device is 0.
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.len
    }

    /// Tells whether there is nothing in a regular file. Pipes and devices say so as well.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Reads all of it, which may be secret, and leaves no copy behind.
    ///
    /// # Errors
    ///
    /// Those of the system; [`ErrorKind::FileTooLarge`] for more than `limit` bytes, of which no more is read.
    pub fn read_whole(self, limit: u64) -> io::Result<Zeroizing<Vec<u8>>> {
        // Room for all at once: a growing buffer leaves copies.
        let room = usize::try_from(self.len.min(limit) + 1).unwrap_or_default();
        let mut bytes = Zeroizing::new(Vec::with_capacity(room));
        let read = self.take(limit + 1).read_to_end(&mut bytes)?;
        if u64::try_from(read).is_ok_and(|read| read <= limit) {
            return Ok(bytes);
        }
        let reason = if limit >= 1 << 20 {
            format!("is larger than the {} MiB allowed", limit >> 20)
        } else {
            format!("is larger than the {limit} bytes allowed")
        };
        Err(io::Error::new(ErrorKind::FileTooLarge, reason))
    }
}

impl Read for Input {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if let (Some(byte), [to, ..]) = (&self.first, &mut *buffer) {
            *to = **byte;
            self.first = None;
            return Ok(1);
        }
        self.file.read(buffer)
    }
}

/// Returns when somebody has opened the other end, with a byte if there is one by then.
fn wait_for_writer(mut file: &File) -> io::Result<Option<Zeroizing<u8>>> {
    let start = Instant::now();
    let mut byte = Zeroizing::new([0]);
    loop {
        match file.read(&mut *byte) {
            // What was opened without waiting says so while nobody writes.
            Ok(0) if start.elapsed() < PATIENCE => sleep(PAUSE),
            Ok(0) => return Err(io::Error::new(ErrorKind::TimedOut, "is a pipe to which nobody writes")),
            Ok(_) => return Ok(byte.first().copied().map(Zeroizing::new)),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
