//! Known scalars by their last eight bytes, in every order in which bytes of a number are written.
//!
//! A stream of bytes is looked at once: after each byte the last eight are a number, of which one bit in [`Index::filter`]
//! says whether a key may end so. Where it is set, the table says which.

use alloc::vec::Vec;
use core::fmt;

use zeroize::Zeroizing;

use super::Scalar;

/// How the bytes of a scalar are arranged: those of each word in reverse, and then perhaps all of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::audit) struct Arrangement {
    word: usize,
    is_reversed: bool,
}

impl Arrangement {
    /// As SEC 1 has it, the most significant byte first, and the seven others.
    pub(in crate::audit) const ALL: [Self; 8] = {
        const fn of(word: usize, is_reversed: bool) -> Arrangement {
            Arrangement { word, is_reversed }
        }
        [
            of(1, false),
            of(1, true),
            of(2, false),
            of(2, true),
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

    /// Arranges a scalar.
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
    /// Writes what to put behind a form; nothing for the usual arrangement.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.word, self.is_reversed) {
            (1, false) => Ok(()),
            (1, true) => f.write_str(", in reverse"),
            (word, false) => write!(f, ", in words of {word} reversed bytes"),
            (word, true) => write!(f, ", in words of {word} bytes, the last word first"),
        }
    }
}

/// A hash table with open addressing, at most half full, and a bit map in front of it.
#[derive(Default)]
pub(super) struct Index {
    /// One bit in sixteen or fewer is set; its length is a power of two.
    filter: Vec<u64>,
    tails: Zeroizing<Vec<u64>>,
    /// For each tail one more than eight times the number of its key and how that is arranged; 0 in a free slot.
    places: Vec<usize>,
    used: usize,
}

impl Index {
    /// The bits of the filter for each slot of the table.
    const BITS: usize = 8;
    const MIN_SLOTS: usize = 64;

    /// Adds the key with a number in all its arrangements.
    pub(super) fn insert(&mut self, number: usize, scalar: impl Fn(usize) -> Option<Scalar>) {
        if (self.used + Arrangement::ALL.len()) * 2 > self.places.len() {
            let slots = (self.places.len() * 2).max(Self::MIN_SLOTS);
            *self = Self {
                filter: alloc::vec![0; slots * Self::BITS / 64],
                tails: Zeroizing::new(alloc::vec![0; slots]),
                places: alloc::vec![0; slots],
                used: 0,
            };
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
            // Of a scalar that is the same in another arrangement one is enough.
            if known.contains(&*bytes) {
                continue;
            }
            known.push(*bytes);
            let Some(tail) = bytes.last_chunk().map(|tail| u64::from_be_bytes(*tail)) else {
                continue;
            };
            let slot = self.probe(tail).find(|slot| self.places.get(*slot) == Some(&0));
            if let Some(slot) = slot
                && let (Some(at), Some(place)) = (self.tails.get_mut(slot), self.places.get_mut(slot))
            {
                (*at, *place) = (tail, number * Arrangement::ALL.len() + order + 1);
                self.used += 1;
                let bit = bucket(tail, self.filter.len() * 64);
                if let Some(bits) = self.filter.get_mut(bit / 64) {
                    *bits |= 1 << (bit % 64);
                }
            }
        }
    }

    pub(super) fn may_have(&self, tail: u64) -> bool {
        let bit = bucket(tail, self.filter.len() * 64);
        self.filter
            .get(bit / 64)
            .is_some_and(|bits| bits >> (bit % 64) & 1 == 1)
    }

    /// The numbers of the keys that end with these bytes in an arrangement.
    pub(super) fn places(&self, tail: u64) -> impl Iterator<Item = (usize, Arrangement)> + '_ {
        let slots = self.probe(tail).map_while(|slot| {
            let place = self.places.get(slot)?.checked_sub(1)?;
            Some((*self.tails.get(slot)?, place))
        });
        slots.filter(move |(found, _)| *found == tail).filter_map(|(_, place)| {
            let arrangement = Arrangement::ALL.get(place % Arrangement::ALL.len())?;
            Some((place / Arrangement::ALL.len(), *arrangement))
        })
    }

    /// All slots, those of a tail first.
    fn probe(&self, tail: u64) -> impl Iterator<Item = usize> + use<> {
        let slots = self.places.len();
        let first = bucket(tail, slots);
        (0..slots).map(move |step| (first + step) % slots.max(1))
    }
}

/// A number below a power of two that depends on all bits of a tail.
fn bucket(tail: u64, buckets: usize) -> usize {
    /// 2^64 divided by the golden ratio (Knuth, The Art of Computer Programming, volume 3, 6.4).
    const MULTIPLIER: u64 = 0x9E37_79B9_7F4A_7C15;
    let hash = tail.wrapping_mul(MULTIPLIER);
    let shift = 64 - buckets.max(2).trailing_zeros();
    usize::try_from(hash >> shift).unwrap_or_default() & buckets.saturating_sub(1)
}
