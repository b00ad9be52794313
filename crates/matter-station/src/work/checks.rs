//! The requirements on a board before anything is written to it.

use esp_flash_plan::{Action, Phase, Step};
use matter_ledger::JournalEntry;

use super::efuses::Journal;
use super::{Stop, Work};
use crate::{Board, BoardFacts, BoardFault, BoardRefusal, BoardTarget, EfuseBurn, EfuseState, QuarantineReason};

impl Work<'_> {
    /// Compares a board with the plan. A board with a device is quarantined, any other is refused.
    pub(super) fn check_board(
        &mut self,
        board: &mut dyn Board,
        facts: &BoardFacts,
        journal: &[JournalEntry],
    ) -> Result<(), Stop> {
        let source = self.station.source.clone();
        let target = source.target();
        if let Some((reason, detail)) = unsuited(target, facts) {
            return Err(self.refuse(reason, None, detail)?.into());
        }
        let journal = Journal::new(journal);
        let Some(detail) = used(target, board, &journal)? else {
            return Ok(());
        };
        let outcome = match &self.claim {
            Some(_) => self.quarantine(QuarantineReason::KeyBlockUsed, detail)?,
            None => self.refuse(BoardRefusal::EfuseUsed, None, detail)?,
        };
        Err(outcome.into())
    }
}

/// Returns why the chip does not suit the plan.
pub(super) fn unsuited(target: &BoardTarget, facts: &BoardFacts) -> Option<(BoardRefusal, String)> {
    if facts.chip != Some(target.chip) {
        let detail = format!("{}, but the plan is for {}", facts.chip_name, target.chip);
        return Some((BoardRefusal::WrongChip, detail));
    }
    if let Some(min) = target.min_revision
        && facts.revision.is_none_or(|revision| revision < min)
    {
        let found = facts
            .revision
            .map_or_else(|| "unknown".into(), |revision| revision.to_string());
        let detail = format!("revision {found}, but the plan requires {min}");
        return Some((BoardRefusal::WrongRevision, detail));
    }
    // A flash of unknown size is checked by the later comparison.
    if let Some(size) = facts.flash_size
        && size < target.flash_size
    {
        let detail = format!("{size} bytes, but the plan requires {}", target.flash_size);
        return Some((BoardRefusal::FlashSmall, detail));
    }
    None
}

/// Returns an eFuse that this station has not burned, but the plan needs unburned.
fn used(target: &BoardTarget, board: &mut dyn Board, journal: &Journal) -> Result<Option<String>, BoardFault> {
    let efuses = &target.chip.facts().efuses;
    let switches = [Some(efuses.crypt_count), efuses.secure_boot_v1, efuses.secure_boot_v2];
    let is_ours = |name: &str| {
        let burns = |step: &Step| matches!(step.action(), Action::BurnEfuse { name: burned, .. } if *burned == name);
        let step = (1u32..).zip(&target.steps).find(|(_, step)| burns(step));
        step.is_some_and(|(number, _)| journal.has(number))
    };
    let names = switches
        .into_iter()
        .flatten()
        .filter(|name| !is_ours(name))
        .collect::<Vec<_>>();
    if !names.is_empty() {
        let values = board.efuse_values(&names)?;
        if let Some((name, _)) = names
            .iter()
            .zip(values)
            .find(|(_, value)| value.is_some_and(|value| value != 0))
        {
            return Ok(Some(format!("{name} is burned")));
        }
    }
    // An eFuse that only restricts may be burned already; a key, or an eFuse that prevents hiding keys, may not.
    let matters = |step: &Step| match step.action() {
        Action::BurnKey { .. } | Action::WriteProtect { .. } => true,
        _ => step.phase() == Phase::Revoke,
    };
    let steps = (1u32..)
        .zip(&target.steps)
        .filter(|(number, step)| !journal.has(*number) && matters(step));
    let burns = steps.map(|(_, step)| EfuseBurn { step, key: None }).collect::<Vec<_>>();
    if burns.is_empty() {
        return Ok(None);
    }
    let states = board.efuse_states(&burns)?;
    let found = burns.iter().zip(states).find(|(_, state)| *state != EfuseState::Blank);
    Ok(found.map(|(burn, _)| match burn.step.block() {
        Some(block) => format!("{block} is used"),
        None => format!("already done: {}", burn.step),
    }))
}

#[cfg(test)]
pub(super) mod tests {
    use esp_flash_image::{Chip, ChipRevision};

    use super::*;

    /// A target without its data.
    pub(crate) fn target() -> BoardTarget {
        crate::station_device::tests::target()
    }

    #[test]
    fn a_board_of_another_kind_is_refused() {
        let target = BoardTarget {
            min_revision: Some(ChipRevision::new(0, 4).unwrap()),
            ..target()
        };
        let fits = BoardFacts {
            chip: Some(target.chip),
            revision: ChipRevision::new(0, 4).ok(),
            flash_size: Some(target.flash_size),
            ..BoardFacts::default()
        };
        assert_eq!(unsuited(&target, &fits), None);
        let reason = |facts: BoardFacts| unsuited(&target, &facts).map(|(reason, _)| reason);
        for (facts, expected) in [
            (
                BoardFacts {
                    chip: None,
                    ..fits.clone()
                },
                BoardRefusal::WrongChip,
            ),
            (
                BoardFacts {
                    chip: Some(Chip::Esp32),
                    ..fits.clone()
                },
                BoardRefusal::WrongChip,
            ),
            (
                BoardFacts {
                    revision: ChipRevision::new(0, 3).ok(),
                    ..fits.clone()
                },
                BoardRefusal::WrongRevision,
            ),
            (
                BoardFacts {
                    revision: None,
                    ..fits.clone()
                },
                BoardRefusal::WrongRevision,
            ),
            (
                BoardFacts {
                    flash_size: Some(0x20_0000),
                    ..fits.clone()
                },
                BoardRefusal::FlashSmall,
            ),
        ] {
            assert_eq!(reason(facts), Some(expected));
        }
        assert_eq!(
            reason(BoardFacts {
                flash_size: None,
                ..fits
            }),
            None
        );
    }
}
