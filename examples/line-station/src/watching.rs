//! Converts the station's events to updates for display.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use matter_ledger::{Claim, ClaimState};
use matter_station::{Event, Observer};

use crate::display::Display;
use crate::update::{SlotName, Update};

/// Most notes to remember.
const MAX_NOTED: usize = 1000;

/// Shows the events of all slots.
pub(crate) struct Watcher {
    display: Arc<Display>,
    slots: Mutex<Vec<SlotName>>,
    /// Notes on each slot since its last board: an empty slot is checked twice per second.
    noted: Mutex<BTreeSet<(String, String)>>,
    has_lost_scanner: AtomicBool,
}

impl Watcher {
    pub(crate) const fn new(display: Arc<Display>) -> Self {
        Self {
            display,
            slots: Mutex::new(Vec::new()),
            noted: Mutex::new(BTreeSet::new()),
            has_lost_scanner: AtomicBool::new(false),
        }
    }

    /// Adds the slot of a port.
    pub(crate) fn add(&self, port: &str) -> SlotName {
        let mut slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        let slot = SlotName {
            number: slots.len().saturating_add(1),
            port: port.to_owned(),
        };
        slots.push(slot.clone());
        slot
    }

    /// Returns the slot with a name in the ledger.
    fn slot(&self, name: &str) -> Option<SlotName> {
        let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.iter().find(|slot| slot.number.to_string() == name).cloned()
    }

    /// Shows an update of a slot.
    pub(crate) fn show(&self, slot: &str, update: &Update) {
        if matches!(update, Update::Board { .. }) {
            let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
            noted.retain(|(other, _)| other != slot);
        }
        if let Some(slot) = self.slot(slot) {
            self.display.show(&slot, update);
        }
    }

    /// Shows a note once, until there is another board.
    pub(crate) fn note_once(&self, slot: &str, text: String) {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        if noted.len() >= MAX_NOTED {
            noted.clear();
        }
        let is_news = noted.insert((slot.to_owned(), text.clone()));
        drop(noted);
        if is_news {
            self.show(slot, &Update::Note(text));
        }
    }

    /// Records that no more codes will come.
    pub(crate) fn lose_scanner(&self) {
        self.has_lost_scanner.store(true, Ordering::Release);
    }

    /// Returns whether a board waited for a code that cannot come.
    pub(crate) fn has_lost_scanner(&self) -> bool {
        self.has_lost_scanner.load(Ordering::Acquire)
    }
}

impl Observer for Watcher {
    fn event(&self, slot: &str, event: &Event<'_>) {
        let state = |claim: &Claim, state: ClaimState, resumed| Update::State {
            state: state.name(),
            uuid: claim.uuid.clone(),
            serial: claim.serial.clone(),
            resumed,
        };
        let update = match event {
            Event::Identified(facts) => {
                let mut chip = facts.chip_name.clone();
                if let Some(revision) = facts.revision {
                    chip.push_str(&format!(" {revision}"));
                }
                let mac = facts.ledger_mac().map(|mac| mac.to_string()).unwrap_or_default();
                Update::Board { mac, chip }
            }
            Event::Claimed(claim) => state(claim, claim.state, !claim.is_new),
            Event::State(claim, reached) => state(claim, *reached, false),
            Event::Progress { done, total } => Update::Bytes {
                done: *done,
                of: *total,
            },
            Event::Step { number, total, what } => Update::Doing(format!("eFuse {number} of {total}: {what}")),
            Event::Waiting(cause) => return self.note_once(slot, cause.to_string()),
            // The outcome reports it as well.
            _ => return,
        };
        self.show(slot, &update);
    }
}
