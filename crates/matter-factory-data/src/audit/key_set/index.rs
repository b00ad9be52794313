//! An index of known scalars by eight bytes near their end, in every byte order in which numbers are written.
//!
//! A search takes eight bytes at once as a number: one bit in [`Index::filter`] tells whether they may be the end of a
//! key, and if it is set, the table tells of which key. The eight bytes one and two bytes before a key's end are
//! indexed as well, so that a search only needs to check every third position.

use alloc::vec::Vec;
use core::fmt;

use zeroize::Zeroizing;

use super::Scalar;

/// A byte order of a scalar: the bytes of each word reversed, and then optionally all bytes reversed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::audit) struct Arrangement {
    word: usize,
    is_reversed: bool,
}

impl Arrangement {
    /// All arrangements. The first is that of SEC 1, most significant byte first.
    pub(in crate::audit) const ALL: [Self; 6] = {
        const fn of(word: usize, is_reversed: bool) -> Arrangement {
            Arrangement { word, is_reversed }
        }
        [
            of(1, false),
            of(1, true),
            of(4, false),
            of(4, true),
            of(8, false),
            of(8, true),
        ]
    };

    pub(in crate::audit) const PLAIN: Self = Self {
        word: 1,
        is_reversed: false,
    };

    pub(in crate::audit) const fn is_plain(self) -> bool {
        self.word == 1 && !self.is_reversed
    }

    /// Arranges the bytes of a scalar.
    pub(in crate::audit) fn apply(self, scalar: &[u8; 32]) -> Scalar {
        let mut bytes = Zeroizing::new(*scalar);
        bytes.chunks_exact_mut(self.word).for_each(<[u8]>::reverse);
        if self.is_reversed {
            bytes.reverse();
        }
        bytes
    }
}

impl fmt::Display for Arrangement {
    /// Writes the suffix of a form; empty for the usual arrangement.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.word, self.is_reversed) {
            (1, false) => Ok(()),
            (1, true) => f.write_str(", in reverse"),
            (word, false) => write!(f, ", in words of {word} reversed bytes"),
            (word, true) => write!(f, ", in words of {word} bytes, the last word first"),
        }
    }
}

/// Eight bytes of a scalar in an arrangement.
#[derive(Clone, Copy)]
pub(super) struct Place {
    /// The index of the scalar.
    pub(super) number: usize,
    pub(super) arrangement: Arrangement,
    /// Number of bytes of the scalar that follow.
    pub(super) after: usize,
}

/// Number of indexed ends of a scalar, one byte apart.
pub(in crate::audit) const ENDS: usize = 3;
/// Number of table entries of a scalar.
const ENTRIES: usize = Arrangement::ALL.len() * ENDS;
const TAIL: usize = 8;

/// A hash table with open addressing, at most half full, with a bit map to filter look-ups.
#[derive(Default)]
pub(super) struct Index {
    /// At most one bit in sixteen is set.
    filter: Vec<u64>,
    tails: Zeroizing<Vec<u64>>,
    /// For each tail, 1 + [`ENTRIES`] * (index of its key) + (index of its entry); 0 in a free slot.
    places: Vec<u32>,
    used: usize,
    /// Right shift that turns a hash into the index of a bit or slot. Both sizes are powers of two.
    filter_shift: u32,
    slot_shift: u32,
}

impl Index {
    const MIN_SLOTS: usize = 64;
    /// Number of filter bits for each slot of the table.
    const BITS: usize = 8;

    fn with_slots(slots: usize) -> Self {
        let bits = slots * Self::BITS;
        Self {
            filter: alloc::vec![0; bits / 64],
            tails: Zeroizing::new(alloc::vec![0; slots]),
            places: alloc::vec![0; slots],
            used: 0,
            filter_shift: u64::BITS - bits.trailing_zeros(),
            slot_shift: u64::BITS - slots.trailing_zeros(),
        }
    }

    /// Adds a scalar with an index, in all its arrangements.
    pub(super) fn insert(&mut self, number: usize, scalar: impl Fn(usize) -> Option<Scalar>) {
        if (self.used + ENTRIES) * 2 > self.places.len() {
            let slots = self.places.len() * 2;
            *self = Self::with_slots(slots.max(Self::MIN_SLOTS));
            for earlier in 0..number {
                self.add(earlier, &scalar);
            }
        }
        self.add(number, &scalar);
    }

    fn add(&mut self, number: usize, scalar: &impl Fn(usize) -> Option<Scalar>) {
        let Some(scalar) = scalar(number) else { return };
        let mut known = Zeroizing::new(Vec::<[u8; 32]>::with_capacity(Arrangement::ALL.len()));
        for (order, arrangement) in Arrangement::ALL.iter().enumerate() {
            let bytes = arrangement.apply(&scalar);
            // One entry is enough if two arrangements of a scalar are equal.
            if known.contains(&*bytes) {
                continue;
            }
            known.push(*bytes);
            for after in 0..ENDS {
                let tail = bytes.get(..bytes.len() - after).and_then(<[u8]>::last_chunk::<TAIL>);
                let place = number * ENTRIES + order * ENDS + after + 1;
                if let (Some(tail), Ok(place)) = (tail, u32::try_from(place)) {
                    self.put(u64::from_be_bytes(*tail), place);
                }
            }
        }
    }

    fn put(&mut self, tail: u64, place: u32) {
        let slot = self.probe(tail).find(|slot| self.places.get(*slot) == Some(&0));
        if let Some(slot) = slot
            && let (Some(to_tail), Some(to_place)) = (self.tails.get_mut(slot), self.places.get_mut(slot))
        {
            (*to_tail, *to_place) = (tail, place);
            self.used += 1;
            let bit = hash(tail) >> self.filter_shift;
            if let Some(bits) = self.filter.get_mut(to_usize(bit / 64)) {
                *bits |= 1 << (bit % 64);
            }
        }
    }

    /// Whether a scalar may end with these bytes: always true if one does, and otherwise in one of sixteen cases.
    #[inline]
    pub(super) fn may_have(&self, tail: u64) -> bool {
        let bit = hash(tail) >> (self.filter_shift & 63);
        self.filter
            .get(to_usize(bit / 64))
            .is_some_and(|bits| bits >> (bit % 64) & 1 == 1)
    }

    /// Returns the places where a scalar ends with these bytes.
    pub(super) fn places(&self, tail: u64) -> impl Iterator<Item = Place> + '_ {
        let slots = self.probe(tail).map_while(|slot| {
            let place = self.places.get(slot)?.checked_sub(1)?;
            Some((*self.tails.get(slot)?, to_usize(place.into())))
        });
        slots.filter(move |(found, _)| *found == tail).filter_map(|(_, place)| {
            Some(Place {
                number: place / ENTRIES,
                arrangement: *Arrangement::ALL.get(place % ENTRIES / ENDS)?,
                after: place % ENDS,
            })
        })
    }

    /// All slots in probing order, starting with that of the tail.
    fn probe(&self, tail: u64) -> impl Iterator<Item = usize> + use<> {
        let slots = self.places.len();
        let first = to_usize(hash(tail) >> (self.slot_shift & 63));
        (0..slots).map(move |step| (first + step) & (slots - 1))
    }
}

/// A hash whose leading bits depend on all bits of a tail.
const fn hash(tail: u64) -> u64 {
    /// 2^64 divided by the golden ratio (Knuth, The Art of Computer Programming, volume 3, 6.4).
    const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;
    tail.wrapping_mul(MULTIPLIER)
}

fn to_usize(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}
