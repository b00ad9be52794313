//! A stream of bytes, whose last bytes are compared with the known keys.

use alloc::vec::Vec;

use zeroize::Zeroizing;

use super::containers::{self, PKCS};
use super::{Arrangement, Finder, Form, SEC1_HEAD, What};

/// Longer than a key in DER from its start, and than a container's head.
const KEPT: usize = 64;
const SCALAR: usize = 32;

/// Whether bytes end with the start of a key in DER.
pub(super) const fn is_head(tail: u64) -> bool {
    let [a, b, c, d, e] = SEC1_HEAD;
    tail << 24 == u64::from_be_bytes([a, b, c, d, e, 0, 0, 0])
}

/// The last bytes of a reading, each with its position in the file.
pub(super) struct Stream {
    form: Form,
    bytes: Zeroizing<[u8; KEPT]>,
    places: [usize; KEPT],
    count: usize,
    tail: u64,
    /// A bit for each of the last bytes, set if the start of a key in DER ended there.
    heads: u64,
}

impl Stream {
    pub(super) fn new(form: Form) -> Self {
        Self {
            form,
            bytes: Zeroizing::new([0; KEPT]),
            places: [0; KEPT],
            count: 0,
            tail: 0,
            heads: 0,
        }
    }

    /// Adds a byte that occupies the range from `start` up to `end`.
    #[inline]
    pub(super) fn push(&mut self, byte: u8, start: usize, end: usize, finder: &mut Finder<'_, '_>) {
        let slot = self.count % KEPT;
        if let (Some(kept), Some(place)) = (self.bytes.get_mut(slot), self.places.get_mut(slot)) {
            (*kept, *place) = (byte, start);
        }
        self.count += 1;
        self.tail = self.tail << 8 | u64::from(byte);
        self.heads = self.heads << 1 | u64::from(is_head(self.tail));
        let is_der = self.heads >> SCALAR & 1 == 1;
        let is_known = finder.keys.may_end(self.tail) && finder.keys.ends(self.tail).any(|after| after == 0);
        if is_der || self.tail >> 16 == PKCS || is_known {
            self.look(is_der, end, finder);
        }
    }

    #[cold]
    fn look(&self, is_der: bool, end: usize, finder: &mut Finder<'_, '_>) {
        let recent = self.recent();
        if let Some(bytes) = recent.last_chunk() {
            let back = if is_der { SCALAR + SEC1_HEAD.len() } else { SCALAR };
            finder.look(bytes, is_der, (self.place(back), end), self.form);
        }
        if let Some((kind, back)) = containers::ending(&recent) {
            finder.tell(
                What::Container(kind),
                self.form,
                Arrangement::PLAIN,
                self.place(back),
                end,
            );
        }
    }

    /// The last bytes available.
    fn recent(&self) -> Zeroizing<Vec<u8>> {
        let mut recent = Zeroizing::new(Vec::with_capacity(KEPT));
        let first = self.count.saturating_sub(KEPT);
        recent.extend((first..self.count).filter_map(|at| self.bytes.get(at % KEPT)));
        recent
    }

    /// The position of one of the last bytes.
    fn place(&self, back: usize) -> usize {
        let at = self.count.saturating_sub(back) % KEPT;
        self.places.get(at).copied().unwrap_or_default()
    }
}
