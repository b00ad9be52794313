use alloc::collections::BTreeMap;
use alloc::vec;
use alloc::vec::Vec;

use super::kind::FindingKind;
use super::stored_key::StoredKey;
use super::survey::{Record, Survey};
use crate::head::IndexData;
use crate::item_type::ItemType;

/// Compares blob indices with their chunks. Returns the indices that the firmware drops, as places in `records`,
/// ascending.
pub(super) fn check(survey: &mut Survey<'_>) -> Vec<usize> {
    let mut chunks = Chunks::new(survey);
    let mut mismatched = Vec::new();
    let mut findings = Vec::new();
    let is_version_2 = survey.has_version_2();
    for (place, record) in survey.kept_records() {
        let key = record.key;
        match record.kind {
            ItemType::BlobIndex => {
                let index = IndexData::decode(record.data);
                if let Some(kind) = chunks.compare(record, index) {
                    findings.push((record.offset, kind));
                    mismatched.push(place);
                }
            }
            ItemType::BlobV1 if is_version_2 => findings.push((record.offset, FindingKind::Version1Blob { key })),
            _ => {}
        }
    }
    findings.extend(chunks.left_over());
    for (offset, kind) in findings {
        survey.report(Some(offset), kind);
    }
    mismatched
}

/// The chunks by namespace, key and chunk index, with running sums, so that each index costs two searches however many
/// others name the same chunks.
struct Chunks<'a> {
    records: Vec<Record<'a>>,
    /// Before each chunk, and at the end: the bytes and the different chunk indices so far.
    sums: Vec<(usize, usize)>,
    /// Where ranges of chunks that have an index begin and end: of any blob, and of blobs that are not empty.
    edges: Vec<(isize, isize)>,
}

impl<'a> Chunks<'a> {
    fn new(survey: &Survey<'a>) -> Self {
        let chunks = survey
            .kept_records()
            .filter(|(_, record)| record.kind == ItemType::BlobChunk);
        let mut records = chunks.map(|(_, record)| *record).collect::<Vec<_>>();
        records.sort_by_key(Record::identity);
        let mut sums = Vec::with_capacity(records.len() + 1);
        let (mut bytes, mut different, mut before) = (0, 0, None);
        for record in &records {
            sums.push((bytes, different));
            bytes += record.payload.len();
            different += usize::from(before != Some(record.identity()));
            before = Some(record.identity());
        }
        sums.push((bytes, different));
        let edges = vec![(0, 0); records.len() + 1];
        Self { records, sums, edges }
    }

    fn compare(&mut self, record: &Record<'_>, index: IndexData) -> Option<FindingKind> {
        let key = record.key;
        let start = u16::from(index.chunk_start);
        let from = self.position(record, start);
        let to = self.position(record, start + u16::from(index.chunks));
        let is_empty = isize::from(index.size == 0);
        for (at, step) in [(from, 1), (to, -1)] {
            if let Some((any, not_empty)) = self.edges.get_mut(at) {
                *any += step;
                *not_empty += step * (1 - is_empty);
            }
        }
        let (bytes_before, different_before) = self.sums.get(from).copied()?;
        let (bytes_to, different_to) = self.sums.get(to).copied()?;
        let stated = usize::from(index.chunks);
        let different = different_to - different_before;
        let found = to - from;
        if found != stated || different != stated {
            let found = if found == stated { different } else { found };
            return Some(FindingKind::BlobChunks { key, stated, found });
        }
        let found = bytes_to - bytes_before;
        let stated = index.size;
        (usize::try_from(stated) != Ok(found)).then_some(FindingKind::BlobSize { key, stated, found })
    }

    /// How many chunks stand before a chunk index of a key.
    fn position(&self, index: &Record<'_>, chunk: u16) -> usize {
        let wanted = (index.namespace, index.key, chunk);
        self.records
            .partition_point(|record| (record.namespace, record.key, u16::from(record.chunk)) < wanted)
    }

    /// The chunks without an index, one finding for a key, and the empty chunks of blobs that are not.
    fn left_over(&self) -> Vec<(usize, FindingKind)> {
        let mut orphans = BTreeMap::<(u8, StoredKey), (usize, usize)>::new();
        let mut findings = Vec::new();
        let (mut any, mut not_empty) = (0, 0);
        for (record, edge) in self.records.iter().zip(&self.edges) {
            any += edge.0;
            not_empty += edge.1;
            let key = record.key;
            if any == 0 {
                let (first, chunks) = orphans.entry((record.namespace, key)).or_insert((record.offset, 0));
                *first = record.offset.min(*first);
                *chunks += 1;
            } else if not_empty > 0 && record.payload.is_empty() {
                findings.push((record.offset, FindingKind::EmptyChunk { key }));
            }
        }
        let orphans = orphans.into_iter();
        findings
            .extend(orphans.map(|((_, key), (offset, chunks))| (offset, FindingKind::OrphanChunks { key, chunks })));
        findings
    }
}
