//! eFuse maps: no overlaps, all fields inside their blocks, values round-trip.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]

use std::collections::BTreeSet;

use esp_flash_image::{Chip, ChipRevision};
use esp_rom_loader::{BlockCoding, EfuseMap};
use proptest::prelude::*;

fn maps() -> Vec<&'static EfuseMap> {
    let revisions = [None, ChipRevision::new(0, 0).ok()];
    let chips = Chip::ALL
        .iter()
        .flat_map(|chip| revisions.map(|revision| EfuseMap::of(*chip, revision)));
    chips.flatten().collect()
}

#[test]
fn ten_chips_are_known_and_the_others_not() {
    let known: Vec<&str> = Chip::ALL
        .iter()
        .filter(|chip| EfuseMap::of(**chip, None).is_some())
        .map(|chip| chip.name())
        .collect();
    let expected = [
        "esp32", "esp32c2", "esp32c3", "esp32c5", "esp32c6", "esp32c61", "esp32h2", "esp32p4", "esp32s2", "esp32s3",
    ];
    assert_eq!(known, expected);
    assert!(maps().iter().all(|map| map.chip().name().starts_with("esp32")));
}

#[test]
fn fields_are_inside_of_their_blocks_and_do_not_overlap() {
    for map in maps() {
        let mut seen = BTreeSet::new();
        let mut names = BTreeSet::new();
        for field in map.fields() {
            let words = u16::from(map.blocks()[usize::from(field.block())].words);
            assert!(names.insert(field.name()), "{} has {} twice", map.chip(), field.name());
            assert!((1..=32).contains(&field.len()), "{}", field.name());
            for bit in field.bits() {
                assert!(bit < words * 32, "{} {}", map.chip(), field.name());
                assert!(
                    seen.insert((field.block(), bit)),
                    "{} {} overlaps",
                    map.chip(),
                    field.name()
                );
            }
            assert!(
                field
                    .write_protect()
                    .is_none_or(|bit| bit < map.field("WR_DIS").unwrap().len())
            );
        }
    }
}

#[test]
fn blocks_follow_each_other_and_purposes_fit_their_fields() {
    for map in maps() {
        for (index, pair) in map.blocks().windows(2).enumerate() {
            assert_eq!(usize::from(pair[0].index), index);
            let next = pair[0].read + u16::from(pair[0].words) * 4;
            // The ESP32's programming registers of BLOCK0 are in between.
            let gap = if map.registers().coding == BlockCoding::Esp32 && index == 0 {
                0x1C
            } else {
                0
            };
            assert_eq!(next + gap, pair[1].read, "{} {}", map.chip(), pair[1].name);
        }
        for block in map.blocks().iter().filter(|block| block.key) {
            assert!(block.write_protect.is_some() && block.read_protect != 0);
            if let Some(field) = map.purpose_field(block) {
                let top = map.purposes().iter().map(|purpose| u32::from(purpose.number)).max();
                assert!(top < Some(1 << field.len()), "{} {}", map.chip(), field.name());
            }
        }
    }
}

proptest! {
    #[test]
    fn values_survive_in_their_bits(number in any::<prop::sample::Index>(), value in any::<u32>()) {
        let all: Vec<_> = maps().into_iter().flat_map(|map| map.fields()).collect();
        let field = all[number.index(all.len())];
        let fits = u64::from(value) < 1 << field.len();
        let mut words = [0; 8];
        prop_assert_eq!(field.put(value, &mut words), fits);
        let mask = u32::try_from((1_u64 << field.len()) - 1).unwrap();
        prop_assert_eq!(field.value(&words), value & mask);
        let ones: u32 = words.iter().map(|word| word.count_ones()).sum();
        prop_assert_eq!(ones, (value & mask).count_ones());
    }
}
