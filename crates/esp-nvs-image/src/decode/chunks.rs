use alloc::vec;
use alloc::vec::Vec;
use core::ops::Range;

use crate::Error;
use crate::head::IndexData;
use crate::item::Item;
use crate::stored::Blob;

/// The chunks of all blobs, in the order of their keys and chunk indices; of one chunk that stands twice, in the order of
/// the log.
pub(super) struct ChunkMap<'a> {
    chunks: Vec<Item<'a>>,
    is_taken: Vec<bool>,
}

fn id(chunk: &Item<'_>) -> (u128, u8) {
    (chunk.key().within(chunk.namespace_index()), chunk.chunk_index())
}

impl<'a> ChunkMap<'a> {
    pub(super) fn new(mut chunks: Vec<Item<'a>>) -> Self {
        chunks.sort_by_key(id);
        let is_taken = vec![false; chunks.len()];
        Self { chunks, is_taken }
    }

    /// Tells whether a chunk stands twice.
    pub(super) fn has_duplicates(&self) -> bool {
        self.pairs().next().is_some()
    }

    /// Chunks that stand twice, each with the one before it.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (&Item<'a>, &Item<'a>)> {
        let neighbours = self.chunks.iter().zip(self.chunks.iter().skip(1));
        neighbours.filter(|(a, b)| id(a) == id(b))
    }

    /// Removes chunks.
    pub(super) fn retain(&mut self, keep: impl FnMut(&Item<'a>) -> bool) {
        self.chunks.retain(keep);
        self.is_taken.truncate(self.chunks.len());
    }

    /// Finds the chunks of an index; `None` unless there are just those that it states.
    pub(super) fn find(&self, index: &Item<'a>) -> Option<Range<usize>> {
        let key = index.key().within(index.namespace_index());
        let data = IndexData::decode(index.data());
        let start = self.chunks.partition_point(|chunk| id(chunk) < (key, data.chunk_start));
        let end = start + usize::from(data.chunks);
        let chunks = self.chunks.get(start..end)?;
        let mut expected = (data.chunk_start..=u8::MAX).map(|chunk| (key, chunk));
        let are_all = chunks.iter().all(|chunk| Some(id(chunk)) == expected.next());
        // One that stands twice is one too many.
        let is_end = self
            .chunks
            .get(end)
            .is_none_or(|next| chunks.last().map(id) != Some(id(next)));
        let len = chunks.iter().map(|chunk| chunk.payload().len()).sum::<usize>();
        (are_all && is_end && u32::try_from(len) == Ok(data.size)).then_some(start..end)
    }

    /// Puts the chunks of an index together.
    pub(super) fn take(&mut self, index: &Item<'a>) -> Result<Blob<'a>, Error> {
        let offset = index.offset();
        let range = self.find(index).ok_or(Error::BlobIndex { offset })?;
        let mut blob = Blob::default();
        if let Some(is_taken) = self.is_taken.get_mut(range.clone()) {
            is_taken.fill(true);
        }
        for chunk in self.chunks.get(range).unwrap_or_default() {
            blob.push(chunk.payload());
        }
        Ok(blob)
    }

    /// The offsets of the chunks that no index has taken.
    pub(super) fn orphans(&self) -> impl Iterator<Item = usize> {
        let all = self.chunks.iter().zip(&self.is_taken);
        all.filter_map(|(chunk, is_taken)| (!is_taken).then_some(chunk.offset()))
    }
}
