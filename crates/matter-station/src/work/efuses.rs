//! eFuse steps: each is compared, recorded in the journal, burned, and recorded again.

use std::collections::BTreeSet;

use esp_flash_plan::{Action, Phase, Step};
use matter_ledger::{BurnPhase, Claim, JournalEntry};

use super::{Stop, Work};
use crate::{Board, EfuseBurn, EfuseState, Error, Event, Outcome, QuarantineReason, StationDevice};

/// The steps in a journal, by number.
pub(super) struct Journal {
    begun: BTreeSet<u32>,
    done: BTreeSet<u32>,
}

impl Journal {
    pub(super) fn new(entries: &[JournalEntry]) -> Self {
        let of = |phase| {
            entries
                .iter()
                .filter(move |entry| entry.phase == phase)
                .map(|entry| entry.step)
        };
        Self {
            begun: of(BurnPhase::Before).collect(),
            done: of(BurnPhase::After).collect(),
        }
    }

    /// Returns whether this station may have burned the step.
    pub(super) fn has(&self, step: u32) -> bool {
        self.begun.contains(&step) || self.done.contains(&step)
    }

    pub(super) fn is_done(&self, step: u32) -> bool {
        self.done.contains(&step)
    }
}

/// A step with its number in the plan.
type Numbered<'d> = (u32, &'d Step);
/// A step with its burn and the state of the chip.
type Planned<'d> = (Numbered<'d>, (EfuseBurn<'d>, EfuseState));

impl Work<'_> {
    /// Performs the eFuse steps of some phases, in the order of the plan.
    pub(super) fn burn(
        &mut self,
        board: &mut dyn Board,
        device: &StationDevice,
        is_now: impl Fn(Phase) -> bool,
    ) -> Result<(), Stop> {
        let steps = (1..).zip(&device.target.steps).filter(|(_, step)| is_now(step.phase()));
        let steps = steps.collect::<Vec<Numbered<'_>>>();
        if steps.is_empty() {
            return Ok(());
        }
        let claim = self.current()?;
        let journal = self.ledger(|ledger| ledger.journal_of(&claim))?;
        let journal = Journal::new(&journal);
        let burns = burns(device, &steps)?;
        // A burn reads back its own changes.
        let states = board.efuse_states(&burns)?;
        let planned = steps
            .into_iter()
            .zip(burns.into_iter().zip(states))
            .collect::<Vec<Planned<'_>>>();
        for group in planned.chunk_by(|((_, first), _), ((_, second), _)| is_one_burn(first, second)) {
            self.burn_group(board, device, &claim, &journal, group)?;
        }
        Ok(())
    }

    fn burn_group(
        &mut self,
        board: &mut dyn Board,
        device: &StationDevice,
        claim: &Claim,
        journal: &Journal,
        group: &[Planned<'_>],
    ) -> Result<(), Stop> {
        let mut is_burned = true;
        for ((number, step), (_, state)) in group {
            if let Some(reason) = verdict(*state, journal, *number, step) {
                return Err(self.quarantine(reason, step.to_string())?.into());
            }
            is_burned &= matches!(state, EfuseState::Burned | EfuseState::Hidden);
        }
        if !is_burned {
            for ((number, step), _) in group {
                let what = step.to_string();
                self.ledger(|ledger| ledger.journal(claim, *number, &what, BurnPhase::Before))?;
            }
            let burns = group.iter().map(|(_, (burn, _))| *burn).collect::<Vec<_>>();
            board.burn(&burns)?;
        }
        for ((number, step), _) in group {
            let what = step.to_string();
            if !journal.is_done(*number) {
                self.ledger(|ledger| ledger.journal(claim, *number, &what, BurnPhase::After))?;
                self.progress = self.progress.saturating_add(1);
            }
            let total = u32::try_from(device.target.steps.len()).unwrap_or(u32::MAX);
            let number = *number;
            self.see(&Event::Step {
                number,
                total,
                what: &what,
            });
        }
        Ok(())
    }

    /// Returns the journal's record of the steps that close download mode.
    pub(super) fn lock_entries(&self, claim: &Claim) -> Result<LockEntries, Stop> {
        let target = self.station.source.target();
        let locks = (1u32..)
            .zip(&target.steps)
            .filter(|(_, step)| step.phase() == Phase::DownloadMode);
        let locks = locks.map(|(number, _)| number).collect::<Vec<_>>();
        let journal = self.ledger(|ledger| ledger.journal_of(claim))?;
        let journal = Journal::new(&journal);
        Ok(
            if locks.is_empty() || !locks.iter().any(|number| journal.has(*number)) {
                LockEntries::None
            } else if locks.iter().all(|number| journal.is_done(*number)) {
                LockEntries::Done
            } else {
                LockEntries::Begun
            },
        )
    }
}

/// The journal's record of the steps that close download mode.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum LockEntries {
    /// No record.
    None,
    /// They may have been burned.
    Begun,
    /// They were burned and read back.
    Done,
}

/// Returns whether two steps are burned together: keys that share a block, whose coding allows only one burn.
fn is_one_burn(first: &Step, second: &Step) -> bool {
    first.block().is_some() && first.block() == second.block()
}

/// Returns the burns with their keys. A hidden key that was burned before is no longer needed; the other steps use the
/// available keys.
fn burns<'d>(device: &'d StationDevice, group: &[Numbered<'d>]) -> Result<Vec<EfuseBurn<'d>>, Stop> {
    let burn = |(_, step): &Numbered<'d>| match step.action() {
        Action::BurnKey { file, .. } => {
            let key = device.keys.expose_key(file).ok_or_else(|| {
                let (uuid, reason) = (device.uuid.clone(), format!("the key file {file} is missing"));
                Stop::from(Outcome::Failed(Error::Device { uuid, reason }))
            })?;
            Ok(EfuseBurn { step, key: Some(key) })
        }
        _ => Ok(EfuseBurn { step, key: None }),
    };
    group.iter().map(burn).collect()
}

/// Decides whether an eFuse state is acceptable before burning; `None` if the step may be burned or is done.
///
/// A read-protected block counts as burned with our key if the journal has the burn as begun: the key is compared before it
/// is hidden.
fn verdict(state: EfuseState, journal: &Journal, number: u32, step: &Step) -> Option<QuarantineReason> {
    let is_ours = journal.has(number);
    match state {
        // The ledger belongs to another chip, or this chip has lost its eFuses.
        EfuseState::Blank if journal.is_done(number) => Some(QuarantineReason::EfuseDiffers),
        EfuseState::Blank | EfuseState::Burned | EfuseState::Partial => None,
        EfuseState::Hidden if is_ours => None,
        EfuseState::Hidden => Some(QuarantineReason::KeyBlockUsed),
        EfuseState::Other if is_ours || step.block().is_none() => Some(QuarantineReason::EfuseDiffers),
        EfuseState::Other => Some(QuarantineReason::KeyBlockUsed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn journal(begun: &[u32], done: &[u32]) -> Journal {
        Journal {
            begun: begun.iter().copied().collect(),
            done: done.iter().copied().collect(),
        }
    }

    #[test]
    fn hidden_keys_are_decided_by_the_journal() {
        let target = crate::work::checks::tests::target();
        let key = target.steps.iter().find(|step| step.block().is_some()).unwrap();
        let bit = target.steps.iter().find(|step| step.block().is_none()).unwrap();
        let (none, begun, done) = (journal(&[], &[]), journal(&[1], &[]), journal(&[1], &[1]));
        let used = Some(QuarantineReason::KeyBlockUsed);
        let differs = Some(QuarantineReason::EfuseDiffers);
        for (state, journal, step, expected) in [
            (EfuseState::Blank, &none, key, None),
            (EfuseState::Blank, &begun, key, None),
            (EfuseState::Blank, &done, key, differs),
            (EfuseState::Hidden, &none, key, used),
            (EfuseState::Hidden, &begun, key, None),
            (EfuseState::Hidden, &done, key, None),
            (EfuseState::Burned, &none, key, None),
            (EfuseState::Partial, &begun, key, None),
            (EfuseState::Other, &none, key, used),
            (EfuseState::Other, &begun, key, differs),
            (EfuseState::Other, &none, bit, differs),
        ] {
            assert_eq!(verdict(state, journal, 1, step), expected, "{state:?}");
        }
    }
}
