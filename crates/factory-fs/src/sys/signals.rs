use std::sync::mpsc;
use std::{fs, io, thread};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

const STATUS: &str = "/proc/self/status";
/// Masks of the ignored and of the handled signals, proc_pid_status(5).
const OTHERS: [&str; 2] = ["SigIgn:", "SigCgt:"];

/// Calls a function, which ends the process, at the first signal that would end it.
pub(crate) fn at_signals(end: impl FnOnce() + Send + 'static) -> io::Result<()> {
    let others = others(&fs::read_to_string(STATUS)?);
    let (ready, is_ready) = mpsc::channel();
    // A handled signal is lost without its thread: start the thread first, then install the handlers.
    thread::Builder::new().name("signals".into()).spawn(move || {
        let wanted = [SIGINT, SIGTERM, SIGHUP]
            .into_iter()
            .filter(|signal| others >> (signal - 1) & 1 == 0);
        let signals = Signals::new(wanted);
        let _ = ready.send(());
        if signals.is_ok_and(|mut signals| signals.forever().next().is_some()) {
            end();
        }
    })?;
    is_ready.recv().map_err(io::Error::other)
}

/// Returns the signals that are ignored or have a handler, signal 1 in bit 0.
fn others(status: &str) -> u64 {
    let mask = |line: &str| {
        OTHERS
            .iter()
            .find_map(|name| u64::from_str_radix(line.strip_prefix(name)?.trim(), 16).ok())
    };
    status.lines().filter_map(mask).fold(0, |all, mask| all | mask)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signals_of_others_are_left_to_them() {
        let status = "Name:\tx\nSigBlk:\t0000000000000001\nSigIgn:\t0000000000000002\nSigCgt:\t0000000000004000\n";
        assert_eq!(others(status), 1 << (SIGINT - 1) | 1 << (SIGTERM - 1));
    }
}
