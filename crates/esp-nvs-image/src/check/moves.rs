use alloc::collections::BTreeSet;

use super::finding::Finding;
use super::kind::FindingKind;
use super::pages::PageState;
use super::survey::Survey;
use crate::layout::PAGE_SIZE;

/// The place in the log of the page that the firmware erases to begin an interrupted move again: the last page, if it
/// is active and an earlier one is being freed.
pub(super) fn given_up(survey: &Survey<'_>) -> Option<usize> {
    let last = survey.log.len().checked_sub(1)?;
    let is_active = survey.state(last) == Some(PageState::Active);
    (is_active && first_freeing(survey).is_some()).then_some(last)
}

fn first_freeing(survey: &Survey<'_>) -> Option<usize> {
    (0..survey.log.len()).find(|&rank| survey.state(rank) == Some(PageState::Freeing))
}

/// Takes the entries of that page out, and reports those that have no other copy.
pub(super) fn give_up_unfinished(survey: &mut Survey<'_>) {
    let page_offset = |survey: &Survey<'_>, rank: usize| {
        let info = survey.log.get(rank).and_then(|&i| survey.pages.get(i));
        info.map(|info| info.offset)
    };
    let target = given_up(survey);
    let erased = target.and_then(|rank| page_offset(survey, rank));
    let source = first_freeing(survey);
    for rank in 0..survey.log.len() {
        if survey.state(rank) == Some(PageState::Freeing) {
            let offset = page_offset(survey, rank);
            // One mount moves one page.
            let erased = erased.filter(|_| Some(rank) == source);
            survey.report(offset, FindingKind::InterruptedMove { erased });
        }
    }
    let (Some(target), Some(source)) = (target, source) else {
        return;
    };
    // What else is wrong with a page that is erased anyway does no harm: power may have failed in the middle of a copy.
    let is_on_target = |offset: usize| erased.is_some_and(|page| page / PAGE_SIZE == offset / PAGE_SIZE);
    survey
        .findings
        .retain(|finding| !finding.offset.is_some_and(is_on_target));
    let sources = survey.records.iter().filter(|record| record.rank == source);
    let sources = sources.map(super::survey::Record::identity).collect::<BTreeSet<_>>();
    let findings = &mut survey.findings;
    survey.records.retain(|record| {
        let stays = record.rank != target;
        if !stays && !sources.contains(&record.identity()) {
            findings.push(Finding::at(record.offset, FindingKind::LostInMove { key: record.key }));
        }
        stays
    });
}
