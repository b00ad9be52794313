//! Boards that do not report their identity.
//!
//! The last step closes download mode. If the power is cut between that and the commit, the ledger has the board as
//! labelled, and the journal has the step as begun. A chip in secure download mode reports neither its MAC address nor
//! any other unique value. Being at the same slot proves nothing, because boards are exchanged in seconds, and an open
//! board mistaken for a finished one would be shipped. The label, printed before the last step, identifies the board: the
//! chip shows that it is locked, and the label shows which device it has.

use matter_ledger::{Claim, ClaimFacts, ClaimState, Error as LedgerError};

use super::efuses::LockEntries;
use super::{Stop, Work};
use crate::work::checks::unsuited;
use crate::{BoardFacts, BoardRefusal, Outcome, Quarantine, QuarantineReason, RetryCause, StationDevice};

impl Work<'_> {
    /// Decides the outcome for a chip in secure download mode.
    pub(super) fn locked(&mut self, facts: &BoardFacts) -> Result<Claim, Stop> {
        // It may differ from the board of the previous pass.
        self.mac = None;
        let open = self.open_locks()?;
        let is_of_plan = facts.chip.is_none() || unsuited_chip(self, facts).is_none();
        if !open.is_empty() && is_of_plan {
            match self.find_labelled(&open)? {
                Found::Board(claim) => {
                    self.claim = Some(*claim);
                    let facts = self.facts().with("lock_proof", "label");
                    self.advance(ClaimState::Done, &facts)?;
                    return self.current();
                }
                Found::None => {}
            }
        }
        let here = self.here(open)?;
        let serial = here.as_ref().and_then(|claim| claim.serial.clone());
        let detail = here.map_or_else(String::new, |claim| {
            format!("the last step of board {} was interrupted at this slot", claim.mac)
        });
        Err(self.refuse(BoardRefusal::Locked, serial, detail)?.into())
    }

    /// Decides the outcome when nothing answers: with download mode disabled, a board is as silent as an empty slot.
    pub(super) fn silent(&mut self, text: String) -> Result<Outcome, Stop> {
        let empty = Ok(Outcome::Retry(RetryCause::NoBoard(text)));
        let target = self.station.source.target();
        let off = target.chip.facts().efuses.download_off;
        let turns_off = |step: &esp_flash_plan::Step| matches!(step.action(), esp_flash_plan::Action::BurnEfuse { name, .. } if *name == off);
        if !target.steps.iter().any(turns_off) {
            return empty;
        }
        let open = self.open_locks()?;
        let Some(claim) = self.here(open)? else { return empty };
        match self.find_labelled(&[claim])? {
            Found::Board(claim) => {
                self.claim = Some(*claim);
                self.quarantine(QuarantineReason::LockUnproven, "the board is silent".into())
            }
            Found::None => empty,
        }
    }

    /// Quarantines the unfinished boards of this slot that were removed.
    pub(crate) fn give_up_missing(&mut self, seen: QuarantineReason) -> Result<Vec<Quarantine>, Stop> {
        let (order, here) = (
            self.station.order.clone(),
            (self.station.name.clone(), self.slot.name().to_owned()),
        );
        let mut given_up = Vec::new();
        // Boards that the journal proves finished come first.
        self.open_locks()?;
        for state in ClaimState::ALL.into_iter().filter(|state| *state < ClaimState::Done) {
            for claim in self.ledger(|ledger| ledger.boards_in(&order, state))? {
                let is_elsewhere = self.station.is_held(claim.mac);
                if is_elsewhere || self.ledger(|ledger| ledger.last_place(&claim))?.as_ref() != Some(&here) {
                    continue;
                }
                let reason = match self.lock_entries(&claim)? {
                    LockEntries::Begun => QuarantineReason::LockUnproven,
                    _ => seen,
                };
                self.claim = Some(claim);
                if let Outcome::Quarantined(quarantine) = self.quarantine(reason, "taken out".into())? {
                    given_up.push(quarantine);
                }
            }
        }
        Ok(given_up)
    }

    /// Returns the boards whose last step was begun. If it was also completed, the board is done: the step was read back.
    fn open_locks(&mut self) -> Result<Vec<Claim>, Stop> {
        let order = self.station.order.clone();
        let labelled = self.ledger(|ledger| ledger.boards_in(&order, ClaimState::Labelled))?;
        let mut open = Vec::new();
        for claim in labelled {
            match self.lock_entries(&claim)? {
                LockEntries::None => {}
                LockEntries::Begun => open.push(claim),
                LockEntries::Done => self.finish(&claim)?,
            }
        }
        Ok(open)
    }

    /// Commits a state that the journal proves.
    fn finish(&mut self, claim: &Claim) -> Result<(), Stop> {
        let facts = ClaimFacts::new().with("lock_proof", "journal");
        self.ledger(|ledger| {
            match ledger.advance(claim, ClaimState::Labelled, ClaimState::Done, &facts) {
                // Another slot was faster.
                Err(LedgerError::ClaimState { .. }) => Ok(()),
                done => done,
            }
        })
    }

    /// Returns the one of these boards that was last at this slot.
    fn here(&mut self, open: Vec<Claim>) -> Result<Option<Claim>, Stop> {
        let here = (self.station.name.clone(), self.slot.name().to_owned());
        for claim in open {
            if self.ledger(|ledger| ledger.last_place(&claim))?.as_ref() == Some(&here) {
                return Ok(Some(claim));
            }
        }
        Ok(None)
    }

    /// Reads the label on the board.
    fn find_labelled(&mut self, open: &[Claim]) -> Result<Found, Stop> {
        let Some(labels) = self.station.labels.clone() else {
            return Ok(Found::None);
        };
        let code = labels.scan(self.slot.name());
        let code = code.map_err(|text| Stop::from(Outcome::Retry(RetryCause::Label(text))))?;
        let Some(code) = code else { return Ok(Found::None) };
        for claim in open {
            let mut device: StationDevice = self.device(claim)?;
            device.keys.wipe();
            if device.is_labelled(&code) {
                return Ok(Found::Board(Box::new(claim.clone())));
            }
        }
        Ok(Found::None)
    }
}

enum Found {
    Board(Box<Claim>),
    None,
}

fn unsuited_chip(work: &Work<'_>, facts: &BoardFacts) -> Option<(BoardRefusal, String)> {
    let mut target = work.station.source.target().clone();
    // A locked chip reports only its type.
    target.min_revision = None;
    unsuited(&target, facts)
}
