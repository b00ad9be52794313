use alloc::collections::BTreeSet;
use core::fmt;

/// The key-sized values that were already tried, and the remaining number of tries.
///
/// Checking whether a value is a known owner's private key takes a multiplication on the curve. Each value is tried
/// once; values that a caller can explain, such as a hash or a salt, are not tried.
pub struct TriedScalars {
    /// The first half of each value, which is unique for random values.
    seen: BTreeSet<[u8; 16]>,
    left: usize,
    is_exhausted: bool,
}

impl TriedScalars {
    /// Creates an empty set that allows `limit` tries.
    #[must_use]
    pub const fn new(limit: usize) -> Self {
        Self {
            seen: BTreeSet::new(),
            left: limit,
            is_exhausted: false,
        }
    }

    /// Marks a value as explained.
    pub fn skip(&mut self, value: &[u8; 32]) {
        self.seen.insert(half(value));
    }

    /// Returns whether a value was not tried because the limit was reached.
    #[must_use]
    pub const fn is_exhausted(&self) -> bool {
        self.is_exhausted
    }

    /// Whether to try a value, which is then marked as tried.
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
    /// Omits the values, some of which may be secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TriedScalars")
            .field("seen", &self.seen.len())
            .field("left", &self.left)
            .finish_non_exhaustive()
    }
}
