//! The ports of the chips.

use std::ffi::OsString;
use std::fs;
use std::io::{self, ErrorKind};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::thread::{Builder, sleep};
use std::time::Duration;

use cli::{Failure, print};
#[cfg(unix)]
use esp_chip_sim::Pty;
use esp_chip_sim::{ChipSim, ServeEnd};

/// Time for which a disconnecting chip is absent.
const AWAY: Duration = Duration::from_millis(300);
/// Timeout of a read, after which a chip may send on its own.
const WAIT: Duration = Duration::from_millis(250);
/// There may be a thousand threads.
const STACK: usize = 256 * 1024;

/// The port of one chip.
pub(crate) struct Place {
    line: Line,
    port_file: Option<PathBuf>,
    link: Option<PathBuf>,
}

enum Line {
    #[cfg(unix)]
    Terminal(Pty),
    /// Absent: the pseudo-terminal is closed.
    #[cfg(unix)]
    Nothing,
    Socket(TcpListener),
}

impl Place {
    /// Opens a TCP port, or a pseudo-terminal.
    pub(crate) fn new(tcp: Option<u16>, port_file: Option<PathBuf>, link: Option<PathBuf>) -> io::Result<Self> {
        let line = match tcp {
            Some(port) => Line::Socket(TcpListener::bind((Ipv4Addr::LOCALHOST, port))?),
            #[cfg(unix)]
            None => Line::Terminal(Pty::open()?),
            #[cfg(not(unix))]
            None => return Err(ErrorKind::Unsupported.into()),
        };
        let place = Self { line, port_file, link };
        place.tell()?;
        Ok(place)
    }

    /// Returns the name of the port for esptool's `--port`.
    fn address(&self) -> io::Result<String> {
        Ok(match &self.line {
            #[cfg(unix)]
            Line::Terminal(pty) => pty.path().display().to_string(),
            #[cfg(unix)]
            Line::Nothing => return Err(ErrorKind::NotConnected.into()),
            Line::Socket(listener) => format!("socket://{}", listener.local_addr()?),
        })
    }

    /// Replaces the file and the link atomically.
    fn tell(&self) -> io::Result<()> {
        if let Some(file) = &self.port_file {
            let beside = with_suffix(file, ".new");
            fs::write(&beside, format!("{}\n", self.address()?))?;
            fs::rename(&beside, file)?;
        }
        #[cfg(unix)]
        if let (Some(link), Line::Terminal(pty)) = (&self.link, &self.line) {
            let is_link = |path: &Path| fs::symlink_metadata(path).map(|file| file.is_symlink());
            if is_link(link).is_ok_and(|is_link| !is_link) {
                return Err(ErrorKind::AlreadyExists.into());
            }
            let beside = with_suffix(link, ".new");
            let _ = fs::remove_file(&beside);
            std::os::unix::fs::symlink(pty.path(), &beside)?;
            fs::rename(&beside, link)?;
        }
        Ok(())
    }

    /// Serves one session of a station.
    fn serve(&mut self, chip: &ChipSim) -> io::Result<ServeEnd> {
        match &mut self.line {
            #[cfg(unix)]
            Line::Terminal(pty) => chip.serve(pty),
            #[cfg(unix)]
            Line::Nothing => Err(ErrorKind::NotConnected.into()),
            Line::Socket(listener) => {
                let (mut stream, _) = listener.accept()?;
                stream.set_read_timeout(Some(WAIT))?;
                stream.set_nodelay(true)?;
                chip.serve(&mut stream)
            }
        }
    }

    /// Disconnects, and reconnects after a while.
    fn reconnect(&mut self) -> io::Result<()> {
        #[cfg(unix)]
        if matches!(self.line, Line::Terminal(_)) {
            self.line = Line::Nothing;
            if let Some(link) = &self.link {
                fs::remove_file(link)?;
            }
            sleep(AWAY);
            self.line = Line::Terminal(Pty::open()?);
            return self.tell();
        }
        sleep(AWAY);
        Ok(())
    }

    fn run(&mut self, chip: &ChipSim) -> io::Result<()> {
        loop {
            match self.serve(chip)? {
                ServeEnd::Died => break,
                ServeEnd::Disconnected => self.reconnect()?,
                _ => {}
            }
        }
        match &self.link {
            Some(link) => fs::remove_file(link),
            None => Ok(()),
        }
    }
}

/// Serves all chips concurrently until all have died.
pub(crate) fn run_all(chips: Vec<ChipSim>, places: Vec<Place>) -> Result<(), Failure> {
    let mut threads = Vec::new();
    for (chip, mut place) in chips.into_iter().zip(places) {
        let mac = chip.mac().map(|byte| format!("{byte:02x}")).join(":");
        let address = place
            .address()
            .map_err(|error| Failure::Work(format!("chip {mac}: {error}")))?;
        print(format_args!("{mac} {address}"))?;
        let work = move || {
            let failed = |error: io::Error| Failure::Work(format!("chip {mac}: {error}"));
            place.run(&chip).map_err(failed)
        };
        let thread = Builder::new().stack_size(STACK).spawn(work);
        threads.push(thread.map_err(|error| Failure::Work(format!("cannot start a thread for a chip: {error}")))?);
    }
    for thread in threads {
        let ended = thread.join();
        ended.map_err(|_| Failure::Work("a chip's thread has failed".into()))??;
    }
    Ok(())
}

/// Returns the name of a chip's file.
pub(crate) fn numbered(file: &Path, index: u32, count: u32) -> PathBuf {
    if count == 1 {
        return file.into();
    }
    with_suffix(file, &format!(".{}", index.saturating_add(1)))
}

fn with_suffix(file: &Path, suffix: &str) -> PathBuf {
    let mut name: OsString = file.into();
    name.push(suffix);
    name.into()
}
