//! Keys that stand twice. That is rare, so that no more is done about it than to sort a list of numbers.

use alloc::vec::Vec;

use super::chunks::ChunkMap;
use super::{Report, Stored};
use crate::Error;
use crate::item::Item;
use crate::item_type::ItemType;
use crate::layout::PAGE_SIZE;
use crate::page::Page;

/// Tells whether two of the entries may have one key; `false` if no two have.
///
/// Hashes are compared and not keys. Hashes that meet by chance, or by somebody's doing, only cost the time to look.
pub(super) fn may_have(values: &[Item<'_>]) -> bool {
    let mut hashes = values.iter().map(hash).collect::<Vec<_>>();
    hashes.sort_unstable();
    hashes.windows(2).any(|pair| pair.first() == pair.last())
}

fn hash(item: &Item<'_>) -> u64 {
    let key = key(item).to_be_bytes();
    let (halves, _) = key.as_chunks::<8>();
    halves.iter().fold(0, |hash: u64, half| {
        let mixed = (hash ^ u64::from_le_bytes(*half)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        mixed ^ mixed >> 29
    })
}

fn key(item: &Item<'_>) -> u128 {
    item.key().within(item.namespace_index())
}

/// Leaves of the entries of one key those that the firmware finds, and reports the others.
pub(super) fn resolve<'a>(
    stored: &mut Stored<'a>,
    chunks: &mut ChunkMap<'a>,
    report: &mut impl Report,
) -> Result<(), Error> {
    let mut sorted = stored.values.clone();
    sorted.sort_by_key(key);
    let groups = sorted.chunk_by(|a, b| key(a) == key(b)).filter(|group| group.len() > 1);
    let erased = erased(stored, groups.clone().flatten(), chunks);
    let is_erased = |item: &Item<'_>| erased.binary_search(&item.offset()).is_ok();

    for (earlier, later) in chunks.pairs() {
        let (offset, key) = (if is_erased(earlier) { earlier } else { later }.offset(), later.key());
        report(Error::DuplicateEntry { offset, key })?;
    }
    chunks.retain(|chunk| !is_erased(chunk));
    let mut gone = Vec::new();
    for group in groups {
        let mut left = Vec::new();
        for item in group {
            let (offset, key) = (item.offset(), item.key());
            if is_erased(item) {
                report(Error::DuplicateEntry { offset, key })?;
                gone.push(offset);
            } else if item.kind() != ItemType::BlobIndex || chunks.find(item).is_some() {
                left.push(item);
            }
            // The firmware drops an index that does not fit its chunks. That is reported when the chunks are put together.
        }
        let mut has_one = false;
        for (item, is_found) in left.iter().zip(found(&left)) {
            let (offset, key) = (item.offset(), item.key());
            if has_one || !is_found {
                report(Error::DuplicateEntry { offset, key })?;
            }
            if !is_found {
                gone.push(offset);
            }
            has_one |= is_found;
        }
    }
    gone.sort_unstable();
    stored.values.retain(|item| gone.binary_search(&item.offset()).is_err());
    Ok(())
}

/// The offsets of entries that the firmware erases when it mounts the partition, ascending.
fn erased<'a>(stored: &Stored<'a>, values: impl Iterator<Item = &'a Item<'a>>, chunks: &ChunkMap<'a>) -> Vec<usize> {
    let chunks = chunks
        .pairs()
        .flat_map(|(earlier, later)| [earlier.offset(), later.offset()]);
    let mut offsets = values.map(Item::offset).chain(chunks).collect::<Vec<_>>();
    offsets.sort_unstable();
    offsets.dedup();
    let mut repeats = stored.repeats();
    offsets.retain(|&offset| {
        Page::nth(stored.image, offset / PAGE_SIZE).is_some_and(|page| repeats.is_erased(&page, offset))
    });
    offsets
}

/// Which of the entries of one key, in the order of the log, a search finds: on each page the first, and of each type
/// the first. A blob in one piece is looked for only if there is none in chunks.
fn found<'i>(items: &'i [&Item<'_>]) -> impl Iterator<Item = bool> + use<'i> {
    let has_index = items.iter().any(|item| item.kind() == ItemType::BlobIndex);
    let mut types = Vec::new();
    let mut last_page = None;
    items.iter().map(move |item| {
        let page = item.offset() / PAGE_SIZE;
        let is_first = last_page.replace(page) != Some(page);
        let is_found = is_first && !types.contains(&item.kind()) && !(has_index && item.kind() == ItemType::BlobV1);
        if is_found {
            types.push(item.kind());
        }
        is_found
    })
}
