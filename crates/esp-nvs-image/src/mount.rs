use crate::finding::{Finding, FindingKind, Kept};
use crate::item_type::ItemType;
use crate::layout::PAGE_SIZE;
use crate::page::Page;
use crate::page_records::PageRecords;
use crate::record::{Identity, Record};
use crate::slot_states::slots_of;

/// The parts that the firmware erases when it mounts a partition: a page, and entries that are
/// superseded.
///
/// Source: ESP-IDF `components/nvs_flash`, `PageManager::load` and `Page::mLoadEntryTable`.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Mount {
    /// The offset of the page that is erased because the move of another page to it starts again.
    pub(crate) given_up: Option<usize>,
    /// The page that is moved.
    pub(crate) source: Option<usize>,
    /// The offsets of the entry that the last entry of the log supersedes, and of that last entry.
    superseded: Option<(usize, usize)>,
}

/// The entries of a page: one bit for each slot with a head.
#[derive(Clone, Copy)]
pub(crate) struct Heads {
    /// The entries that the firmware finds.
    all: u128,
    /// The entries that the firmware keeps.
    kept: u128,
}

impl Mount {
    /// Examines the pages in log order.
    pub(crate) fn new<'a>(log: impl Iterator<Item = Page<'a>> + Clone) -> Self {
        let mut mount = Self::of_moves(log.clone());
        mount.find_superseded(log);
        mount
    }

    /// Examines only page moves: the last page is given up if it is active and an earlier one is
    /// being moved.
    pub(crate) fn of_moves<'a>(log: impl Iterator<Item = Page<'a>>) -> Self {
        let mut source = None;
        let mut last = None;
        for page in log {
            if source.is_none() && page.is_freeing() {
                source = Some(page.offset());
            }
            last = Some(page);
        }
        let given_up = last.filter(|page| source.is_some() && page.is_active());
        Self {
            given_up: given_up.map(|page| page.offset()),
            source,
            superseded: None,
        }
    }

    pub(crate) fn gives_up(&self, page: &Page<'_>) -> bool {
        self.given_up == Some(page.offset())
    }

    /// Returns the entries that exist only on the page given up.
    pub(crate) fn lost<'a>(&self, image: &'a [u8]) -> Lost<'a> {
        let page = |offset: Option<usize>| Page::nth(image, offset? / PAGE_SIZE);
        let (Some(target), Some(source)) = (page(self.given_up), page(self.source)) else {
            return Lost(None);
        };
        let originals = heads_of(&source);
        let is_copy = |slot| {
            let wanted = identity_and_type(&target, slot).map(|(identity, _)| identity);
            slots_of(originals).any(|other| identity_and_type(&source, other).map(|(identity, _)| identity) == wanted)
        };
        let lost = slots_of(heads_of(&target)).filter(|slot| !is_copy(*slot));
        Lost(Some((target, lost.fold(0, |bits, slot| bits | 1 << slot))))
    }

    /// Finds the old value of the last entry, if power failed before it was erased.
    ///
    /// On each page the firmware finds the first entry of the key that the load of the page has
    /// kept; if it has another type, the search continues on the next page (`Page::findItem`). A
    /// blob index also supersedes a blob in one piece.
    ///
    /// The firmware does this before it gives up the last page for an interrupted move, but then
    /// the only matches are originals on the page being moved, which are kept.
    pub(crate) fn find_superseded<'a>(&mut self, log: impl Iterator<Item = Page<'a>> + Clone) {
        self.superseded = None;
        if self.given_up.is_some() {
            return;
        }
        let Some(last_page) = log.clone().last() else { return };
        let Some(last) = last_of(heads_of(&last_page)) else {
            return;
        };
        let Some((identity, kind)) = identity_and_type(&last_page, last) else {
            return;
        };
        let one_piece = (kind == BLOB_INDEX).then_some(BLOB_V1);
        let earlier = [Some(kind), one_piece].into_iter().flatten().find_map(|kind| {
            let earlier = log.clone().take_while(|page| page.offset() != last_page.offset());
            // Most pages have no such entry, which is faster to find out than the positions of
            // their entries.
            let may_hold = |page: &Page<'_>| page.slots().any(|(_, bytes)| Identity::of_slot(bytes) == identity);
            let mut earlier = earlier.filter(|page| !page.is_freeing() && may_hold(page));
            earlier.find_map(|page| {
                let heads = Heads::load(&page);
                let mut entries = slots_of(heads.kept).map(|slot| (slot, identity_and_type(&page, slot)));
                let (slot, first) = entries.find(|(_, entry)| entry.is_some_and(|(other, _)| other == identity))?;
                (first == Some((identity, kind))).then(|| page.slot_offset(slot))
            })
        });
        self.superseded = earlier.map(|earlier| (earlier, last_page.slot_offset(last)));
    }

    /// Returns whether no entry of a page is erased because of another one.
    pub(crate) fn keeps_all(&self, page: &Page<'_>) -> bool {
        !page.is_active() && self.superseded.is_none_or(|(earlier, _)| !page.holds(earlier))
    }

    /// Returns the entries of a page after the mount; not called for the page given up.
    pub(crate) fn heads(&self, page: &Page<'_>) -> Heads {
        let mut heads = Heads::load(page);
        if let Some((earlier, _)) = self.superseded.filter(|(earlier, _)| page.holds(*earlier)) {
            heads.kept &= !(1 << page.slot_at(earlier));
        }
        heads
    }

    /// Returns the fault of an erased entry. `heads` are the entries of its page.
    pub(crate) fn fault_of_erased(&self, page: &Page<'_>, heads: Heads, erased: &Record<'_>) -> Finding {
        let slot = page.slot_at(erased.offset);
        let mut after = slots_of(heads.all & (u128::MAX << slot << 1));
        let is_same =
            |other: &usize| identity_and_type(page, *other).is_some_and(|(other, _)| other == erased.identity());
        let later = match self.superseded {
            Some((earlier, later)) if earlier == erased.offset => Some(later),
            _ => after.find(is_same).map(|later| page.slot_offset(later)),
        };
        if let Some(later) = later {
            return Finding::at(later, erased.repeated(erased.offset, Kept::Later));
        }
        let (key, chunk) = (erased.key, erased.chunk);
        let last = last_of(heads.all).map_or(0, |last| page.slot_offset(last));
        Finding::at(erased.offset, FindingKind::ChunkErased { key, chunk, last })
    }
}

/// The entries of the page given up.
#[derive(Clone)]
pub(crate) struct Lost<'a>(Option<(Page<'a>, u128)>);

impl Iterator for Lost<'_> {
    type Item = Finding;

    fn next(&mut self) -> Option<Finding> {
        let (page, bits) = self.0.as_mut()?;
        let slot = slots_of(*bits).next()?;
        *bits &= *bits - 1;
        let (Identity { key, .. }, _) = identity_and_type(page, slot)?;
        Some(Finding::at(page.slot_offset(slot), FindingKind::LostInMove { key }))
    }
}

impl Record<'_> {
    /// Returns the fault of an entry with the same identity as an earlier one.
    pub(crate) fn repeated(&self, earlier: usize, kept: Kept) -> FindingKind {
        let (key, chunk) = (self.key, self.chunk);
        if self.is_chunk() {
            FindingKind::DuplicateChunk {
                key,
                chunk,
                earlier,
                kept,
            }
        } else if self.is_in_table() {
            FindingKind::NamespaceTwice {
                name: key,
                earlier,
                kept,
            }
        } else {
            FindingKind::DuplicateKey { key, earlier, kept }
        }
    }
}

const BLOB_V1: u8 = ItemType::BlobV1.code();
const BLOB_INDEX: u8 = ItemType::BlobIndex.code();
const BLOB_CHUNK: u8 = ItemType::BlobChunk.code();

fn identity_and_type(page: &Page<'_>, slot: usize) -> Option<(Identity, u8)> {
    let bytes @ [_, kind, ..] = page.slot(slot)?;
    Some((Identity::of_slot(bytes), *kind))
}

impl Heads {
    /// Returns the entries that the load of a page keeps: on an active page those without a later
    /// entry of the same identity, regardless of their types.
    fn load(page: &Page<'_>) -> Self {
        let all = heads_of(page);
        let mut heads = Self { all, kept: all };
        if !page.is_active() {
            return heads;
        }
        // From the last entry on. The set of hashes seen so far limits the comparisons with later
        // entries.
        let (mut rest, mut after, mut met) = (all, 0u128, [0u128; 8]);
        while let Some(slot) = last_of(rest) {
            rest &= !(1 << slot);
            let Some((identity, _)) = identity_and_type(page, slot) else {
                continue;
            };
            let is_same = |other| identity_and_type(page, other).is_some_and(|(other, _)| other == identity);
            let [word, bit, ..] = identity.hash().to_be_bytes();
            if let Some(met) = met.get_mut(usize::from(word % 8)) {
                if *met >> (bit % 128) & 1 == 1 && slots_of(after).any(is_same) {
                    heads.kept &= !(1 << slot);
                }
                *met |= 1 << (bit % 128);
            }
            after |= 1 << slot;
        }
        if let Some(erased) = heads.before_last_chunk(page) {
            heads.kept &= !(1 << erased);
        }
        heads
    }

    /// Returns the first chunk of the key whose chunk ends the page, regardless of their chunk indices.
    ///
    /// After loading an active page, the firmware searches the first entry equal to the last one
    /// ("check that last item is not duplicate") and erases it. Since 2024 (v5.0.8, v5.1.6, v5.2.2,
    /// v5.3) that search finds a chunk of either generation, so that a power failure between a
    /// blob's new chunk and its index loses the old value. An erased slot after the chunk prevents
    /// the search.
    fn before_last_chunk(&self, page: &Page<'_>) -> Option<usize> {
        let last = last_of(self.all)?;
        let (wanted, kind) = identity_and_type(page, last)?;
        let end = last + Record::read(page, last).ok()?.slots();
        let is_torn = end < page.end() || !page.is_untouched(end);
        if kind != BLOB_CHUNK || is_torn {
            return None;
        }
        let is_like_it = |slot: &usize| {
            identity_and_type(page, *slot).is_some_and(|(other, kind)| {
                kind == BLOB_CHUNK && (other.namespace, other.key) == (wanted.namespace, wanted.key)
            })
        };
        slots_of(self.kept).find(is_like_it).filter(|slot| *slot < last)
    }

    /// Returns whether the firmware keeps an entry.
    pub(crate) const fn keeps(&self, slot: usize) -> bool {
        self.kept >> slot & 1 == 1
    }

    /// Returns one bit for each slot with the head of a kept entry.
    pub(crate) const fn kept(&self) -> u128 {
        self.kept
    }
}

/// Returns the entries of a page before any are erased: one bit for each slot with a head.
fn heads_of(page: &Page<'_>) -> u128 {
    let records = PageRecords::mounted(*page).flatten();
    records.fold(0, |bits, record| bits | 1 << page.slot_at(record.offset))
}

fn last_of(bits: u128) -> Option<usize> {
    let last = 127_u32.checked_sub(bits.leading_zeros())?;
    usize::try_from(last).ok()
}
