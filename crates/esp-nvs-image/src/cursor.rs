use crate::Error;
use crate::layout::{MAX_CHUNKS, SLOT_SIZE, SLOTS_PER_PAGE};

/// The position of the next slot: the layout rules of the reference generator, without bytes.
///
/// The encoder advances a copy to check that an entry fits before it writes the first byte.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cursor {
    page: usize,
    used: usize,
    usable_pages: usize,
}

/// A run of slots within one page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Run {
    pub(crate) page: usize,
    pub(crate) slot: usize,
}

/// The next part of a chunked blob.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    /// A chunk of `len` bytes after its head.
    Chunk { at: Run, index: u8, len: usize },
    /// The index entry, the last part of a blob.
    Index { at: Run, chunks: u8 },
}

impl Cursor {
    pub(crate) const fn new(usable_pages: usize) -> Self {
        Self {
            page: 0,
            used: 0,
            usable_pages,
        }
    }

    /// Returns the same position in a partition of the largest size.
    #[cfg(feature = "alloc")]
    pub(crate) const fn in_largest_partition(self) -> Self {
        Self {
            usable_pages: crate::PartitionSize::MAX.usable_pages(),
            ..self
        }
    }

    /// Returns the current page.
    pub(crate) const fn page(&self) -> usize {
        self.page
    }

    /// Places an entry of one slot: an integer or a namespace.
    pub(crate) const fn fixed(&mut self) -> Result<Run, Error> {
        match self.open_if_full() {
            Ok(()) => Ok(self.take(1)),
            Err(error) => Err(error),
        }
    }

    /// Places a head with `payload` bytes on one page: a string or a version 1 blob.
    ///
    /// The generator leaves a page also if the entry would fill it to the last slot, hence the
    /// `>=`. Only an entry that needs a whole page gets one; the firmware reads it, although the
    /// generator rejects it.
    pub(crate) const fn contiguous(&mut self, payload: usize) -> Result<Run, Error> {
        let slots = slots_with_head(payload);
        if self.used > 0
            && self.used + slots >= SLOTS_PER_PAGE
            && let Err(error) = self.open_next()
        {
            return Err(error);
        }
        Ok(self.take(slots))
    }

    /// Starts a chunked blob of `len` bytes.
    pub(crate) const fn blob(&mut self, len: usize) -> Result<BlobCursor<'_>, Error> {
        if let Err(error) = self.open_if_full() {
            return Err(error);
        }
        Ok(BlobCursor {
            cursor: self,
            rest: len,
            next_chunk: 0,
            state: BlobState::Chunks,
        })
    }

    const fn open_if_full(&mut self) -> Result<(), Error> {
        if self.used >= SLOTS_PER_PAGE {
            self.open_next()
        } else {
            Ok(())
        }
    }

    const fn open_next(&mut self) -> Result<(), Error> {
        if self.page + 1 >= self.usable_pages {
            return Err(Error::PartitionFull {
                usable_pages: self.usable_pages,
            });
        }
        self.page += 1;
        self.used = 0;
        Ok(())
    }

    const fn take(&mut self, slots: usize) -> Run {
        let run = Run {
            page: self.page,
            slot: self.used,
        };
        self.used += slots;
        run
    }
}

/// Places the parts of one chunked blob; the last part is the index.
pub(crate) struct BlobCursor<'c> {
    cursor: &'c mut Cursor,
    rest: usize,
    next_chunk: u8,
    state: BlobState,
}

enum BlobState {
    Chunks,
    Index,
    Done,
}

impl BlobCursor<'_> {
    /// Returns the next part, or `None` after the index.
    pub(crate) const fn next_piece(&mut self) -> Result<Option<Piece>, Error> {
        match self.state {
            BlobState::Chunks => match self.chunk() {
                Ok(piece) => Ok(Some(piece)),
                Err(error) => Err(error),
            },
            BlobState::Index => {
                self.state = BlobState::Done;
                Ok(Some(Piece::Index {
                    at: self.cursor.take(1),
                    chunks: self.next_chunk,
                }))
            }
            BlobState::Done => Ok(None),
        }
    }

    /// Fills the current page; the chunk is empty if only its head fits.
    const fn chunk(&mut self) -> Result<Piece, Error> {
        if self.next_chunk >= MAX_CHUNKS {
            return Err(Error::BlobTooManyChunks);
        }
        let room = (SLOTS_PER_PAGE - self.cursor.used - 1) * SLOT_SIZE;
        let len = if self.rest < room { self.rest } else { room };
        let at = self.cursor.take(slots_with_head(len));
        let piece = Piece::Chunk {
            at,
            index: self.next_chunk,
            len,
        };
        self.next_chunk += 1;
        self.rest -= len;
        if self.rest == 0 {
            self.state = BlobState::Index;
        }
        // The page must also have room for the index: a page without a free slot is left.
        if (self.rest > 0 || room - len < SLOT_SIZE)
            && let Err(error) = self.cursor.open_next()
        {
            return Err(error);
        }
        Ok(piece)
    }
}

/// Returns the number of slots for a head and its payload.
pub(crate) const fn slots_with_head(payload: usize) -> usize {
    1 + payload.div_ceil(SLOT_SIZE)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pieces(used: usize, len: usize) -> (Vec<Piece>, Cursor) {
        let mut cursor = Cursor {
            page: 0,
            used,
            usable_pages: 200,
        };
        let mut blob = cursor.blob(len).unwrap();
        let mut all = Vec::new();
        while let Some(piece) = blob.next_piece().unwrap() {
            all.push(piece);
        }
        (all, cursor)
    }

    extern crate std;
    use std::vec::Vec;

    #[test]
    fn blob_with_one_free_slot_leaves_an_empty_chunk_there() {
        let (all, cursor) = pieces(125, 40);
        assert_eq!(
            all,
            [
                Piece::Chunk {
                    at: Run { page: 0, slot: 125 },
                    index: 0,
                    len: 0
                },
                Piece::Chunk {
                    at: Run { page: 1, slot: 0 },
                    index: 1,
                    len: 40
                },
                Piece::Index {
                    at: Run { page: 1, slot: 3 },
                    chunks: 2
                },
            ]
        );
        assert_eq!((cursor.page, cursor.used), (1, 4));
    }

    #[test]
    fn blob_that_ends_in_the_last_slot_has_its_index_on_the_next_page() {
        let (all, _) = pieces(1, 124 * 32 - 31);
        assert_eq!(
            all.last(),
            Some(&Piece::Index {
                at: Run { page: 1, slot: 0 },
                chunks: 1
            })
        );
        let (all, _) = pieces(1, 123 * 32);
        assert_eq!(
            all.last(),
            Some(&Piece::Index {
                at: Run { page: 0, slot: 125 },
                chunks: 1
            })
        );
    }

    #[test]
    fn empty_blob_is_one_empty_chunk_and_an_index() {
        let (all, _) = pieces(5, 0);
        assert_eq!(
            all,
            [
                Piece::Chunk {
                    at: Run { page: 0, slot: 5 },
                    index: 0,
                    len: 0
                },
                Piece::Index {
                    at: Run { page: 0, slot: 6 },
                    chunks: 1
                },
            ]
        );
    }

    #[test]
    fn string_that_would_fill_the_page_moves_on() {
        let mut cursor = Cursor {
            page: 0,
            used: 100,
            usable_pages: 3,
        };
        assert_eq!(
            cursor.contiguous(24 * 32),
            Ok(Run { page: 0, slot: 100 }),
            "25 slots of 26 stay"
        );
        let mut cursor = Cursor {
            page: 0,
            used: 100,
            usable_pages: 3,
        };
        assert_eq!(
            cursor.contiguous(25 * 32),
            Ok(Run { page: 1, slot: 0 }),
            "26 slots of 26 move"
        );
    }

    #[test]
    fn longest_string_fits_an_empty_page() {
        let mut cursor = Cursor {
            page: 0,
            used: 1,
            usable_pages: 3,
        };
        assert_eq!(cursor.contiguous(4000), Ok(Run { page: 1, slot: 0 }));
        assert_eq!(cursor.used, 126);
    }

    #[test]
    fn blob_of_more_than_127_chunks_is_refused() {
        let mut cursor = Cursor {
            page: 0,
            used: 120,
            usable_pages: 200,
        };
        let mut blob = cursor.blob(508_000).unwrap();
        let error = loop {
            match blob.next_piece() {
                Ok(Some(_)) => {}
                Ok(None) => panic!("508,000 bytes from slot 120 need 128 chunks"),
                Err(error) => break error,
            }
        };
        assert_eq!(error, Error::BlobTooManyChunks);
    }
}
