use core::fmt;

use crate::Error;
use crate::chunk_search::{Chunks, Exhausted, Walk};
use crate::head::IndexData;
use crate::item::Item;
use crate::log::place;

/// A blob where it lies in the image.
///
/// Nothing is copied: the pieces are looked up one after the other. `Debug` shows the size only: factory partitions hold
/// private keys.
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

    /// Finds the chunks of an index, and checks that they are all there.
    pub(crate) fn of_index(index: &Item<'a>, chunks: &mut Chunks<'a>) -> Result<Self, Error> {
        let offset = index.offset();
        let mismatch = Error::BlobIndex { offset };
        let data = IndexData::decode(index.data());
        if data.chunk_start.checked_add(data.chunks).is_none() {
            return Err(mismatch);
        }
        let (own, _) = place(offset);
        let mut walk = Walk {
            namespace: index.namespace_index(),
            key: index.key(),
            next: data.chunk_start,
            left: data.chunks,
            page: own,
            // The generator and the firmware write the index behind the chunks.
            before: own.saturating_sub(usize::from(data.chunks).saturating_sub(1).max(1)),
        };
        let mut first = None;
        let mut len = 0;
        while walk.left > 0 {
            let chunk = match walk.next_chunk(chunks) {
                Ok(chunk) => chunk.ok_or(mismatch)?,
                Err(Exhausted) => return Err(Error::BlobTooScattered { offset }),
            };
            len += chunk.payload().len();
            first = first.or(Some(walk.page));
        }
        if u32::try_from(len) != Ok(data.size) {
            return Err(mismatch);
        }
        let page = first.unwrap_or(own);
        let walk = Walk {
            next: data.chunk_start,
            left: data.chunks,
            page,
            before: page,
            ..walk
        };
        let chunks = chunks.without_limit();
        Ok(Self {
            len,
            pieces: Pieces(PiecesState::Chunks(chunks, walk)),
        })
    }

    /// Returns the number of bytes.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Tells whether there are no bytes.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Walks over the pieces in order; some may be empty.
    #[must_use]
    pub fn pieces(&self) -> Pieces<'a> {
        self.pieces.clone()
    }

    /// Copies the bytes to the start of a buffer, and returns them there.
    ///
    /// # Errors
    ///
    /// [`Error::BufferTooSmall`] when they do not fit.
    pub fn read_into<'b>(&self, buffer: &'b mut [u8]) -> Result<&'b [u8], Error> {
        let available = buffer.len();
        let needed = self.len;
        let bytes = buffer
            .get_mut(..needed)
            .ok_or(Error::BufferTooSmall { needed, available })?;
        let mut rest = &mut *bytes;
        for piece in self.pieces() {
            // The pieces have `len` bytes together.
            let Some((to, behind)) = rest.split_at_mut_checked(piece.len()) else {
                break;
            };
            to.copy_from_slice(piece);
            rest = behind;
        }
        Ok(bytes)
    }
}

impl fmt::Debug for BlobRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BlobRef([{} bytes])", self.len)
    }
}

/// The pieces of a blob, in order.
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
            // All chunks were found before, and there is no limit.
            PiecesState::Chunks(chunks, walk) if walk.left > 0 => {
                walk.next_chunk(chunks).ok().flatten().map(|chunk| chunk.payload())
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
