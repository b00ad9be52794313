//! Damaged and re-encoded files: both readers see the same meaning in every accepted file, and no accidentally damaged file
//! is accepted.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::expect_used,
    reason = "tests"
)]

#[path = "support/judged.rs"]
mod judged;
#[path = "support/naive.rs"]
mod naive;
#[path = "support/random.rs"]
mod random;

use naive::Fields;
use random::Random;

/// The elements of a structure, by offset.
fn elements(file: &[u8], start: usize) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut at = 17;
    while at < start - 1 {
        let kind = file[at] & 0x1F;
        let value = match kind {
            4..=7 => 1 << (kind % 4),
            0x0C | 0x10 => 1 + usize::from(file[at + 2]),
            _ => 2 + usize::from(u16::from_le_bytes([file[at + 2], file[at + 3]])),
        };
        found.push((at, at + 2 + value));
        at += 2 + value;
    }
    assert_eq!(at, start - 1);
    found
}

/// Puts a changed structure into a file and updates the sizes.
fn assemble(structure: &[u8], payload: &[u8]) -> Vec<u8> {
    let mut file = vec![0x1E, 0xF1, 0xEE, 0x1B];
    let total = u64::try_from(16 + structure.len() + payload.len()).unwrap();
    file.extend(total.to_le_bytes());
    file.extend(u32::try_from(structure.len()).unwrap().to_le_bytes());
    file.extend(structure);
    file.extend(payload);
    file
}

/// Changes the encoding of a structure, and possibly its meaning.
fn respell(random: &mut Random, file: &[u8], start: usize) -> Vec<u8> {
    let mut parts: Vec<Vec<u8>> = elements(file, start)
        .iter()
        .map(|(from, to)| file[*from..*to].to_vec())
        .collect();
    let which = random.below(parts.len());
    let part = parts[which].clone();
    let is_number = part[0] & 0x1C == 4;
    let mut end = vec![0x18];
    match random.below(10) {
        0 if is_number => {
            parts[which] = [&[0x27, part[1]], &part[2..], &[0; 8][..8 - (part.len() - 2)]].concat();
        }
        1 => {
            let other = random.below(parts.len());
            parts.swap(which, other);
        }
        2 => parts.insert(which, part),
        3 => drop(parts.remove(which)),
        // Not one limit for the other, which would be another value.
        4 => parts[which][1] = [0, 1, 2, 3, 4, 7, 8, 9, 10][random.below(9)],
        5 => parts[which][0] ^= 1 << random.below(5),
        6 => parts[which] = [&[0xC0 | part[0] & 0x1F, 0xFF, 0xFF, 0xFF, 0xFF, part[1], 0], &part[2..]].concat(),
        7 => parts.push(vec![0x24, 10, 1]),
        8 => end.extend([0; 3]),
        _ => parts[which][0] = part[0] & 0x1F | 0x40,
    }
    assemble(&[&[0x15], parts.concat().as_slice(), &end].concat(), &file[start..])
}

#[test]
fn two_hundred_respelled_headers_are_not_accepted_with_another_meaning() {
    let mut random = Random::new(0x0A11);
    let (mut accepted, mut refused) = (0, 0);
    for number in 0..200 {
        let (file, start) = random.file();
        let meaning = naive::judge(&file).unwrap();
        let changed = respell(&mut random, &file, start);
        assert_eq!(judged::sdk(&changed), naive::judge(&changed), "{number}");
        match judged::strict(&changed) {
            // An omitted limit or URL, which are optional.
            Ok(read) => {
                accepted += 1;
                let left_out = Fields {
                    min: read.min,
                    max: read.max,
                    url: read.url.clone(),
                    ..meaning.clone()
                };
                let only_less = (read.min.is_none() || read.min == meaning.min)
                    && (read.max.is_none() || read.max == meaning.max)
                    && (read.url.is_none() || read.url == meaning.url);
                assert!(read == left_out && only_less, "{number}: {meaning:?} {read:?}");
                assert!(read == meaning || changed.len() < file.len(), "{number}");
            }
            Err(_) => refused += 1,
        }
    }
    println!("{accepted} accepted with their meaning, {refused} refused");
    assert!(accepted >= 10 && refused >= 100);
}

#[test]
fn two_hundred_damaged_files_are_refused_or_read_alike() {
    let mut random = Random::new(0xDA3A);
    let (mut accepted, mut refused) = (0, 0);
    for number in 0..200 {
        let (mut file, start) = random.file();
        let meaning = naive::judge(&file).unwrap();
        let bit = random.below(8);
        let in_header = random.below(2) == 0 || start == file.len();
        let at = if in_header {
            random.below(start)
        } else {
            start + random.below(file.len() - start)
        };
        file[at] ^= 1 << bit;
        assert_eq!(judged::sdk(&file), naive::judge(&file), "{number}");
        match judged::strict(&file) {
            // A flipped bit in a value gives another value, which no digest covers: both readers must see the same one, and
            // it must not affect the payload check.
            Ok(read) => {
                assert!(in_header && at >= 16, "{number}");
                assert_eq!(naive::judge(&file), Ok(read.clone()), "{number}");
                assert_eq!((read.size, &read.digest), (meaning.size, &meaning.digest), "{number}");
                assert_eq!(read.digest_type, meaning.digest_type, "{number}");
                accepted += 1;
            }
            Err(_) => refused += 1,
        }
    }
    println!("{accepted} are other headers, {refused} refused");
    assert!(refused >= 100);
}

#[test]
fn every_flipped_bit_of_a_small_file_is_refused_or_seen_by_both() {
    let mut random = Random::new(7);
    let (file, start) = loop {
        let (file, start) = random.file();
        if file.len() < 400 && file.len() > start {
            break (file, start);
        }
    };
    for at in 0..file.len() {
        for bit in 0..8 {
            let mut changed = file.clone();
            changed[at] ^= 1 << bit;
            assert_eq!(judged::sdk(&changed), naive::judge(&changed), "{at} {bit}");
            if let Ok(read) = judged::strict(&changed) {
                assert!((16..start).contains(&at));
                assert_eq!(naive::judge(&changed), Ok(read));
            }
        }
    }
}

#[test]
fn every_cut_and_every_added_byte_is_refused() {
    let (file, start) = Random::new(3).file();
    for len in (0..file.len()).step_by(1 + file.len() / 600) {
        let wrong = judged::strict(&file[..len]).expect_err("a cut file");
        let id = if len < start { "incomplete" } else { "payload-truncated" };
        assert_eq!(wrong[0].id(), id, "{len}");
    }
    let longer = [file.as_slice(), &[0]].concat();
    let wrong = judged::strict(&longer).unwrap_err();
    assert_eq!(
        wrong.iter().map(|error| error.id()).collect::<Vec<_>>(),
        ["trailing-bytes"]
    );
}
