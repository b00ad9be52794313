//! Reading and writing the ledger. No step begins before the previous state is committed.

use std::thread;

use matter_ledger::{Claim, ClaimFacts, ClaimState, Error as LedgerError, Ledger};

use super::{LEDGER_PAUSE, Stop, Work};
use crate::{Error, Event, Outcome, RetryCause};

impl Work<'_> {
    /// The facts of this station and slot.
    pub(super) fn facts(&self) -> ClaimFacts {
        ClaimFacts::new().at(&self.station.name, self.slot.name())
    }

    /// Returns the board's claim in the ledger.
    pub(super) fn current(&self) -> Result<Claim, Stop> {
        self.claim.clone().ok_or_else(|| {
            let text = "the board has no device yet".into();
            Outcome::Retry(RetryCause::NoBoard(text)).into()
        })
    }

    /// Runs work with the ledger, and waits while it is unavailable.
    pub(super) fn ledger<T>(&self, mut work: impl FnMut(&mut Ledger) -> Result<T, LedgerError>) -> Result<T, Stop> {
        self.ledger_or_refusal(&mut work)
    }

    /// Like [`Work::ledger`]; a refusal of the ledger ends the work.
    pub(super) fn ledger_or_refusal<T>(
        &self,
        mut work: impl FnMut(&mut Ledger) -> Result<T, LedgerError>,
    ) -> Result<T, Stop> {
        let mut tries = 0;
        loop {
            let error = match self.slot.with_ledger(&self.station.ledger, &mut work) {
                Ok(done) => return Ok(done),
                Err(error) => error,
            };
            let is_away = matches!(error, LedgerError::Unavailable { .. } | LedgerError::Unusable { .. });
            if !is_away {
                return Err(Outcome::Failed(Error::Ledger(error)).into());
            }
            let cause = RetryCause::Ledger(error.to_string());
            tries += 1;
            if tries > self.station.patience.tries {
                return Err(Outcome::Retry(cause).into());
            }
            self.see(&Event::Waiting(&cause));
            thread::sleep(LEDGER_PAUSE.min(self.station.patience.pause));
        }
    }

    /// Advances the board to the next state.
    pub(super) fn advance(&mut self, to: ClaimState, facts: &ClaimFacts) -> Result<(), Stop> {
        let mut claim = self.current()?;
        let from = claim.state;
        let mut is_again = false;
        let reached = self.ledger(|ledger| {
            let done = ledger.advance(&claim, from, to, facts);
            let Err(LedgerError::ClaimState { found: Some(found), .. }) = done else {
                is_again = true;
                return done.map(|()| to);
            };
            match found {
                // The lost answer to the previous attempt was success.
                _ if is_again && found == to => Ok(found),
                // The journal has proved it to another slot.
                ClaimState::Done if found == to => ledger.note(&claim, facts).map(|()| found),
                // The device was scrapped in between.
                ClaimState::Quarantined => Ok(found),
                _ => done.map(|()| to),
            }
        })?;
        if reached == ClaimState::Quarantined {
            let known = self.ledger(|ledger| ledger.board(claim.mac))?;
            let known = known.filter(|known| known.uuid == claim.uuid);
            claim.state = reached;
            let claim = known.unwrap_or(claim);
            return Err(self.quarantined_elsewhere(claim));
        }
        claim.state = to;
        self.progress = self.progress.saturating_add(1);
        self.see(&Event::State(&claim, to));
        self.claim = Some(claim);
        Ok(())
    }
}
