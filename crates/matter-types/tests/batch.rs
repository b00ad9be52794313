//! Discriminators and passcodes for many devices, drawn or imported.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeSet;

use matter_types::{Discriminator, DiscriminatorAllocator, Error, Passcode, ProductId, parse_list};
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
    // Named twice, a discriminator is taken once.
    let taken = all.clone().chain(all).filter(|number| !left.contains(&number.get()));
    let mut allocator = DiscriminatorAllocator::new().with_taken(taken);
    let mut first = draw(&mut allocator, 3);
    first.sort_unstable();
    assert_eq!(first.iter().map(|number| number.get()).collect::<Vec<_>>(), left);
    let second = draw(&mut allocator, 4096);
    assert_eq!(
        second.into_iter().collect::<BTreeSet<_>>().len(),
        4096,
        "the next block has all"
    );
}

#[test]
fn every_block_of_4096_has_each_discriminator_once() {
    for distance in [0, 1, 7, 15] {
        let mut allocator = DiscriminatorAllocator::new().with_short_distance(distance).unwrap();
        let drawn = draw(&mut allocator, 3 * 4096);
        let blocks = drawn.chunks(4096).collect::<Vec<_>>();
        for block in &blocks {
            assert_eq!(block.iter().collect::<BTreeSet<_>>().len(), 4096, "distance {distance}");
        }
        // Each block has an order of its own.
        assert_ne!(blocks[0], blocks[1]);
    }
}

#[test]
fn short_discriminators_keep_their_distance_across_blocks() {
    for distance in 1..=15 {
        let mut allocator = DiscriminatorAllocator::new().with_short_distance(distance).unwrap();
        let drawn = draw(&mut allocator, 4096 + 512);
        for window in drawn.windows(usize::from(distance) + 1) {
            let (last, before) = window.split_last().unwrap();
            assert!(
                before.iter().all(|other| other.short() != last.short()),
                "distance {distance}"
            );
        }
    }
    let mut free = DiscriminatorAllocator::new();
    let drawn = draw(&mut free, 4096);
    let equal = drawn
        .windows(2)
        .filter(|pair| pair[0].short() == pair[1].short())
        .count();
    // One pair in sixteen when nothing is asked for: 256 expected, standard deviation 15.
    assert!((176..336).contains(&equal), "{equal}");
    let error = DiscriminatorAllocator::new().with_short_distance(16).unwrap_err();
    assert_eq!(error, Error::ShortDistanceOutOfRange { value: 16 });
}

#[test]
fn first_discriminator_is_any_with_equal_chance() {
    for distance in [0, 3] {
        let mut rng = rng();
        let mut counts = [0u32; 16];
        for _ in 0..3200 {
            let mut allocator = DiscriminatorAllocator::new().with_short_distance(distance).unwrap();
            let drawn = allocator.draw(&mut rng).get();
            // The low bits, which the short one does not show.
            counts[usize::from(drawn & 0xF)] += 1;
        }
        // 200 expected in each, standard deviation 14: six of them on either side.
        assert!(counts.iter().all(|count| (118..282).contains(count)), "{counts:?}");
    }
}

#[test]
fn imported_lists_are_checked_line_by_line() {
    let text = "\u{FEFF}20202021\r\n\r\n  00000001 \n12345678\n100000000\n0x10\nx\n";
    let read = parse_list::<Passcode>(text).map(|read| match read {
        Ok((line, passcode)) => Ok((line, passcode.expose())),
        Err(error) => Err((error.line(), error.error())),
    });
    assert_eq!(
        read.collect::<Vec<_>>(),
        [
            Ok((1, 20_202_021)),
            Ok((3, 1)),
            Err((4, Error::PasscodeTrivial)),
            Err((5, Error::PasscodeOutOfRange)),
            Ok((6, 16)),
            Err((7, Error::NotANumber)),
        ]
    );
    let wrong = parse_list::<Discriminator>("5\n4096").find_map(Result::err).unwrap();
    assert_eq!(wrong.to_string(), "line 2: discriminator 4096 is not in 0..=4095");
    assert_eq!(parse_list::<ProductId>("\n\n").count(), 0);
}
