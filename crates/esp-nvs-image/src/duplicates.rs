//! Entries of one identity. They are rare, so that no more is done about them than to sort a list of numbers.

use alloc::vec::Vec;

use crate::error::{Error, Report};
use crate::finding::{Finding, FindingKind, Kept};
use crate::item_type::ItemType;
use crate::layout::PAGE_SIZE;
use crate::mount::Mount;
use crate::page::{Page, PageState};
use crate::record::Stored;

/// Tells whether the firmware may erase entries because of others; `false` if it does not.
///
/// Hashes are compared and not keys. Hashes that meet by chance, or by somebody's doing, only cost the time to look.
pub(crate) fn may_have(entries: &[Stored<'_>], pages: &[(Page<'_>, PageState)]) -> bool {
    let mut hashes = entries
        .iter()
        .map(|entry| entry.record.identity().hash())
        .collect::<Vec<_>>();
    hashes.sort_unstable();
    hashes.windows(2).any(|pair| pair.first() == pair.last()) || may_end_with_chunk(entries, pages)
}

/// Tells whether an active page may end with a chunk.
fn may_end_with_chunk(entries: &[Stored<'_>], pages: &[(Page<'_>, PageState)]) -> bool {
    let number = |entry: &Stored<'_>| entry.record.offset / PAGE_SIZE;
    let mut on_pages = entries.chunk_by(|a, b| number(a) == number(b));
    on_pages.any(|entries| {
        let last = entries.last().filter(|last| last.record.is_chunk());
        let page = last.and_then(|last| pages.get(number(last)));
        page.is_some_and(|(_, state)| *state == PageState::Active)
    })
}

/// Marks the entries that the firmware erases at mount.
pub(crate) fn erase(
    entries: &mut [Stored<'_>],
    pages: &[(Page<'_>, PageState)],
    mount: &Mount,
    report: &mut impl Report,
) -> Result<(), Error> {
    let on_page = |entry: &Stored<'_>| entry.record.offset / PAGE_SIZE;
    for entries in entries.chunk_by_mut(|a, b| on_page(a) == on_page(b)) {
        let page = entries.first().and_then(|first| pages.get(on_page(first)));
        let Some((page, _)) = page.filter(|(page, _)| !mount.keeps_all(page)) else {
            continue;
        };
        let heads = mount.heads(page);
        let is_erased = |entry: &&mut Stored<'_>| !heads.keeps(page.slot_at(entry.record.offset));
        for entry in entries.iter_mut().filter(is_erased) {
            entry.is_kept = false;
            let fault = mount.fault_of_erased(page, heads, &entry.record);
            // The others are told when it is known what becomes of the later ones.
            if matches!(fault.kind, FindingKind::ChunkErased { .. }) {
                report(fault)?;
            }
        }
    }
    Ok(())
}

/// Finds out which of the entries of one identity a search finds, and reports the pairs.
pub(crate) fn find(entries: &mut [Stored<'_>], report: &mut impl Report) -> Result<(), Error> {
    let mut order = (0..entries.len()).collect::<Vec<_>>();
    order.sort_by_key(|&place| entries.get(place).map(|entry| entry.record.identity()));
    let is_same = |a: &usize, b: &usize| {
        let identity = |place: usize| entries.get(place).map(|entry| entry.record.identity());
        identity(*a) == identity(*b)
    };
    let groups = order.chunk_by(is_same).filter(|group| group.len() > 1);
    let groups = groups.map(<[usize]>::to_vec).collect::<Vec<_>>();
    for group in groups {
        let of_place = |place: usize| Some((place, *entries.get(place)?));
        let group = group.into_iter().filter_map(of_place).collect::<Vec<_>>();
        let found = found(&group);
        let pairs = group.iter().zip(&found).zip(group.iter().zip(&found).skip(1));
        for (((_, earlier), is_earlier), ((_, later), is_later)) in pairs {
            let kept = match (is_earlier, is_later) {
                (true, true) => Kept::Both,
                (true, false) => Kept::Earlier,
                (false, true) => Kept::Later,
                (false, false) => Kept::Neither,
            };
            let fault = later.record.repeated(earlier.record.offset, kept);
            report(Finding::at(later.record.offset, fault))?;
        }
        for ((place, _), is_found) in group.iter().zip(found) {
            if let Some(entry) = entries.get_mut(*place) {
                entry.is_lost |= !is_found;
            }
        }
    }
    Ok(())
}

/// Which of the entries of one identity, in the order of the log, a search finds.
///
/// A page is asked for the first entry of a key, and if that is of another type the next page (`Storage::findItem`). A blob in
/// one piece is looked for only if there is none in chunks. Of two chunks of one index one is too many, so that the blob is
/// dropped and with it both.
fn found(group: &[(usize, Stored<'_>)]) -> Vec<bool> {
    let mut types = Vec::new();
    let mut last_page = None;
    let mut found = Vec::with_capacity(group.len());
    for (
        _,
        Stored {
            record,
            is_kept,
            is_lost,
            ..
        },
    ) in group
    {
        let page = record.offset / PAGE_SIZE;
        let is_left = *is_kept && !is_lost;
        let is_first = is_left && last_page.replace(page) != Some(page);
        let is_found = is_first && !types.contains(&record.kind);
        if is_found {
            types.push(record.kind);
        }
        found.push(is_found);
    }
    if types.contains(&ItemType::BlobIndex) {
        let one_piece = found.iter_mut().zip(group);
        let one_piece = one_piece.filter(|(_, (_, entry))| entry.record.kind == ItemType::BlobV1);
        one_piece.for_each(|(is_found, _)| *is_found = false);
    }
    found
}
