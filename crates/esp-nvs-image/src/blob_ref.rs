use core::fmt;

use crate::Error;
use crate::chunk_search::{Chunks, Exhausted, Walk};
use crate::finding::Finding;
use crate::head::IndexData;
use crate::layout::PAGE_SIZE;
use crate::record::Record;

/// A blob stored in the image.
///
/// It copies nothing and finds the pieces one by one. `Debug` shows only the size, because factory
/// partitions contain private keys.
#[derive(Clone)]
pub struct BlobRef<'a> {
    len: usize,
    pieces: Pieces<'a>,
}

impl<'a> BlobRef<'a> {
    pub(crate) const fn in_one_piece(bytes: &'a [u8]) -> Self {
        Self {
            len: bytes.len(),
            pieces: Pieces(PiecesState::One(bytes)),
        }
    }

    /// Finds the chunks of an index and checks that they are complete; `None` if a chunk is
    /// damaged, which is reported at the chunk.
    pub(crate) fn of_index(index: &Record<'a>, chunks: &mut Chunks<'a>) -> Result<Option<Self>, Error> {
        let offset = index.offset;
        let too_scattered = |Exhausted| Error::BlobTooScattered { offset };
        let data = IndexData::decode(index.data);
        let own = offset / PAGE_SIZE;
        let start = Walk {
            namespace: index.namespace,
            key: index.key,
            next: data.chunk_start,
            left: data.chunks,
            page: own,
            // The generator and the firmware write the index after the chunks.
            before: own.saturating_sub(usize::from(data.chunks).saturating_sub(1).max(1)),
        };
        let (mut walk, mut first) = (start.clone(), None);
        let (mut len, mut is_readable) = (0, true);
        while walk.left > 0 {
            let Some(chunk) = walk.next_chunk(chunks).map_err(too_scattered)? else {
                break;
            };
            len += chunk.payload.len();
            is_readable &= chunk.damage().is_none();
            first = first.or(Some(walk.page));
        }
        if walk.left > 0 || u32::try_from(len) != Ok(data.size) || !data.counts_all() {
            // The mismatch that the firmware finds at mount, or when it reads a blob with a
            // duplicate chunk.
            let (found, bytes) = chunks.count(index, data).map_err(too_scattered)?;
            let fault = data.mismatch(index.key, found, bytes);
            let found = usize::from(data.chunks - walk.left);
            let fault = fault.or_else(|| data.mismatch(index.key, found, len));
            return fault.map_or(Ok(None), |fault| Err(Error::Damaged(Finding::at(offset, fault))));
        }
        let page = first.unwrap_or(own);
        let walk = Walk {
            page,
            before: page,
            ..start
        };
        let pieces = Pieces(PiecesState::Chunks(chunks.without_limit(), walk));
        Ok(is_readable.then_some(Self { len, pieces }))
    }

    /// Returns the length in bytes.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Returns whether the blob is empty.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Returns an iterator over the pieces in order; pieces may be empty.
    #[must_use]
    pub fn pieces(&self) -> Pieces<'a> {
        self.pieces.clone()
    }

    /// Copies the bytes to the start of a buffer and returns that part of it.
    ///
    /// # Errors
    ///
    /// [`Error::BufferTooSmall`] if they do not fit.
    pub fn read_into<'b>(&self, buffer: &'b mut [u8]) -> Result<&'b [u8], Error> {
        let available = buffer.len();
        let needed = self.len;
        let bytes = buffer
            .get_mut(..needed)
            .ok_or(Error::BufferTooSmall { needed, available })?;
        let mut rest = &mut *bytes;
        for piece in self.pieces() {
            // The pieces have `len` bytes in total.
            let Some((to, after)) = rest.split_at_mut_checked(piece.len()) else {
                break;
            };
            to.copy_from_slice(piece);
            rest = after;
        }
        Ok(bytes)
    }
}

impl PartialEq for BlobRef<'_> {
    /// Blobs are equal if their bytes are, however they are divided into pieces.
    fn eq(&self, other: &Self) -> bool {
        self.len == other.len && self.pieces().flatten().eq(other.pieces().flatten())
    }
}

impl Eq for BlobRef<'_> {}

impl fmt::Debug for BlobRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BlobRef([{} bytes])", self.len)
    }
}

/// An iterator over the pieces of a blob.
#[derive(Clone)]
pub struct Pieces<'a>(PiecesState<'a>);

#[derive(Clone)]
enum PiecesState<'a> {
    One(&'a [u8]),
    Chunks(Chunks<'a>, Walk),
    Done,
}

impl<'a> Iterator for Pieces<'a> {
    type Item = &'a [u8];

    fn next(&mut self) -> Option<&'a [u8]> {
        match &mut self.0 {
            PiecesState::One(bytes) => {
                let bytes = *bytes;
                self.0 = PiecesState::Done;
                Some(bytes)
            }
            // All chunks were found before, without a limit.
            PiecesState::Chunks(chunks, walk) if walk.left > 0 => {
                walk.next_chunk(chunks).ok().flatten().map(|chunk| chunk.payload)
            }
            _ => None,
        }
    }
}

impl fmt::Debug for Pieces<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pieces([elided])")
    }
}
