//! Concurrent sessions with many devices.

use std::collections::BTreeMap;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream, ToSocketAddrs};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, Scope, scope, sleep};
use std::time::{Duration, Instant};

use cli::{Failure, print, say};
use matter_issuance::session::{SessionReport, Station};
use matter_issuance::{DeviceId, Error, State};
use serde_json::{Value, json};

/// Outcome of a session with a device that is proved and locked.
pub(crate) const PROVED: &str = "proved";
/// Timeout of a read or a write.
const WAIT: Duration = Duration::from_millis(250);
/// Timeout of a connection.
const CONNECTION: Duration = Duration::from_secs(5);
/// Number of devices that may wait for a session.
#[cfg(unix)]
const BACKLOG: i32 = 4096;
/// Interval of polling for a new device.
const LOOK: Duration = Duration::from_millis(10);
/// A thread reads lines of at most 16 KiB, and there may be a thousand threads.
const STACK: usize = 512 * 1024;

/// The source of devices.
pub(crate) enum Source {
    Dial(Vec<String>),
    Listen {
        listener: TcpListener,
        idle: Option<Duration>,
    },
}

/// The results of all sessions.
#[derive(Default)]
pub(crate) struct Outcome {
    /// Number of sessions by result: `proved`, a refusal's code, `unavailable`, `unreachable`.
    pub(crate) counts: BTreeMap<String, u64>,
    /// One per session, if JSON is requested.
    pub(crate) lines: Vec<Value>,
    /// The error that stopped the station.
    pub(crate) failure: Option<Error>,
    /// Set when stdout is closed.
    unprinted: Option<Failure>,
}

/// State shared by the threads.
struct Shared<'a> {
    station: &'a Station,
    outcome: Mutex<Outcome>,
    running: AtomicUsize,
    is_json: bool,
}

/// Both directions of a connection.
trait Channel: Read + Write {}
impl<T: Read + Write> Channel for T {}

/// Counts a session while it lasts.
struct Running<'a>(&'a AtomicUsize);

impl<'a> Running<'a> {
    fn new(count: &'a AtomicUsize) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(count)
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Source {
    pub(crate) fn listen(address: &str, idle: Option<Duration>) -> Result<Self, Failure> {
        let wrong = |error: io::Error| Failure::Input(format!("--listen {address}: {error}"));
        let listener = TcpListener::bind(address).map_err(wrong)?;
        // The standard library's backlog is 128; if a whole line is switched on, each further device would lose
        // seconds.
        #[cfg(unix)]
        rustix::net::listen(&listener, BACKLOG).map_err(|error| wrong(error.into()))?;
        listener.set_nonblocking(true).map_err(wrong)?;
        if let Ok(address) = listener.local_addr() {
            say(format_args!("waiting for devices at {address}"));
        }
        Ok(Self::Listen { listener, idle })
    }
}

/// Runs sessions, at most `jobs` at once, until there are no more devices or the desk fails.
pub(crate) fn run(station: &Station, source: Source, jobs: usize, is_json: bool) -> Result<Outcome, Failure> {
    let shared = Shared {
        station,
        outcome: Mutex::default(),
        running: AtomicUsize::new(0),
        is_json,
    };
    scope(|scope| match source {
        Source::Dial(addresses) => addresses.into_iter().try_for_each(|address| {
            shared.wait_for_place(jobs);
            match shared.goes_on() {
                true => shared.start(scope, move || dial(&address)),
                false => Ok(()),
            }
        }),
        Source::Listen { listener, idle } => shared.accept(scope, &listener, jobs, idle),
    })?;
    let outcome = shared.outcome.into_inner().unwrap_or_else(PoisonError::into_inner);
    match outcome.unprinted {
        Some(failure) => Err(failure),
        None => Ok(outcome),
    }
}

/// A device's address with its connection, or why there is none.
type Met = (String, io::Result<Box<dyn Channel>>);

fn dial(address: &str) -> Met {
    #[cfg(unix)]
    if address.contains('/') {
        let line = matter_issuance::session::SerialLine::open(address.as_ref());
        return (address.into(), line.map(boxed));
    }
    let connect = || {
        let address = address.strip_prefix("tcp:").unwrap_or(address);
        let address: SocketAddr = address.to_socket_addrs()?.next().ok_or(ErrorKind::NotFound)?;
        timed(TcpStream::connect_timeout(&address, CONNECTION)?)
    };
    (address.into(), connect())
}

fn boxed(channel: impl Channel + 'static) -> Box<dyn Channel> {
    Box::new(channel)
}

fn timed(stream: TcpStream) -> io::Result<Box<dyn Channel>> {
    stream.set_nonblocking(false)?;
    stream.set_read_timeout(Some(WAIT))?;
    stream.set_write_timeout(Some(WAIT))?;
    stream.set_nodelay(true)?;
    Ok(boxed(stream))
}

impl Shared<'_> {
    fn outcome(&self) -> MutexGuard<'_, Outcome> {
        self.outcome.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn goes_on(&self) -> bool {
        let outcome = self.outcome();
        outcome.failure.is_none() && outcome.unprinted.is_none()
    }

    fn wait_for_place(&self, jobs: usize) {
        while self.running.load(Ordering::SeqCst) >= jobs {
            sleep(LOOK);
        }
    }

    fn accept<'scope>(
        &'scope self,
        scope: &'scope Scope<'scope, '_>,
        listener: &TcpListener,
        jobs: usize,
        idle: Option<Duration>,
    ) -> Result<(), Failure> {
        let mut last = Instant::now();
        while self.goes_on() {
            self.wait_for_place(jobs);
            match listener.accept() {
                Ok((stream, peer)) => {
                    self.start(scope, move || (peer.to_string(), timed(stream)))?;
                    last = Instant::now();
                }
                // No device is present.
                Err(_) => sleep(LOOK),
            }
            if self.running.load(Ordering::SeqCst) > 0 {
                last = Instant::now();
            }
            if idle.is_some_and(|idle| last.elapsed() >= idle) {
                break;
            }
        }
        Ok(())
    }

    /// Starts a session in a thread of its own.
    fn start<'scope>(
        &'scope self,
        scope: &'scope Scope<'scope, '_>,
        meet: impl FnOnce() -> Met + Send + 'scope,
    ) -> Result<(), Failure> {
        let running = Running::new(&self.running);
        let thread = Builder::new().stack_size(STACK).spawn_scoped(scope, move || {
            let _running = running;
            self.session(meet());
        });
        thread
            .map(|_| ())
            .map_err(|error| Failure::Work(format!("cannot start a thread for a device: {error}; use fewer --jobs")))
    }

    fn session(&self, (peer, channel): Met) {
        let mut channel = match channel {
            Ok(channel) => channel,
            Err(error) => return self.note(&peer, None, "unreachable", Some(error.to_string())),
        };
        let id = DeviceId::new(&peer).or_else(|_| DeviceId::new("unnamed"));
        let Ok(id) = id else { return };
        match self.station.run(&mut channel, &id) {
            Ok(report) => {
                let name = report.device.map_or(peer, |mac| mac.to_string());
                let outcome = report.refusal.as_ref().map_or(PROVED, |refusal| refusal.code());
                let reason = report.refusal.as_ref().map(ToString::to_string);
                self.note(&name, Some(&report), outcome, reason);
            }
            Err(error) => {
                self.note(&peer, None, "unavailable", Some(error.to_string()));
                if !error.is_retryable() {
                    self.outcome().failure.get_or_insert(error);
                }
            }
        }
    }

    /// Records the result of a session.
    fn note(&self, name: &str, report: Option<&SessionReport>, outcome: &str, reason: Option<String>) {
        let state = report.and_then(|report| report.state).map(State::name);
        let issued = report.and_then(|report| report.issued.as_ref());
        let serial = issued.map(|issued| issued.dac.serial().to_string());
        let mut all = self.outcome();
        let count = all.counts.entry(outcome.into()).or_default();
        *count = count.saturating_add(1);
        if self.is_json {
            all.lines.push(json!({
                "device": name,
                "state": state,
                "outcome": outcome,
                "reason": reason,
                "dac_serial": serial,
                "dac_public_key_sha256": issued.map(|issued| issued.key.to_string()),
            }));
            return;
        }
        let state = state.map(|state| format!(" {state}")).unwrap_or_default();
        let serial = serial.map(|serial| format!(" {serial}")).unwrap_or_default();
        let reason = reason.map(|reason| format!(": {reason}")).unwrap_or_default();
        if let Err(failure) = print(format_args!("{name} {outcome}{state}{serial}{reason}")) {
            all.unprinted.get_or_insert(failure);
        }
    }
}
