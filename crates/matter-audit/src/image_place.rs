//! The place of an image in the flash.

use std::ops::Range;

const SECTOR: usize = 4096;

/// Returns the first range of the flash that begins at a sector and equals the image; `None` for an empty image.
///
/// The algorithm is that of Knuth, Morris and Pratt, with sectors as letters: a flash and an image of equal sectors
/// would otherwise take a time that grows with the product of their lengths.
pub(crate) fn place_of(image: &[u8], flash: &[u8]) -> Option<Range<usize>> {
    let (wanted, tail) = image.as_chunks::<SECTOR>();
    let borders = borders(wanted);
    let mut matched = 0;
    for first in 0..=flash.len() / SECTOR {
        // Sectors before this one match the first `matched` ones of the image.
        if matched == wanted.len() {
            let start = (first - matched) * SECTOR;
            let found = start..start + image.len();
            if !image.is_empty() && flash.get(first * SECTOR..found.end) == Some(tail) {
                return Some(found);
            }
        }
        let sector = flash.as_chunks().0.get(first)?;
        matched = extend(wanted, &borders, matched, sector);
    }
    None
}

/// Returns the number of the image's first sectors that the flash has at its end after one more sector.
fn extend(wanted: &[[u8; SECTOR]], borders: &[usize], mut matched: usize, sector: &[u8; SECTOR]) -> usize {
    while wanted.get(matched) != Some(sector) {
        let Some(border) = matched.checked_sub(1).and_then(|last| borders.get(last)) else {
            return 0;
        };
        matched = *border;
    }
    matched + 1
}

/// Returns for each sector the number of sectors, fewer than all up to it, with which the image both begins and ends there.
fn borders(wanted: &[[u8; SECTOR]]) -> Vec<usize> {
    let mut borders = Vec::with_capacity(wanted.len());
    for sector in wanted {
        let border = match borders.last() {
            Some(last) => extend(wanted, &borders, *last, sector),
            None => 0,
        };
        borders.push(border);
    }
    borders
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

    /// All flashes and images of few sectors, which begin with themselves in all ways, against a search at each sector.
    #[test]
    fn first_place_is_that_of_a_naive_search() {
        let sectors =
            |count: u32, bits: u32| -> Vec<u8> { (0..count).flat_map(|at| [(bits >> at & 1) as u8; SECTOR]).collect() };
        let mut found = 0;
        for (count, len) in (0..=7).flat_map(|count| (1..=4).map(move |len| (count, len))) {
            for bits in 0..1 << count {
                let flash = sectors(count, bits);
                for image in (0..1 << len).map(|bits| sectors(len, bits)) {
                    let naive = (0..flash.len() / SECTOR)
                        .map(|at| at * SECTOR)
                        .find(|at| flash[*at..].starts_with(&image));
                    assert_eq!(place_of(&image, &flash).map(|range| range.start), naive);
                    found += usize::from(naive.is_some());
                }
            }
        }
        assert!(found > 1000);
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
