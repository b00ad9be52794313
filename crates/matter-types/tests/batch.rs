//! Discriminators and passcodes for many devices, drawn or imported.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeSet;

use matter_types::{Discriminator, DiscriminatorAllocator};
use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

fn rng() -> ChaCha20Rng {
    ChaCha20Rng::seed_from_u64(20_221_025)
}

fn draw(allocator: &mut DiscriminatorAllocator, count: usize) -> Vec<Discriminator> {
    let mut rng = rng();
    (0..count).map(|_| allocator.draw(&mut rng)).collect()
}

#[test]
fn taken_discriminators_are_drawn_last() {
    let left = [7, 70, 700];
    let all = (0..4096).map(|number| Discriminator::new(number).unwrap());
    // A duplicate in the taken discriminators counts once.
    let taken = all.clone().chain(all).filter(|number| !left.contains(&number.get()));
    let mut allocator = DiscriminatorAllocator::new().with_taken(taken);
    let mut first = draw(&mut allocator, 3);
    first.sort_unstable();
    assert_eq!(first.iter().map(|number| number.get()).collect::<Vec<_>>(), left);
    let second = draw(&mut allocator, 4096);
    assert_eq!(
        second.into_iter().collect::<BTreeSet<_>>().len(),
        4096,
        "the next block is full"
    );
}

#[test]
fn every_block_of_4096_has_each_discriminator_once() {
    let drawn = draw(&mut DiscriminatorAllocator::new(), 3 * 4096);
    let blocks = drawn.chunks(4096).collect::<Vec<_>>();
    for block in &blocks {
        assert_eq!(block.iter().collect::<BTreeSet<_>>().len(), 4096);
    }
    // Each block has its own order.
    assert_ne!(blocks[0], blocks[1]);
}

#[test]
fn first_discriminator_is_any_with_equal_chance() {
    let mut rng = rng();
    let mut counts = [0u32; 16];
    for _ in 0..3200 {
        let drawn = DiscriminatorAllocator::new().draw(&mut rng).get();
        counts[usize::from(drawn & 0xF)] += 1;
    }
    // 200 are expected in each; the standard deviation is 14, the tolerance six of them.
    assert!(counts.iter().all(|count| (118..282).contains(count)), "{counts:?}");
}
