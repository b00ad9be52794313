//! What the station tells of its slots, turned into what is shown.

use std::sync::{Arc, Mutex, PoisonError};

use matter_ledger::{Claim, ClaimState};
use matter_station::{Event, Observer};

use crate::display::Display;
use crate::update::{SlotName, Update};

/// Shows what happens at all slots.
pub(crate) struct Watcher {
    display: Arc<Display>,
    slots: Mutex<Vec<SlotName>>,
}

impl Watcher {
    pub(crate) const fn new(display: Arc<Display>) -> Self {
        Self {
            display,
            slots: Mutex::new(Vec::new()),
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

    /// Finds a slot by the name that the ledger has of it.
    fn slot(&self, name: &str) -> Option<SlotName> {
        let slots = self.slots.lock().unwrap_or_else(PoisonError::into_inner);
        slots.iter().find(|slot| slot.number.to_string() == name).cloned()
    }

    /// Shows something of a slot.
    pub(crate) fn show(&self, slot: &str, update: &Update) {
        if let Some(slot) = self.slot(slot) {
            self.display.show(&slot, update);
        }
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
            Event::Waiting(cause) => Update::Note(cause.to_string()),
            // The outcome says it, too.
            _ => return,
        };
        self.show(slot, &update);
    }
}
