use std::io::{IsTerminal, Write, stderr};
use std::time::{Duration, Instant};

use crate::say;

/// Between two lines when stderr is no terminal.
const SILENCE: Duration = Duration::from_secs(10);
/// Between two states of the line on a terminal.
const REDRAW: Duration = Duration::from_millis(100);

/// The progress of a long work: a line that is drawn again on a terminal, and a line every ten seconds otherwise.
#[derive(Debug)]
pub struct Progress {
    unit: &'static str,
    of: u32,
    start: Instant,
    last: Option<Instant>,
    /// How many were complete at the first call: those of an earlier run.
    first: Option<u32>,
    quiet: bool,
    terminal: bool,
    drawn: bool,
}

impl Progress {
    /// Starts with nothing done of `of` units, such as devices. A quiet one shows nothing.
    #[must_use]
    pub fn new(of: u32, unit: &'static str, quiet: bool) -> Self {
        Self {
            unit,
            of,
            start: Instant::now(),
            last: None,
            first: None,
            quiet,
            terminal: stderr().is_terminal(),
            drawn: false,
        }
    }

    /// Shows how many are complete, if it is time for that.
    pub fn show(&mut self, complete: u32) {
        let now = Instant::now();
        let pause = if self.terminal { REDRAW } else { SILENCE };
        let first = *self.first.get_or_insert(complete.saturating_sub(1));
        if self.quiet || (now.duration_since(self.last.unwrap_or(self.start)) < pause && complete != self.of) {
            return;
        }
        if !self.terminal && self.last.is_none() && complete == self.of {
            return;
        }
        self.last = Some(now);
        let seconds = now.duration_since(self.start).as_secs_f64().max(0.001);
        let rate = f64::from(complete - first) / seconds;
        let left = f64::from(self.of - complete) / rate.max(0.001);
        let line = format!(
            "{complete} of {} {}, {rate:.0} per second, {left:.0} s left",
            self.of, self.unit
        );
        if self.terminal {
            self.drawn = true;
            let _ = write!(stderr(), "\r{line:<70}");
        } else {
            say(line);
        }
    }

    /// Ends the line on a terminal.
    pub fn end(&self) {
        if self.drawn {
            say("");
        }
    }
}
