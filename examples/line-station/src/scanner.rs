//! The scanner: it types the code of each printed label as a line, and every slot waits for its own.

use std::collections::VecDeque;
use std::io::{BufRead, ErrorKind, Read};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use zeroize::Zeroizing;

/// Largest length of a line in bytes: the longest QR text has 258 characters.
const MAX_LINE: u64 = 1024;
/// Most codes to keep that were scanned before their board waits for them.
const EARLY: usize = 1024;
/// Number of foreign codes before a slot gives up.
const TRIES: u32 = 3;

/// Reason why no code was accepted.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum ScanFailure {
    /// The scanner is disconnected.
    Closed,
    /// The label has this code of another device.
    Other(String),
}

/// The codes on a label, in both forms.
pub(crate) struct Codes {
    qr: Zeroizing<String>,
    /// Only the digits.
    manual: Zeroizing<String>,
}

impl Codes {
    /// Takes the QR code's text, and the manual code with or without hyphens.
    pub(crate) fn new(qr: &str, manual: &str) -> Self {
        Self {
            qr: Zeroizing::new(qr.to_owned()),
            manual: digits(manual),
        }
    }

    fn is(&self, scanned: &str) -> bool {
        if scanned.starts_with("MT:") {
            return scanned == self.qr.as_str();
        }
        let is_code = |letter: char| letter.is_ascii_digit() || letter == '-' || letter == ' ';
        scanned.chars().all(is_code) && !self.manual.is_empty() && *digits(scanned) == *self.manual
    }
}

fn digits(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.chars().filter(char::is_ascii_digit).collect())
}

/// The scanned codes and the waiting slots.
#[derive(Default)]
struct State {
    early: VecDeque<(u64, Zeroizing<String>)>,
    /// Number of scanned codes.
    scanned: u64,
    waiting: Vec<Waiting>,
    next: u64,
    is_closed: bool,
}

struct Waiting {
    number: u64,
    codes: Codes,
    others: u32,
    last: Zeroizing<String>,
    is_found: bool,
}

/// Distributes scanned codes to the slots.
#[derive(Clone, Default)]
pub(crate) struct Scanner(Arc<(Mutex<State>, Condvar)>);

impl Scanner {
    /// Starts reading lines in a separate thread, which ends with the source.
    pub(crate) fn start(source: impl FnOnce() -> Box<dyn BufRead> + Send + 'static) -> Self {
        let scanner = Self::default();
        let reader = scanner.clone();
        thread::spawn(move || {
            let mut source = source();
            while let Some(line) = read_line(&mut source) {
                reader.scanned(&line);
            }
            reader.state().is_closed = true;
            reader.0.1.notify_all();
        });
        scanner
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Accepts a code from the scanner.
    fn scanned(&self, line: &str) {
        let line = line.trim();
        if line.is_empty() {
            return;
        }
        let mut state = self.state();
        if let Some(waiting) = state.waiting.iter_mut().find(|waiting| waiting.codes.is(line)) {
            waiting.is_found = true;
        } else {
            // If a single board is waiting, its label is wrong. With several the owner is unknown.
            if let [only] = state.waiting.as_mut_slice() {
                only.others = only.others.saturating_add(1);
                only.last = Zeroizing::new(line.to_owned());
            }
            if state.early.len() == EARLY {
                state.early.pop_front();
            }
            state.scanned = state.scanned.saturating_add(1);
            let number = state.scanned;
            state.early.push_back((number, Zeroizing::new(line.to_owned())));
        }
        drop(state);
        self.0.1.notify_all();
    }

    /// Returns the next code that no board waits for, within `time`. A code scanned before proves nothing: it may be a
    /// second reading of the previous board's label.
    pub(crate) fn any(&self, time: Duration) -> Option<Zeroizing<String>> {
        let state = self.state();
        let before = state.scanned;
        let is_none = |state: &mut State| state.scanned == before && !state.is_closed;
        let waited = self.0.1.wait_timeout_while(state, time, is_none);
        let (mut state, _) = waited.unwrap_or_else(PoisonError::into_inner);
        let is_new = state.early.back().is_some_and(|(number, _)| *number > before);
        let last = if is_new { state.early.pop_back() } else { None };
        last.map(|(_, code)| code)
    }

    /// Waits until one of the codes is scanned. `wrong` is called for each foreign code.
    ///
    /// # Errors
    ///
    /// [`ScanFailure::Other`] after the third such code, [`ScanFailure::Closed`] if no more codes can come.
    pub(crate) fn wait_for(&self, codes: Codes, mut wrong: impl FnMut()) -> Result<(), ScanFailure> {
        let mut state = self.state();
        if let Some(place) = state.early.iter().position(|(_, scanned)| codes.is(scanned)) {
            state.early.remove(place);
            return Ok(());
        }
        let number = state.next;
        state.next = state.next.saturating_add(1);
        state.waiting.push(Waiting {
            number,
            codes,
            others: 0,
            last: Zeroizing::default(),
            is_found: false,
        });
        let mut told = 0;
        let result = loop {
            let Some(own) = state.waiting.iter().find(|waiting| waiting.number == number) else {
                break Err(ScanFailure::Closed);
            };
            let others = own.others;
            if own.is_found {
                break Ok(());
            }
            if others > told {
                told = others;
                wrong();
            }
            if others >= TRIES || others > 0 && state.is_closed {
                break Err(ScanFailure::Other(own.last.as_str().to_owned()));
            }
            if state.is_closed {
                break Err(ScanFailure::Closed);
            }
            state = self.0.1.wait(state).unwrap_or_else(PoisonError::into_inner);
        };
        state.waiting.retain(|waiting| waiting.number != number);
        result
    }
}

/// Reads a line and discards one that is too long. `None` at the end, or when the scanner is disconnected.
fn read_line(source: &mut dyn BufRead) -> Option<Zeroizing<String>> {
    let mut line = Zeroizing::new(Vec::with_capacity(1024));
    let mut is_long = false;
    loop {
        let before = line.len();
        match source.take(MAX_LINE).read_until(b'\n', &mut line) {
            // A serial port that was silent for a while.
            Err(error)
                if matches!(
                    error.kind(),
                    ErrorKind::TimedOut | ErrorKind::WouldBlock | ErrorKind::Interrupted
                ) =>
            {
                continue;
            }
            Err(_) => return None,
            Ok(0) if line.is_empty() && !is_long => return None,
            Ok(read) => {
                let is_end = line.last() == Some(&b'\n') || read == 0 || before + read < line.len();
                if is_end && !is_long {
                    let text = str::from_utf8(&line).unwrap_or_default();
                    return Some(Zeroizing::new(text.to_owned()));
                }
                if is_end {
                    return Some(Zeroizing::default());
                }
                is_long |= u64::try_from(line.len()).unwrap_or(u64::MAX) >= MAX_LINE;
                if is_long {
                    line.clear();
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    const QR: &str = "MT:Y.K9042C00KA0648G00";
    const MANUAL: &str = "3497-011-2332";

    fn scanner(lines: &'static str) -> Scanner {
        Scanner::start(move || Box::new(lines.as_bytes()))
    }

    #[test]
    fn labels_are_read_by_their_qr_text_or_their_manual_code() {
        for line in [QR, MANUAL, "34970112332", " 3497 011 2332 \r"] {
            let line = format!("MT:OTHER\n{line}\n");
            let scanner = Scanner::start(move || Box::new(std::io::Cursor::new(line.into_bytes())));
            assert_eq!(scanner.wait_for(Codes::new(QR, MANUAL), || {}), Ok(()));
        }
    }

    #[test]
    fn codes_of_other_devices_are_refused() {
        for lines in [
            "",
            "MT:Y.K9042C00KA0648G01\n",
            "mt:y.k9042c00ka0648g00",
            "34970112331\n",
            "x34970112332\n",
        ] {
            let result = scanner(lines).wait_for(Codes::new(QR, MANUAL), || {});
            assert!(result.is_err(), "{lines:?}");
        }
    }

    #[test]
    fn three_wrong_labels_end_the_wait_of_the_only_board() {
        let scanner = Scanner::default();
        let (sender, told) = mpsc::channel();
        let waits = scanner.clone();
        let thread = thread::spawn(move || waits.wait_for(Codes::new(QR, MANUAL), || sender.send(()).unwrap()));
        while scanner.state().waiting.is_empty() {
            thread::sleep(Duration::from_millis(1));
        }
        for _ in 0..3 {
            scanner.scanned("MT:OTHER");
            told.recv().unwrap();
        }
        assert_eq!(thread.join().unwrap(), Err(ScanFailure::Other("MT:OTHER".into())));
        assert!(scanner.state().waiting.is_empty());
    }

    #[test]
    fn each_slot_gets_its_own_code() {
        let scanner = Scanner::default();
        let threads = [(QR, MANUAL), ("MT:SECOND", "1111-111-1111")].map(|(qr, manual)| {
            let scanner = scanner.clone();
            thread::spawn(move || scanner.wait_for(Codes::new(qr, manual), || {}))
        });
        scanner.scanned("MT:SECOND");
        scanner.scanned("not a code");
        scanner.scanned(QR);
        for thread in threads {
            assert_eq!(thread.join().unwrap(), Ok(()));
        }
    }

    #[test]
    fn unidentified_board_gets_the_next_code() {
        let scanner = Scanner::default();
        assert_eq!(scanner.any(Duration::from_millis(1)), None);
        scanner.scanned("MT:FIRST");
        assert_eq!(scanner.any(Duration::from_millis(1)), None, "a code from before");
        let waits = scanner.clone();
        let thread = thread::spawn(move || waits.any(Duration::from_secs(60)));
        // The thread may not be waiting yet: codes are scanned again until it is done.
        while !thread.is_finished() {
            scanner.scanned("MT:SECOND");
            thread::sleep(Duration::from_millis(1));
        }
        assert_eq!(thread.join().unwrap().unwrap().as_str(), "MT:SECOND");
    }

    #[test]
    fn endless_lines_are_left_out() {
        let mut lines = vec![b'x'; 5000];
        lines.extend_from_slice(b"\n34970112332\n");
        let scanner = Scanner::start(move || Box::new(std::io::Cursor::new(lines)));
        assert_eq!(scanner.wait_for(Codes::new(QR, MANUAL), || {}), Ok(()));
    }
}
