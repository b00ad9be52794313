use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;

use crate::finding::{Finding, FindingKind};
use crate::head::IndexData;
use crate::item_type::ItemType;
use crate::layout::SECOND_HALF;
use crate::name::StoredKey;
use crate::record::{Record, Stored};

/// Assignment of chunks to indices, as by the firmware when it mounts the partition.
///
/// Source: ESP-IDF `components/nvs_flash`, `Storage::eraseMismatchedBlobIndexes` and
/// `eraseOrphanDataBlobs`. Entries are referred to by their position in the list of all entries.
#[derive(Default)]
pub(crate) struct Blobs {
    /// The chunks sorted by identity; equal identities are in log order.
    chunks: Vec<usize>,
    /// For each chunk the index to which it is assigned.
    booked: Vec<Option<usize>>,
    /// The indices of readable blobs in ascending order, each with its chunks.
    whole: Vec<(usize, Range<usize>)>,
}

impl Blobs {
    /// Assigns the chunks, and marks entries that the firmware drops as lost. Returns the faults of
    /// indices in log order.
    pub(crate) fn assign(entries: &mut [Stored<'_>]) -> (Self, Vec<Finding>) {
        let chunks = sorted(entries, ItemType::BlobChunk);
        let indices = sorted(entries, ItemType::BlobIndex);
        let mut blobs = Self {
            booked: vec![None; chunks.len()],
            chunks,
            whole: Vec::new(),
        };
        let mut faults = Vec::new();
        let mut is_lost = vec![true; blobs.chunks.len()];
        let key_of = |place: usize| entries.get(place).map(|entry| key_of(entry.record()));
        let (mut erased, mut next) = (Vec::new(), 0);
        for indices in indices.chunk_by(|a, b| key_of(*a) == key_of(*b)) {
            let mut group = Group::new(indices, entries);
            group.chunks = next..next;
            blobs.book(&mut group, entries);
            next = group.chunks.end;
            group.erase_mismatched();
            let covered = group.covered();
            for (at, chunk) in group.chunks.clone().zip(blobs.of_group(&group, entries)) {
                if let Some(is_lost) = is_lost.get_mut(at) {
                    *is_lost = !covered.has(chunk.chunk);
                }
            }
            for index in &group.indices {
                let readable = blobs.readable(&group, index, covered, entries);
                match readable.filter(|_| !index.is_erased) {
                    Some(chunks) => blobs.whole.push((index.place, chunks)),
                    None => {
                        let fault = group.fault(index, blobs.of_group(&group, entries));
                        faults.extend(fault.map(|fault| (index.place, fault)));
                    }
                }
                erased.extend(Some(index.place).filter(|_| index.is_erased));
            }
        }
        blobs.whole.sort_unstable_by_key(|(place, _)| *place);
        faults.sort_unstable_by_key(|(place, _)| *place);
        let offset = |place: usize| Some(entries.get(place)?.offset);
        let faults = faults
            .into_iter()
            .filter_map(|(place, fault)| Some(Finding::at(offset(place)?, fault)));
        let faults = faults.collect();
        let lost = blobs.chunks.iter().zip(is_lost).filter(|(_, is_lost)| *is_lost);
        for place in lost.map(|(place, _)| *place).chain(erased) {
            if let Some(entry) = entries.get_mut(place) {
                entry.is_lost = true;
            }
        }
        (blobs, faults)
    }

    /// Assigns each chunk of a key to the first index in log order that counts it.
    fn book(&mut self, group: &mut Group, entries: &[Stored<'_>]) {
        let counted_by = group.counted_by();
        let record = |place: &usize| entries.get(*place).map(Stored::record);
        // The keys are sorted, and so are their chunks.
        let from = group.chunks.start;
        let after = self.chunks.get(from..).unwrap_or_default().iter();
        let start = from
            + after
                .take_while(|place| record(place).map(key_of) < Some(group.key))
                .count();
        group.chunks = start..start;
        // As slices, since a build without optimization would step through what `skip` skips.
        let chunks = self.chunks.get(start..).unwrap_or_default();
        let booked = self.booked.get_mut(start..).unwrap_or_default();
        for (at, (place, booked)) in (start..).zip(chunks.iter().zip(booked)) {
            let Some(chunk) = record(place).filter(|chunk| key_of(*chunk) == group.key) else {
                break;
            };
            group.chunks.end = at + 1;
            let by = match &counted_by {
                Some(counted_by) => counted_by.get(usize::from(chunk.chunk)).copied().flatten(),
                None => Some(0),
            };
            let index = by
                .and_then(|n| group.indices.get_mut(n))
                .filter(|index| index.data.counts(chunk.chunk));
            if let Some(index) = index {
                *booked = Some(index.place);
                index.count += 1;
                index.bytes += chunk.payload.len();
            }
        }
    }

    fn of_group<'e>(&self, group: &Group, entries: &'e [Stored<'_>]) -> impl Iterator<Item = Record<'e>> {
        let places = self.chunks.get(group.chunks.clone()).unwrap_or_default();
        places
            .iter()
            .filter_map(|place| entries.get(*place))
            .map(Stored::record)
    }

    /// Returns the chunks that a read of the blob finds in sequence, or `None` if there are too few
    /// or their size differs.
    fn readable(&self, group: &Group, index: &Index, covered: Covered, entries: &[Stored<'_>]) -> Option<Range<usize>> {
        let places = self.chunks.get(group.chunks.clone())?;
        let record = |place: &usize| entries.get(*place).map(Stored::record);
        let start = usize::from(index.data.chunk_start);
        let (mut bytes, mut next) = (0, 0);
        let mut found = group.chunks.start..group.chunks.start;
        for (n, wanted) in (start..start + usize::from(index.data.chunks)).enumerate() {
            let wanted = u8::try_from(wanted).ok().filter(|wanted| covered.has(*wanted))?;
            let is_before = |place: &usize| record(place).is_some_and(|chunk| chunk.chunk < wanted);
            // Usually the next chunk follows the last one.
            if places.get(next).is_some_and(is_before) {
                next = places.partition_point(is_before);
            }
            let chunk = places
                .get(next)
                .and_then(record)
                .filter(|chunk| chunk.chunk == wanted)?;
            bytes += chunk.payload.len();
            next += 1;
            let at = group.chunks.start + next;
            found = if n == 0 { at - 1..at } else { found.start..at };
        }
        (usize::try_from(index.data.size) == Ok(bytes)).then_some(found)
    }

    /// Returns the chunks of the index of a readable blob in order; of duplicate chunks the first
    /// is to be used.
    pub(crate) fn of_index(&self, place: usize) -> Option<&[usize]> {
        let at = self.whole.binary_search_by_key(&place, |(place, _)| *place).ok()?;
        let (_, chunks) = self.whole.get(at)?;
        self.chunks.get(chunks.clone())
    }

    /// Returns every chunk with the index to which it is assigned.
    pub(crate) fn booked(&self) -> impl Iterator<Item = (usize, Option<usize>)> {
        self.chunks.iter().copied().zip(self.booked.iter().copied())
    }

    /// Returns a finding for each key with chunks without an index.
    pub(crate) fn orphans(&self, entries: &[Stored<'_>]) -> Vec<Finding> {
        let orphans = self.booked().filter(|(_, index)| index.is_none());
        let orphans = orphans.filter_map(|(place, _)| entries.get(place));
        let orphans = orphans.map(Stored::record).collect::<Vec<_>>();
        let finding = |group: &[Record<'_>]| {
            let first = group.iter().min_by_key(|record| record.offset)?;
            let (key, chunks) = (first.key, group.len());
            Some(Finding::at(first.offset, FindingKind::OrphanChunks { key, chunks }))
        };
        let keys = orphans.chunk_by(|a, b| key_of(*a) == key_of(*b));
        keys.filter_map(finding).collect()
    }
}

/// Returns the positions of the kept entries of a type, sorted by identity.
fn sorted(entries: &[Stored<'_>], kind: ItemType) -> Vec<usize> {
    let of_kind = |(_, entry): &(usize, &Stored<'_>)| entry.is_kept && entry.kind == kind;
    let places = entries.iter().enumerate().filter(of_kind).map(|(place, _)| place);
    let mut places = places.collect::<Vec<_>>();
    places.sort_by_key(|&place| entries.get(place).map(|entry| entry.identity()));
    places
}

fn key_of(record: Record<'_>) -> (u8, StoredKey) {
    (record.namespace, record.key)
}

/// The indices and chunks of one key.
struct Group {
    key: (u8, StoredKey),
    /// In log order.
    indices: Vec<Index>,
    /// Positions in the list of chunks.
    chunks: Range<usize>,
}

/// An index with the chunks assigned to it.
struct Index {
    place: usize,
    data: IndexData,
    count: usize,
    bytes: usize,
    is_erased: bool,
}

impl Group {
    fn new(indices: &[usize], entries: &[Stored<'_>]) -> Self {
        let record = |place: usize| entries.get(place).map(Stored::record);
        let key = indices.first().and_then(|&place| record(place)).map(key_of);
        let index = |&place| {
            Some(Index {
                place,
                data: record(place)?.index_data()?,
                count: 0,
                bytes: 0,
                is_erased: false,
            })
        };
        Self {
            // There is at least one index.
            key: key.unwrap_or((0, StoredKey::new([0; 16]))),
            indices: indices.iter().filter_map(index).collect(),
            chunks: 0..0,
        }
    }

    /// For each chunk index the first index that counts it; `None` if there is only one index.
    fn counted_by(&self) -> Option<[Option<usize>; 256]> {
        if self.indices.len() == 1 {
            return None;
        }
        let mut counted_by = [None; 256];
        let mut known_starts = [false; 256];
        for (n, index) in self.indices.iter().enumerate() {
            let is_known = known_starts.get_mut(usize::from(index.data.chunk_start));
            // Indices with the same chunk start count the same chunks.
            if is_known.is_none_or(|is_known| core::mem::replace(is_known, true)) {
                continue;
            }
            for (chunk, by) in (0..=u8::MAX).zip(&mut counted_by) {
                if index.data.counts(chunk) {
                    by.get_or_insert(n);
                }
            }
        }
        Some(counted_by)
    }

    fn mismatch(&self, index: &Index) -> Option<FindingKind> {
        let (_, key) = self.key;
        index.data.mismatch(key, index.count, index.bytes)
    }

    /// For each mismatched index the firmware erases the first remaining index with the same chunk
    /// start; if there are several, that may be another one.
    fn erase_mismatched(&mut self) {
        let mismatched = self.indices.iter().filter(|index| self.mismatch(index).is_some());
        let starts = mismatched.map(|index| index.data.chunk_start).collect::<Vec<_>>();
        if starts.is_empty() {
            return;
        }
        let mut next = [0; 256];
        for start in starts {
            let Some(next) = next.get_mut(usize::from(start)) else {
                continue;
            };
            let left = self.indices.iter_mut().enumerate().skip(*next);
            let mut left = left.filter(|(_, index)| index.data.chunk_start == start);
            if let Some((n, index)) = left.next() {
                index.is_erased = true;
                *next = n + 1;
            }
        }
    }

    /// Returns the chunk indices whose chunks the firmware keeps: those of each matching index,
    /// even if that index is erased.
    fn covered(&self) -> Covered {
        let fitting = self.indices.iter().filter(|index| self.mismatch(index).is_none());
        let ranges = fitting.map(|index| (index.data.chunk_start, index.data.chunks));
        ranges.fold(Covered::default(), |covered, (start, chunks)| {
            covered.with(start, chunks)
        })
    }

    /// Returns the fault of an index whose blob cannot be read, unless it is reported elsewhere.
    /// `chunks` are the chunks of the key.
    fn fault<'c>(&self, index: &Index, chunks: impl Iterator<Item = Record<'c>>) -> Option<FindingKind> {
        let unreadable = || {
            // The count matches, but one chunk is a duplicate.
            let counted = chunks
                .map(|chunk| chunk.chunk)
                .filter(|chunk| index.data.counts(*chunk));
            let ((_, key), stated) = (self.key, usize::from(index.data.chunks));
            let mut last = None;
            let found = counted.filter(|chunk| last.replace(*chunk) != Some(*chunk)).count();
            FindingKind::BlobChunks { key, stated, found }
        };
        self.mismatch(index).or_else(|| (!index.is_erased).then(unreadable))
    }
}

/// A set of chunk indices, one bit each.
#[derive(Clone, Copy, Default)]
struct Covered([u128; 2]);

impl Covered {
    fn with(mut self, start: u8, chunks: u8) -> Self {
        let end = start.saturating_add(chunks);
        for chunk in start..end {
            if let Some(half) = self.0.get_mut(usize::from(chunk / SECOND_HALF)) {
                *half |= 1 << (chunk % SECOND_HALF);
            }
        }
        self
    }

    fn has(&self, chunk: u8) -> bool {
        self.0
            .get(usize::from(chunk / SECOND_HALF))
            .is_some_and(|half| half >> (chunk % SECOND_HALF) & 1 == 1)
    }
}
