use alloc::vec::Vec;

use super::kept::Kept;
use super::kind::FindingKind;
use super::pages::PageState;
use super::survey::{Record, Survey};
use crate::item_type::ItemType;

/// Marks the entries that the firmware erases because a later one has the same key.
pub(super) fn resolve(survey: &mut Survey<'_>) {
    for pair in pairs(survey) {
        let Some((earlier, later)) = both(survey, pair) else {
            continue;
        };
        if earlier.rank == later.rank && survey.state(later.rank) == Some(PageState::Active) {
            drop_entry(survey, pair.0);
        }
    }
    resolve_last(survey);
}

/// The last entry of the log may be a new value whose old one was still to be erased when power failed: the firmware
/// erases the first that it finds on an earlier page. It does so before it gives up the last page for an interrupted
/// move, but then only originals on the page being freed match, which are spared.
fn resolve_last(survey: &mut Survey<'_>) {
    let Some(last) = survey.records.last().copied() else {
        return;
    };
    if last.rank + 1 != survey.log.len() {
        return;
    }
    let is_older = |survey: &Survey<'_>, record: &Record<'_>| {
        record.rank < last.rank
            && record.identity() == last.identity()
            && survey.state(record.rank) != Some(PageState::Freeing)
    };
    for kind in [last.kind, ItemType::BlobV1] {
        let older = survey
            .kept_records()
            .find(|(_, record)| record.kind == kind && is_older(survey, record));
        if let Some((older, _)) = older {
            drop_entry(survey, older);
            return;
        }
        if last.kind != ItemType::BlobIndex {
            return;
        }
    }
}

/// Reports the entries that stand twice. `mismatched` are the blob indices that the firmware drops.
pub(super) fn report(survey: &mut Survey<'_>, mismatched: &[usize]) {
    for pair in pairs(survey) {
        let Some((earlier, later)) = both(survey, pair) else {
            continue;
        };
        let is_lost = |index: usize| !is_kept(survey, index) || mismatched.binary_search(&index).is_ok();
        let kept = match (is_lost(pair.0), is_lost(pair.1)) {
            (true, true) => Kept::Neither,
            (true, false) => Kept::Later,
            (false, true) => Kept::Earlier,
            (false, false) => kept_of_two(&earlier, &later),
        };
        let (key, earlier) = (later.key, earlier.offset);
        let kind = if later.kind == ItemType::BlobChunk {
            let chunk = later.chunk;
            FindingKind::DuplicateChunk {
                key,
                chunk,
                earlier,
                kept,
            }
        } else if later.is_in_table() {
            let name = key;
            FindingKind::NamespaceTwice { name, earlier, kept }
        } else {
            FindingKind::DuplicateKey { key, earlier, kept }
        };
        survey.report(Some(later.offset), kind);
    }
}

/// What a search finds when the mount leaves both entries.
fn kept_of_two(earlier: &Record<'_>, later: &Record<'_>) -> Kept {
    match (earlier.kind, later.kind) {
        // Two chunks for one place are one too many for the index.
        (ItemType::BlobChunk, ItemType::BlobChunk) => Kept::Neither,
        // An index is asked for first.
        (ItemType::BlobV1, ItemType::BlobIndex) => Kept::Later,
        (ItemType::BlobIndex, ItemType::BlobV1) => Kept::Earlier,
        // A page is asked for the first entry of a key, and the search goes on if that has another type.
        (a, b) if a != b && earlier.rank != later.rank => Kept::Both,
        _ => Kept::Earlier,
    }
}

/// Entries of one identity, each with the one before it, as places in `records`.
fn pairs(survey: &Survey<'_>) -> Vec<(usize, usize)> {
    let mut order = survey.records.iter().enumerate().collect::<Vec<_>>();
    order.sort_by_key(|(_, record)| record.identity());
    let neighbours = order.iter().zip(order.iter().skip(1));
    neighbours
        .filter(|((_, a), (_, b))| a.identity() == b.identity())
        .map(|((a, _), (b, _))| (*a, *b))
        .collect()
}

fn both<'a>(survey: &Survey<'a>, (earlier, later): (usize, usize)) -> Option<(Record<'a>, Record<'a>)> {
    let record = |index: usize| survey.records.get(index).copied();
    record(earlier).zip(record(later))
}

fn is_kept(survey: &Survey<'_>, index: usize) -> bool {
    survey.kept.get(index) == Some(&true)
}

fn drop_entry(survey: &mut Survey<'_>, index: usize) {
    if let Some(kept) = survey.kept.get_mut(index) {
        *kept = false;
    }
}
