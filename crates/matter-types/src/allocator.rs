use core::fmt;

use rand_core::CryptoRng;

use crate::{Discriminator, Error};

/// How many discriminators there are, and how many have the same short one.
const COUNT: usize = 1 << 12;
const GROUP: usize = 1 << 8;
/// How many short discriminators there are.
const SHORT_COUNT: usize = 16;

/// Draws discriminators for a batch of devices: no two of a block of 4096 are equal.
///
/// Devices that are set up side by side are told apart by their discriminators, and those that are set up by a manual code
/// by the short ones. With a distance, no discriminator has the same short one as any of the so many before it; then each
/// run of 16 has all 16 short ones.
///
/// # Examples
///
/// ```
/// use matter_types::DiscriminatorAllocator;
/// # let mut rng: rand_chacha::ChaCha20Rng = rand_core::SeedableRng::seed_from_u64(1);
///
/// let mut allocator = DiscriminatorAllocator::new().with_short_distance(3)?;
/// let (first, second) = (allocator.draw(&mut rng), allocator.draw(&mut rng));
/// assert_ne!(first.short(), second.short());
/// # Ok::<(), matter_types::Error>(())
/// ```
#[derive(Clone)]
pub struct DiscriminatorAllocator {
    /// A permutation of all discriminators. Without a distance the first `drawn` are used up; with one, the first so many
    /// of each group of 256 that have the same short one.
    values: [u16; COUNT],
    /// How many of the block are drawn.
    drawn: usize,
    distance: usize,
    /// The short ones drawn most recently, the newest first; meaningful up to `distance`.
    recent: [Option<u8>; SHORT_COUNT],
    /// Which short ones this run of 16 has already.
    run: [bool; SHORT_COUNT],
}

impl DiscriminatorAllocator {
    /// The largest distance: more than 15 others with a short one of their own there are not.
    pub const MAX_SHORT_DISTANCE: u8 = 15;

    /// Starts with a block that is complete, without a distance between equal short discriminators.
    #[must_use]
    pub fn new() -> Self {
        Self {
            // 4096 numbers, each of which fits.
            values: core::array::from_fn(|i| u16::try_from(i).unwrap_or_default()),
            drawn: 0,
            distance: 0,
            recent: [None; SHORT_COUNT],
            run: [false; SHORT_COUNT],
        }
    }

    /// Starts a new block in which no discriminator has the same short one as any of the `distance` before it.
    ///
    /// # Errors
    ///
    /// [`Error::ShortDistanceOutOfRange`] above 15.
    pub fn with_short_distance(self, distance: u8) -> Result<Self, Error> {
        if distance > Self::MAX_SHORT_DISTANCE {
            return Err(Error::ShortDistanceOutOfRange { value: distance.into() });
        }
        Ok(Self {
            distance: distance.into(),
            ..Self::new()
        })
    }

    /// Starts a new block, without a distance between equal short discriminators, in which `taken` are not drawn.
    ///
    /// Once the others are used up, the next block has all 4096 again.
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

    /// Draws the next discriminator, each that is allowed equally likely.
    pub fn draw<R: CryptoRng + ?Sized>(&mut self, rng: &mut R) -> Discriminator {
        if self.drawn == COUNT {
            self.drawn = 0;
        }
        let (used, end) = if self.distance == 0 {
            (self.drawn, COUNT)
        } else {
            let group = self.draw_short(rng) * GROUP;
            // Each complete run has taken one of every group.
            (group + self.drawn / SHORT_COUNT, group + GROUP)
        };
        let chosen = used + below(end - used, rng);
        self.values.swap(used, chosen);
        self.drawn += 1;
        let value = self.values.get(used).copied().unwrap_or_default();
        Discriminator::new(value).unwrap_or(Discriminator::MIN)
    }

    /// Draws the short one of the next discriminator.
    ///
    /// There is always one left: those of the run before that are too near and those of this run are never the same, and
    /// they are at most the distance, or what this run has drawn.
    fn draw_short<R: CryptoRng + ?Sized>(&mut self, rng: &mut R) -> usize {
        if self.drawn.is_multiple_of(SHORT_COUNT) {
            self.run = [false; SHORT_COUNT];
        }
        let near = self.recent.iter().take(self.distance).flatten();
        let mut allowed = self.run.map(|used| !used);
        for short in near {
            if let Some(allowed) = allowed.get_mut(usize::from(*short)) {
                *allowed = false;
            }
        }
        let left = || {
            allowed
                .iter()
                .enumerate()
                .filter(|(_, allowed)| **allowed)
                .map(|(short, _)| short)
        };
        let short = left().nth(below(left().count(), rng)).unwrap_or_default();
        if let Some(used) = self.run.get_mut(short) {
            *used = true;
        }
        self.recent.rotate_right(1);
        if let Some(newest) = self.recent.first_mut() {
            *newest = u8::try_from(short).ok();
        }
        short
    }
}

/// Draws a number below `bound`, each equally likely: as many random bits as it takes, again when they are too large.
fn below<R: CryptoRng + ?Sized>(bound: usize, rng: &mut R) -> usize {
    let mask = bound.next_power_of_two() - 1;
    loop {
        // At most 4096 is asked for.
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
            .field("distance", &self.distance)
            .finish_non_exhaustive()
    }
}
