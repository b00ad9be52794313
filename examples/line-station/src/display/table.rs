use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use cli::clean;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::short;
use crate::update::{SlotName, Update};

/// Maximum refresh rate per second: drawing must not slow down the line.
const RATE: u8 = 8;
const BAR: &str = "{msg} {wide_bar} {percent:>3}% {binary_bytes_per_sec:>12}";
const TEXT: &str = "{msg}";

/// A terminal line for each slot.
pub(super) struct Table {
    lines: MultiProgress,
    /// The column headings, removed on drop.
    _head: ProgressBar,
    total: ProgressBar,
    rows: Mutex<BTreeMap<usize, Row>>,
}

struct Row {
    bar: ProgressBar,
    port: String,
    state: String,
    mac: String,
    serial: String,
    has_bar: bool,
}

impl Table {
    pub(super) fn new(order: &str) -> Self {
        let lines = MultiProgress::with_draw_target(ProgressDrawTarget::stderr_with_hz(RATE));
        let head = lines.add(text_bar());
        head.set_message(cells("slot", "port", "state", "mac", "serial"));
        head.tick();
        let total = lines.add(text_bar());
        total.set_message(format!("order {}", *clean(order)));
        total.tick();
        Self {
            lines,
            _head: head,
            total,
            rows: Mutex::new(BTreeMap::new()),
        }
    }

    pub(super) fn show(&self, slot: &SlotName, update: &Update) {
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        let row = rows.entry(slot.number).or_insert_with(|| Row {
            bar: self.lines.insert_before(&self.total, text_bar()),
            port: clean(&slot.port).to_string(),
            state: String::new(),
            mac: String::new(),
            serial: String::new(),
            has_bar: false,
        });
        row.update(update);
        row.draw(slot.number);
    }

    pub(super) fn total(&self, text: &str) {
        self.total.set_message(clean(text).to_string());
    }

    pub(super) fn suspend(&self, work: impl FnOnce()) {
        self.lines.suspend(work);
    }

    pub(super) fn end(&self) {
        let rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        for row in rows.values() {
            row.bar.abandon();
        }
        self.total.abandon();
    }
}

impl Row {
    fn update(&mut self, update: &Update) {
        match update {
            Update::Waiting => {
                self.state = "waiting".into();
                self.mac.clear();
                self.serial.clear();
                self.without_bar();
            }
            Update::TakeAway => {}
            Update::Board { mac, chip } => {
                self.state.clone_from(chip);
                self.mac.clone_from(mac);
                self.serial.clear();
                self.without_bar();
            }
            Update::State {
                state, uuid, serial, ..
            } => {
                self.state = (*state).into();
                self.serial = serial.as_ref().unwrap_or(uuid).clone();
                self.without_bar();
            }
            Update::Bytes { done, of } => {
                if !self.has_bar {
                    self.bar.reset();
                    self.bar.set_style(style(BAR));
                    self.has_bar = true;
                }
                self.state = "flashing".into();
                self.bar.set_length(*of);
                self.bar.set_position(*done);
            }
            Update::Doing(text) => {
                self.state.clone_from(text);
                self.without_bar();
            }
            Update::Note(_) => {}
            Update::Ended(verdict) => {
                self.state = short(verdict);
                self.without_bar();
            }
        }
    }

    fn without_bar(&mut self) {
        if self.has_bar {
            self.bar.set_style(style(TEXT));
            self.has_bar = false;
        }
    }

    fn draw(&self, number: usize) {
        let (state, mac, serial) = (clean(&self.state), clean(&self.mac), clean(&self.serial));
        let cells = cells(&number.to_string(), &self.port, &state, &mac, &serial);
        self.bar.set_message(cells);
    }
}

/// Aligns the cells of a line. Ports differ at their ends, not at their beginnings.
fn cells(slot: &str, port: &str, state: &str, mac: &str, serial: &str) -> String {
    let end = |text: &str, width: usize| {
        let skipped = text.chars().count().saturating_sub(width);
        text.chars().skip(skipped).collect::<String>()
    };
    let start = |text: &str, width: usize| text.chars().take(width).collect::<String>();
    format!(
        "{slot:>4}  {:14} {:20} {mac:17}  {:16}",
        end(port, 14),
        start(state, 20),
        end(serial, 16)
    )
}

fn text_bar() -> ProgressBar {
    ProgressBar::new(1).with_style(style(TEXT))
}

/// The templates are constants; an invalid one would give a plain bar.
fn style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_stay_in_their_columns() {
        let head = cells("slot", "port", "state", "mac", "serial");
        let row = cells(
            "12",
            "/dev/serial/by-id/usb-1a86_USB_Single_Serial_0001",
            "eFuse 3 of 12: BLOCK_KEY0 as XTS_AES_128_KEY",
            "24:0a:c4:00:00:01",
            "SN0000000000000000000000000000001",
        );
        assert_eq!(head.chars().count(), row.chars().count());
        assert!(
            row.contains("le_Serial_0001") && row.contains("0000000000000001") && row.contains("24:0a:c4:00:00:01")
        );
        for template in [BAR, TEXT] {
            assert!(ProgressStyle::with_template(template).is_ok(), "{template}");
        }
    }
}
