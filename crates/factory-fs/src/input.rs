use std::fs::File;
use std::io::{self, ErrorKind, Read};
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use zeroize::Zeroizing;

use crate::{Dir, sweep, sys};

/// Time to wait for a pipe to be opened at its other end: a shell starts both ends at once.
const PATIENCE: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_millis(5);

/// An input file of a program, which may be a pipe or a device.
///
/// A pipe without a writer is an error after one second, so that the program does not hang. Once the pipe has a writer,
/// reading waits for it.
#[derive(Debug)]
pub struct Input {
    file: File,
    len: u64,
    /// The byte that was read to detect a writer.
    first: Option<Zeroizing<u8>>,
}

impl Input {
    /// Size limit of [`Input::read_file`] in bytes.
    pub const MAX_FILE: u64 = 64 << 20;

    /// Reads a whole file, which may hold secrets. Pipes and devices are read too, up to [`Input::MAX_FILE`].
    ///
    /// # Errors
    ///
    /// Errors of [`Input::open`] and [`Input::read_whole`].
    pub fn read_file(path: &Path) -> io::Result<Zeroizing<Vec<u8>>> {
        Self::open(path)?.read_whole(Self::MAX_FILE)
    }

    /// Opens an input and follows links. If a killed process left the file half [published](crate::publish),
    /// publication is completed first.
    ///
    /// # Errors
    ///
    /// I/O errors of the system; [`ErrorKind::IsADirectory`] for a folder, [`ErrorKind::TimedOut`] for a pipe without a
    /// writer.
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

    /// Returns the size in bytes of a regular file; 0 for a pipe or a device.
    #[must_use]
    pub const fn len(&self) -> u64 {
        self.len
    }

    /// Returns whether the size is 0, which it also is for pipes and devices.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Reads the whole input, which may be secret, and leaves no copy in memory.
    ///
    /// # Errors
    ///
    /// I/O errors of the system; [`ErrorKind::FileTooLarge`] for more than `limit` bytes.
    pub fn read_whole(self, limit: u64) -> io::Result<Zeroizing<Vec<u8>>> {
        // Allocated at once: a growing buffer leaves copies.
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

/// Waits until the other end is open, and returns a byte if one has arrived by then.
fn wait_for_writer(mut file: &File) -> io::Result<Option<Zeroizing<u8>>> {
    let start = Instant::now();
    let mut byte = Zeroizing::new([0]);
    loop {
        match file.read(&mut *byte) {
            // A non-blocking pipe reads as empty while it has no writer.
            Ok(0) if start.elapsed() < PATIENCE => sleep(PAUSE),
            Ok(0) => return Err(io::Error::new(ErrorKind::TimedOut, "is a pipe without a writer")),
            Ok(_) => return Ok(byte.first().copied().map(Zeroizing::new)),
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
