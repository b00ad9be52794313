use core::fmt;

use rand_core::CryptoRng;

use crate::Discriminator;

/// Number of discriminators.
const COUNT: usize = 1 << 12;

/// Draws discriminators for a batch of devices; all in a block of 4096 differ.
///
/// Devices that are commissioned at the same place are told apart by their discriminators.
///
/// # Examples
///
/// ```
/// use matter_types::DiscriminatorAllocator;
/// # let mut rng: rand_chacha::ChaCha20Rng = rand_core::SeedableRng::seed_from_u64(1);
///
/// let mut allocator = DiscriminatorAllocator::new();
/// let (first, second) = (allocator.draw(&mut rng), allocator.draw(&mut rng));
/// assert_ne!(first, second);
/// ```
#[derive(Clone)]
pub struct DiscriminatorAllocator {
    /// A permutation of all discriminators; the first `drawn` are used.
    values: [u16; COUNT],
    /// Number of discriminators drawn from the block.
    drawn: usize,
}

impl DiscriminatorAllocator {
    /// Starts with a full block.
    #[must_use]
    pub fn new() -> Self {
        Self {
            // All 4096 numbers fit into 16 bits.
            values: core::array::from_fn(|i| u16::try_from(i).unwrap_or_default()),
            drawn: 0,
        }
    }

    /// Starts a new block without the discriminators in `taken`.
    ///
    /// When the others are used up, the next block contains all 4096.
    #[must_use]
    pub fn with_taken(self, taken: impl IntoIterator<Item = Discriminator>) -> Self {
        let mut allocator = Self::new();
        for discriminator in taken {
            let unused = allocator.values.iter().skip(allocator.drawn);
            let place = unused
                .zip(allocator.drawn..)
                .find(|(value, _)| **value == discriminator.get());
            if let Some((_, place)) = place {
                allocator.values.swap(allocator.drawn, place);
                allocator.drawn += 1;
            }
        }
        allocator
    }

    /// Draws the next discriminator uniformly from those left in the block.
    pub fn draw<R: CryptoRng + ?Sized>(&mut self, rng: &mut R) -> Discriminator {
        if self.drawn == COUNT {
            self.drawn = 0;
        }
        let used = self.drawn;
        let chosen = used + below(COUNT - used, rng);
        self.values.swap(used, chosen);
        self.drawn += 1;
        let value = self.values.get(used).copied().unwrap_or_default();
        Discriminator::new(value).unwrap_or(Discriminator::MIN)
    }
}

/// Draws a uniform number below `bound` by rejection sampling.
fn below<R: CryptoRng + ?Sized>(bound: usize, rng: &mut R) -> usize {
    let mask = bound.next_power_of_two() - 1;
    loop {
        // `bound` is at most 4096.
        let drawn = usize::try_from(rng.next_u32()).unwrap_or_default() & mask;
        if drawn < bound || bound == 0 {
            return drawn;
        }
    }
}

impl Default for DiscriminatorAllocator {
    fn default() -> Self {
        Self::new()
    }
}

impl fmt::Debug for DiscriminatorAllocator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DiscriminatorAllocator")
            .field("drawn", &self.drawn)
            .finish_non_exhaustive()
    }
}
