//! Entries with equal identities. They are rare, so that sorting a list of numbers is sufficient.

use alloc::vec;
use alloc::vec::Vec;

use crate::error::{Error, FaultSink};
use crate::finding::{Finding, FindingKind, Kept};
use crate::item_type::ItemType;
use crate::layout::PAGE_SIZE;
use crate::mount::Mount;
use crate::page::{Page, PageState};
use crate::record::Stored;

/// Returns `false` if the firmware erases no entry because of another one; `true` if it may.
///
/// Compares hashes instead of keys. Collisions, random or crafted, and clusters only cost the time
/// for a full search.
pub(crate) fn may_have(entries: &[Stored<'_>], pages: &[(Page<'_>, PageState)]) -> bool {
    let mut met = HashSet::with_capacity(entries.len());
    entries.iter().any(|entry| !met.insert(entry.identity().hash())) || may_end_with_chunk(entries, pages)
}

/// A set of hashes, at most half full.
struct HashSet {
    /// The low halves of the hashes, near the positions given by the high halves.
    places: Vec<u32>,
    mask: usize,
}

impl HashSet {
    const MAX_PROBES: usize = 32;

    fn with_capacity(capacity: usize) -> Self {
        let mask = (2 * capacity).next_power_of_two() - 1;
        Self {
            places: vec![0; mask + Self::MAX_PROBES],
            mask,
        }
    }

    /// Inserts a hash; returns `false` if an equal one exists, or if there is no free position near
    /// its own.
    fn insert(&mut self, hash: u64) -> bool {
        let [a, b, c, d, upper @ ..] = hash.to_le_bytes();
        let own = usize::try_from(u32::from_le_bytes(upper)).unwrap_or_default() & self.mask;
        let near = self.places.iter_mut().skip(own).take(Self::MAX_PROBES);
        // 0 marks a free position.
        let wanted = u32::from_le_bytes([a, b, c, d]) | 1;
        for place in near {
            if *place == 0 {
                *place = wanted;
                return true;
            }
            if *place == wanted {
                return false;
            }
        }
        false
    }
}

/// Returns whether an active page may end with a chunk.
fn may_end_with_chunk(entries: &[Stored<'_>], pages: &[(Page<'_>, PageState)]) -> bool {
    let number = |entry: &Stored<'_>| entry.offset / PAGE_SIZE;
    let mut on_pages = entries.chunk_by(|a, b| number(a) == number(b));
    on_pages.any(|entries| {
        let last = entries.last().filter(|last| last.kind == ItemType::BlobChunk);
        let page = last.and_then(|last| pages.get(number(last)));
        page.is_some_and(|(_, state)| *state == PageState::Active)
    })
}

/// Marks the entries that the firmware erases at mount.
pub(crate) fn erase(
    entries: &mut [Stored<'_>],
    pages: &[(Page<'_>, PageState)],
    mount: &Mount,
    report: &mut impl FaultSink,
) -> Result<(), Error> {
    let on_page = |entry: &Stored<'_>| entry.offset / PAGE_SIZE;
    for entries in entries.chunk_by_mut(|a, b| on_page(a) == on_page(b)) {
        let page = entries.first().and_then(|first| pages.get(on_page(first)));
        let Some((page, _)) = page.filter(|(page, _)| !mount.keeps_all(page)) else {
            continue;
        };
        let heads = mount.heads(page);
        let is_erased = |entry: &&mut Stored<'_>| !heads.keeps(page.slot_at(entry.offset));
        for entry in entries.iter_mut().filter(is_erased) {
            entry.is_kept = false;
            let fault = mount.fault_of_erased(page, heads, &entry.record());
            // The others are reported when the fate of the later entries is known.
            if matches!(fault.kind, FindingKind::ChunkErased { .. }) {
                report(fault)?;
            }
        }
    }
    Ok(())
}

/// Determines which entries of one identity a search finds, and reports the pairs.
pub(crate) fn find(entries: &mut [Stored<'_>], report: &mut impl FaultSink) -> Result<(), Error> {
    let mut order = (0..entries.len()).collect::<Vec<_>>();
    order.sort_by_key(|&place| entries.get(place).map(|entry| entry.identity()));
    let is_same = |a: &usize, b: &usize| {
        let identity = |place: usize| entries.get(place).map(|entry| entry.identity());
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
            let fault = later.record().repeated(earlier.offset, kept);
            report(Finding::at(later.offset, fault))?;
        }
        for ((place, _), is_found) in group.iter().zip(found) {
            if let Some(entry) = entries.get_mut(*place) {
                entry.is_lost |= !is_found;
            }
        }
    }
    Ok(())
}

/// Returns which entries of one identity, in log order, a search finds.
///
/// A search returns the first entry of a key on a page, and continues on the next page if that
/// entry has another type (`Storage::findItem`). A blob in one piece is searched only if there is
/// no chunked one. A duplicate chunk makes the count of its index wrong, so that the blob is
/// dropped with both chunks.
fn found(group: &[(usize, Stored<'_>)]) -> Vec<bool> {
    let mut types = Vec::new();
    let mut last_page = None;
    let mut found = Vec::with_capacity(group.len());
    for (
        _,
        Stored {
            offset,
            kind,
            is_kept,
            is_lost,
            ..
        },
    ) in group
    {
        let page = offset / PAGE_SIZE;
        let is_left = *is_kept && !is_lost;
        let is_first = is_left && last_page.replace(page) != Some(page);
        let is_found = is_first && !types.contains(kind);
        if is_found {
            types.push(*kind);
        }
        found.push(is_found);
    }
    if types.contains(&ItemType::BlobIndex) {
        let one_piece = found.iter_mut().zip(group);
        let one_piece = one_piece.filter(|(_, (_, entry))| entry.kind == ItemType::BlobV1);
        one_piece.for_each(|(is_found, _)| *is_found = false);
    }
    found
}
