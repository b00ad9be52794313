//! The operator's display: a live table, plain lines, or lines of JSON.

use std::io::{IsTerminal, Write, stderr, stdout};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use cli::{clean, has_colours, report_json};

use crate::display::table::Table;
use crate::update::{SlotName, Update, Verdict, VerdictKind};

mod table;

/// Interval between progress lines of a board, without a table.
const SILENCE: Duration = Duration::from_secs(10);
/// Interval between progress lines of a board in JSON.
const JSON_SILENCE: Duration = Duration::from_secs(1);
const BELL: &[u8] = b"\x07";

/// Shows updates of all slots.
pub(crate) struct Display {
    form: Form,
    /// Time of the last progress line of each slot.
    last: Mutex<Vec<Option<Instant>>>,
}

enum Form {
    Json,
    Lines,
    Table(Box<Table>),
}

impl Display {
    /// Selects the form: a table on a terminal, otherwise lines.
    pub(crate) fn new(order: &str, json: bool) -> Self {
        let form = if json {
            Form::Json
        } else if stdout().is_terminal() && stderr().is_terminal() {
            Form::Table(Box::new(Table::new(order)))
        } else {
            Form::Lines
        };
        Self {
            form,
            last: Mutex::new(Vec::new()),
        }
    }

    /// Shows an update.
    pub(crate) fn show(&self, slot: &SlotName, update: &Update) {
        match &self.form {
            Form::Json => {
                if self.is_due(slot, update, JSON_SILENCE) {
                    let time = cli::now().map_or_else(|_| String::new(), |time| time.to_string());
                    report_json(update.to_json(&time, slot));
                }
            }
            Form::Lines => {
                if self.is_due(slot, update, SILENCE)
                    && let Some(line) = line(slot, update)
                {
                    print_line(&line, update, false);
                }
            }
            Form::Table(table) => {
                table.show(slot, update);
                if let Update::Ended(_) | Update::Note(_) = update
                    && let Some(line) = line(slot, update)
                {
                    table.suspend(|| print_line(&line, update, has_colours(&stdout())));
                }
            }
        }
        if let Update::Ended(verdict) = update {
            ring(verdict.kind);
        }
    }

    /// Shows the progress of the order.
    pub(crate) fn total(&self, text: &str) {
        if let Form::Table(table) = &self.form {
            table.total(text);
        }
    }

    /// Ends the table and leaves it on the screen.
    pub(crate) fn end(&self) {
        if let Form::Table(table) = &self.form {
            table.end();
        }
    }

    /// Returns whether an update is due: progress updates come many times per second.
    fn is_due(&self, slot: &SlotName, update: &Update, silence: Duration) -> bool {
        let Update::Bytes { done, of } = update else {
            return true;
        };
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.len() <= slot.number {
            last.resize(slot.number.saturating_add(1), None);
        }
        let Some(last) = last.get_mut(slot.number) else {
            return false;
        };
        let now = Instant::now();
        let is_due = done == of || last.is_none_or(|last| now.duration_since(last) >= silence);
        if is_due {
            *last = Some(now);
        }
        is_due
    }
}

/// Formats an update as a line with its first word.
fn line(slot: &SlotName, update: &Update) -> Option<String> {
    let number = slot.number;
    Some(match update {
        Update::Waiting => format!("slot {number}: waiting for a board at {}", slot.port),
        Update::TakeAway => format!("slot {number}: take the board away"),
        Update::Board { mac, chip } => format!("slot {number}: {mac}: {chip}"),
        Update::State {
            state,
            uuid,
            serial,
            resumed,
        } => {
            let name = serial.as_ref().unwrap_or(uuid);
            let resumed = if *resumed { ", continued" } else { "" };
            format!("slot {number}: {state}: {name}{resumed}")
        }
        Update::Bytes { done, of } => format!("slot {number}: {done} of {of} bytes"),
        Update::Doing(text) => format!("slot {number}: {text}"),
        Update::Note(text) => format!("note: slot {number}: {text}"),
        Update::Ended(verdict) => format!("{} {}", verdict.kind.word(), verdict.line(slot)),
    })
}

/// Prints a line. The first word of a verdict is coloured like a traffic light (ECMA-48, SGR).
fn print_line(line: &str, update: &Update, has_colours: bool) {
    match update {
        Update::Ended(verdict) if has_colours => {
            let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
            let colour = match verdict.kind {
                VerdictKind::Done => "30;42",
                VerdictKind::Refused | VerdictKind::Quarantined => "97;41",
                VerdictKind::Retry => "30;43",
            };
            let _ = cli::print_text(&format!("\x1b[{colour}m {word} \x1b[0m {}", *clean(rest)));
        }
        _ => cli::report(line),
    }
}

/// Rings once for a pass and three times for anything else, on a terminal.
fn ring(kind: VerdictKind) {
    let mut stderr = stderr();
    if stderr.is_terminal() {
        let times = if kind == VerdictKind::Done { 1 } else { 3 };
        let _ = stderr.write_all(&BELL.repeat(times));
    }
}

/// Returns the part of a verdict that fits a line of the table.
fn short(verdict: &Verdict) -> String {
    match verdict.kind {
        VerdictKind::Done => format!("PASS in {:.1} s", verdict.took.as_secs_f64()),
        kind => format!("{} {}", kind.word(), verdict.code),
    }
}
