use alloc::collections::BTreeSet;
use core::fmt;

/// The values as long as a key that were looked at already, and how many more are.
///
/// Whether a value is somebody's private key takes a multiplication on the curve. A value is looked at once, wherever it
/// stands, and what a caller can explain - a hash, a salt - not at all.
pub struct TriedScalars {
    /// The first half of each: random values do not have it in common.
    seen: BTreeSet<[u8; 16]>,
    left: usize,
    is_exhausted: bool,
}

impl TriedScalars {
    /// Starts with no value; no more than `limit` are looked at.
    #[must_use]
    pub const fn new(limit: usize) -> Self {
        Self {
            seen: BTreeSet::new(),
            left: limit,
            is_exhausted: false,
        }
    }

    /// Takes a value for explained.
    pub fn skip(&mut self, value: &[u8; 32]) {
        self.seen.insert(half(value));
    }

    /// Tells whether a value was not looked at because there were too many.
    #[must_use]
    pub const fn is_exhausted(&self) -> bool {
        self.is_exhausted
    }

    /// Tells whether to look at a value, which is then one that was looked at.
    pub(super) fn take(&mut self, value: &[u8; 32]) -> bool {
        if self.seen.contains(&half(value)) {
            return false;
        }
        let Some(left) = self.left.checked_sub(1) else {
            self.is_exhausted = true;
            return false;
        };
        self.left = left;
        self.seen.insert(half(value))
    }
}

fn half(value: &[u8; 32]) -> [u8; 16] {
    value.first_chunk().copied().unwrap_or_default()
}

impl fmt::Debug for TriedScalars {
    /// Leaves out the values, of which some may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TriedScalars")
            .field("seen", &self.seen.len())
            .field("left", &self.left)
            .finish_non_exhaustive()
    }
}
