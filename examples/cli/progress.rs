use std::fmt::Display;
use std::io::{IsTerminal, stderr};
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::{report, say};

/// Interval between lines when stderr is not a terminal.
const SILENCE: Duration = Duration::from_secs(10);
const BAR: &str = "{wide_bar} {pos} of {len} {msg}, {per_sec}, {eta} left";

/// The progress of long work: a bar on a terminal, otherwise a line every ten seconds.
#[derive(Debug)]
pub struct Progress {
    unit: &'static str,
    of: u32,
    start: Instant,
    last: Option<Instant>,
    /// The count at the first call, made by an earlier run.
    first: Option<u32>,
    quiet: bool,
    bar: Option<ProgressBar>,
}

impl Progress {
    /// Starts a display for `of` units, such as devices. A quiet one shows nothing.
    #[must_use]
    pub fn new(of: u32, unit: &'static str, quiet: bool) -> Self {
        let bar = (!quiet && stderr().is_terminal()).then(|| {
            let bar = ProgressBar::new(of.into()).with_message(unit);
            ProgressStyle::with_template(BAR).map_or(bar.clone(), |style| bar.with_style(style))
        });
        Self {
            unit,
            of,
            start: Instant::now(),
            last: None,
            first: None,
            quiet,
            bar,
        }
    }

    /// Shows the number of complete units, if it is time for that.
    pub fn show(&mut self, complete: u32) {
        if let Some(bar) = &self.bar {
            bar.set_position(complete.into());
            return;
        }
        let now = Instant::now();
        let first = *self.first.get_or_insert(complete.saturating_sub(1));
        if self.quiet || (now.duration_since(self.last.unwrap_or(self.start)) < SILENCE && complete != self.of) {
            return;
        }
        if self.last.is_none() && complete == self.of {
            return;
        }
        self.last = Some(now);
        let seconds = now.duration_since(self.start).as_secs_f64().max(0.001);
        let rate = f64::from(complete - first) / seconds;
        let left = f64::from(self.of - complete) / rate.max(0.001);
        say(format_args!(
            "{complete} of {} {}, {rate:.0} per second, {left:.0} s left",
            self.of, self.unit
        ));
    }

    /// Writes a line of a result above the bar.
    pub fn report(&self, line: impl Display) {
        match &self.bar {
            Some(bar) => bar.suspend(|| report(line)),
            None => report(line),
        }
    }

    /// Leaves the bar as it is.
    pub fn end(&self) {
        if let Some(bar) = &self.bar {
            bar.abandon();
        }
    }
}
