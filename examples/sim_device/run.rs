//! Threads of devices, and their connections to a station.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::thread::{Builder, sleep};
use std::time::{Duration, Instant};

use cli::{Failure, print, print_json};
use matter_device_sim::{Device, Fault, SessionEnd};

/// Timeout of a read.
const WAIT: Duration = Duration::from_millis(250);
/// Time between attempts of a device.
const PAUSE: Duration = Duration::from_millis(100);
/// Time that a line outlives its device.
const LINGER: Duration = Duration::from_secs(1);
/// There may be thousands of threads.
const STACK: usize = 256 * 1024;

/// Output format of sessions.
#[derive(Clone, Copy)]
pub(crate) enum Line {
    Json,
    Text,
}

/// Both directions of a connection.
pub(crate) trait Channel: Read + Write + Send {}
impl<T: Read + Write + Send> Channel for T {}

/// The connection between a device and its station.
pub(crate) enum Place {
    Dials(SocketAddr),
    #[cfg(unix)]
    Opens(std::path::PathBuf),
    Listens(TcpListener),
    #[cfg(unix)]
    Terminal(matter_device_sim::Pty),
}

impl Place {
    /// Returns the connections of `devices` that dial the same station.
    pub(crate) fn to_station(address: &str, devices: usize) -> io::Result<Vec<Self>> {
        #[cfg(unix)]
        if address.contains('/') {
            return Ok((0..devices).map(|_| Self::Opens(address.into())).collect());
        }
        let address = resolve(address)?;
        Ok((0..devices).map(|_| Self::Dials(address)).collect())
    }

    /// Returns the connections of devices with one port each.
    pub(crate) fn listening(address: &str, devices: usize) -> io::Result<Vec<Self>> {
        let mut address = resolve(address)?;
        let mut places = Vec::new();
        for _ in 0..devices {
            places.push(Self::Listens(TcpListener::bind(address)?));
            if address.port() != 0 {
                let next = address.port().checked_add(1).ok_or(ErrorKind::AddrNotAvailable)?;
                address.set_port(next);
            }
        }
        Ok(places)
    }

    /// Returns the connections of devices with one pseudo-terminal each.
    #[cfg(unix)]
    pub(crate) fn terminals(devices: usize) -> io::Result<Vec<Self>> {
        (0..devices)
            .map(|_| matter_device_sim::Pty::open().map(Self::Terminal))
            .collect()
    }

    #[cfg(not(unix))]
    pub(crate) fn terminals(_: usize) -> io::Result<Vec<Self>> {
        Err(ErrorKind::Unsupported.into())
    }

    /// Returns the address for the station.
    pub(crate) fn address(&self) -> String {
        match self {
            Self::Dials(address) => address.to_string(),
            Self::Listens(listener) => listener
                .local_addr()
                .map_or_else(|_| "?".into(), |address| address.to_string()),
            #[cfg(unix)]
            Self::Opens(path) => path.display().to_string(),
            #[cfg(unix)]
            Self::Terminal(pty) => pty.path().display().to_string(),
        }
    }

    /// Returns whether the end of the other side cannot be detected.
    const fn is_line(&self) -> bool {
        !matches!(self, Self::Dials(_) | Self::Listens(_))
    }

    /// Connects to the station, or fails after a while.
    fn meet(&mut self, patience: Duration) -> io::Result<Box<dyn Channel + '_>> {
        match self {
            Self::Dials(address) => {
                let address = *address;
                retried(patience, || TcpStream::connect_timeout(&address, patience))
                    .and_then(timed)
                    .map(boxed)
            }
            Self::Listens(listener) => {
                listener.set_nonblocking(true)?;
                let (stream, _) = retried(patience, || listener.accept())?;
                stream.set_nonblocking(false)?;
                timed(stream).map(boxed)
            }
            #[cfg(unix)]
            Self::Opens(path) => matter_issuance::session::SerialLine::open(path).map(boxed),
            #[cfg(unix)]
            Self::Terminal(pty) => Ok(Box::new(pty)),
        }
    }
}

fn boxed<'a>(channel: impl Channel + 'a) -> Box<dyn Channel + 'a> {
    Box::new(channel)
}

fn resolve(address: &str) -> io::Result<SocketAddr> {
    address
        .to_socket_addrs()?
        .next()
        .ok_or_else(|| ErrorKind::NotFound.into())
}

/// Sets timeouts for reads and writes.
fn timed(stream: TcpStream) -> io::Result<TcpStream> {
    stream.set_read_timeout(Some(WAIT))?;
    stream.set_write_timeout(Some(WAIT))?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

/// Retries until success or the end of patience.
fn retried<T>(patience: Duration, mut attempt: impl FnMut() -> io::Result<T>) -> io::Result<T> {
    let start = Instant::now();
    loop {
        match attempt() {
            Err(_) if start.elapsed() < patience => sleep(PAUSE),
            done => return done,
        }
    }
}

/// Runs all devices at once until none continues.
pub(crate) fn run_all(devices: Vec<Device>, places: Vec<Place>, patience: Duration, line: Line) -> Result<(), Failure> {
    let mut threads = Vec::new();
    for (device, place) in devices.into_iter().zip(places) {
        let thread = Builder::new().stack_size(STACK);
        let thread = thread.spawn(move || run(device, place, patience, line));
        threads.push(thread.map_err(|error| Failure::Work(format!("cannot start a thread for a device: {error}")))?);
    }
    let mut unfinished = 0_u32;
    for thread in threads {
        let ended = thread
            .join()
            .map_err(|_| Failure::Work("a device's thread has failed".into()))?;
        if !ended? {
            unfinished = unfinished.saturating_add(1);
        }
    }
    match unfinished {
        0 => Ok(()),
        count => Err(Failure::No(format!(
            "{}: well-behaved, but not locked",
            cli::counted(count, "device")
        ))),
    }
}

/// Runs sessions of one device; returns whether it ended as expected.
fn run(mut device: Device, mut place: Place, patience: Duration, line: Line) -> Result<bool, Failure> {
    let mac = device.mac();
    let failed = |error: io::Error| Failure::Work(format!("device {mac}: {error}"));
    loop {
        let end = {
            let Ok(mut channel) = place.meet(patience) else { break };
            device.run_session(&mut channel).map_err(failed)?
        };
        show(&device, &end, line)?;
        // A line has no end: a session lost there was never begun by a station.
        let is_deserted = place.is_line() && matches!(end, SessionEnd::Lost(_));
        if !device.comes_back_after(&end) || is_deserted {
            break;
        }
        sleep(PAUSE);
    }
    if place.is_line() {
        // Unread data is lost with the line.
        sleep(LINGER);
    }
    Ok(device.is_locked() || !device.fault().is_harmless())
}

fn show(device: &Device, end: &SessionEnd, line: Line) -> Result<(), Failure> {
    let (mac, fault) = (device.mac(), device.fault());
    let (word, code, reason) = match end {
        SessionEnd::Died => ("died", None, None),
        SessionEnd::Locked => ("locked", None, None),
        SessionEnd::Lost(error) => ("lost", None, Some(error.to_string())),
        SessionEnd::Refused { code, reason } => ("refused", Some(code.to_string()), Some(reason.to_string())),
    };
    let dac = device.dac().map(|dac| dac.serial().to_string());
    match line {
        Line::Json => {
            let document = serde_json::json!({
                "mac": mac.to_string(),
                "fault": fault.to_string(),
                "end": word,
                "code": code,
                "reason": reason,
                "dac_serial": dac,
            });
            print_json(document)
        }
        Line::Text => {
            let behaves = if fault == Fault::None {
                String::new()
            } else {
                format!(" ({fault})")
            };
            let why = reason.map(|reason| format!(": {}{reason}", code.map(|code| code + ": ").unwrap_or_default()));
            print(format_args!("{mac}{behaves} {word}{}", why.unwrap_or_default()))
        }
    }
}
