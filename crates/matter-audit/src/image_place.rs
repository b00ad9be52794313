//! The place of an image in the flash.

use std::hash::{BuildHasher, RandomState};
use std::ops::Range;

const SECTOR: usize = 4096;

/// Returns the first range of the flash that begins at a sector and equals the image; `None` for an empty image.
///
/// Sectors are compared by hashes with a random key: a flash and an image of equal sectors would otherwise take a time that grows with
/// the product of their lengths.
pub(crate) fn place_of(image: &[u8], flash: &[u8]) -> Option<Range<usize>> {
    if image.is_empty() {
        return None;
    }
    let state = RandomState::new();
    let hashes =
        |sectors: &[[u8; SECTOR]]| -> Vec<u64> { sectors.iter().map(|sector| state.hash_one(sector)).collect() };
    let (sectors, tail) = image.as_chunks();
    let (wanted, present) = (hashes(sectors), hashes(flash.as_chunks().0));
    (0..=present.len())
        .filter(|first| {
            present
                .get(*first..)
                .is_some_and(|present| present.starts_with(&wanted))
        })
        .map(|first| first.saturating_mul(SECTOR))
        .map(|start| start..start.saturating_add(image.len()))
        .find(|range| {
            let found = flash.get(range.clone());
            found.is_some_and(|found| found.ends_with(tail) && found == image)
        })
}

#[cfg(test)]
mod tests {
    #![allow(
        clippy::unwrap_used,
        clippy::indexing_slicing,
        clippy::as_conversions,
        clippy::cast_possible_truncation,
        reason = "tests"
    )]

    use super::*;

    #[test]
    fn image_is_found_at_a_sector() {
        let flash: Vec<u8> = (0..5 * SECTOR + 100).map(|at| (at / 16 * 7) as u8).collect();
        for (start, len) in [
            (0, SECTOR),
            (SECTOR, 2 * SECTOR),
            (2 * SECTOR, 10),
            (5 * SECTOR, 100),
            (3 * SECTOR, SECTOR + 1),
        ] {
            let mut flash = flash.clone();
            flash[start] = 1;
            flash[start + 1] = 2;
            let image = flash[start..start + len].to_vec();
            assert_eq!(place_of(&image, &flash), Some(start..start + len), "{start}");
            assert_eq!(place_of(&image, &flash[1..]), None, "{start}");
        }
        assert_eq!(place_of(&[], &flash), None);
        assert_eq!(place_of(&flash, &flash[..SECTOR]), None);
    }

    /// Compared byte by byte, each of 2048 sectors would take 8 MiB.
    #[test]
    fn equal_sectors_take_no_time() {
        let flash = vec![0xFF; 4096 * SECTOR];
        let mut image = vec![0xFF; 2048 * SECTOR];
        *image.last_mut().unwrap() = 0;
        let start = std::time::Instant::now();
        assert_eq!(place_of(&image, &flash), None);
        image.push(0);
        assert_eq!(place_of(&image, &flash), None);
        assert!(start.elapsed().as_secs() < 10);
    }
}
