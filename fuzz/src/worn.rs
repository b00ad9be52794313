//! A mutator of NVS images that have been in use: entries erased, repeated and moved to other pages, pages in other states and
//! orders, as after rewriting and power loss (ESP-IDF Programming Guide, "Non-Volatile Storage Library", section "Internals").

use crate::random::Random;
use crate::{BITMAP, FIRST_SLOT, PAGE, SLOT, repair_page};

const SLOTS: usize = (PAGE - FIRST_SLOT) / SLOT;

/// States of a page: never used, in use, full, being emptied, and one that no firmware writes.
const STATES: [u32; 5] = [0xFFFF_FFFF, 0xFFFF_FFFE, 0xFFFF_FFFC, 0xFFFF_FFF8, 0xFFFF_FFF0];

const EMPTY: u8 = 0b11;
const WRITTEN: u8 = 0b10;
const ERASED: u8 = 0b00;

/// Wears an NVS image by up to four steps, and corrects its checksums.
pub fn wear_nvs_image(image: &mut [u8], seed: u32) {
    let mut random = Random::new(seed);
    let pages = image.len() / PAGE;
    if pages == 0 {
        return;
    }
    for _ in 0..=random.below(4) {
        let (from, to) = (random.below(pages), random.below(pages));
        match random.below(8) {
            0 => page(image, from)[..4].copy_from_slice(&STATES[random.below(STATES.len())].to_le_bytes()),
            1 => page(image, from)[4..8].copy_from_slice(&u32::try_from(random.below(8)).unwrap_or(0).to_le_bytes()),
            2 => image.copy_within(from * PAGE..(from + 1) * PAGE, to * PAGE),
            3 => page(image, from).fill(0xFF),
            4 => {
                // Power is lost while an entry is erased or written: only some of its slots change their state.
                let slot = random.below(SLOTS);
                set_state(page(image, from), slot, [EMPTY, WRITTEN, ERASED, 0b01][random.below(4)]);
            }
            5 => {
                if let Some((start, span)) = entry(page(image, from), &mut random) {
                    (start..start + span).for_each(|slot| set_state(page(image, from), slot, ERASED));
                }
            }
            _ => copy_entry(image, from, to, &mut random),
        }
    }
    image.chunks_exact_mut(PAGE).for_each(repair_page);
}

fn page(image: &mut [u8], number: usize) -> &mut [u8] {
    &mut image[number * PAGE..(number + 1) * PAGE]
}

fn state(page: &[u8], slot: usize) -> u8 {
    page[BITMAP + slot / 4] >> (2 * (slot % 4)) & 3
}

fn set_state(page: &mut [u8], slot: usize, state: u8) {
    let (byte, shift) = (&mut page[BITMAP + slot / 4], 2 * (slot % 4));
    *byte = *byte & !(3 << shift) | state << shift;
}

/// First slot and number of slots of a written entry.
fn entry(page: &[u8], random: &mut Random) -> Option<(usize, usize)> {
    let (mut entries, mut slot) = (Vec::new(), 0);
    while slot < SLOTS {
        let mut span = 1;
        if state(page, slot) == WRITTEN {
            span = usize::from(page[FIRST_SLOT + slot * SLOT + 2]).clamp(1, SLOTS - slot);
            entries.push((slot, span));
        }
        slot += span;
    }
    (!entries.is_empty()).then(|| entries[random.below(entries.len())])
}

/// Writes an entry once more, into the first free slots of a page: a second version of a value, or one of two pages' copies.
fn copy_entry(image: &mut [u8], from: usize, to: usize, random: &mut Random) {
    let Some((start, span)) = entry(page(image, from), random) else {
        return;
    };
    let source = &page(image, from)[FIRST_SLOT + start * SLOT..FIRST_SLOT + (start + span) * SLOT];
    let mut bytes = source.to_vec();
    if random.below(3) == 0 {
        // Another chunk of the same blob, another type, or another value.
        let at = [1, 3, 24, 26][random.below(4)];
        bytes[at] = random.byte();
    }
    let target = page(image, to);
    let free = (0..SLOTS).find(|slot| (*slot..SLOTS).all(|slot| state(target, slot) == EMPTY));
    if let Some(free) = free
        && free + span <= SLOTS
    {
        target[FIRST_SLOT + free * SLOT..FIRST_SLOT + (free + span) * SLOT].copy_from_slice(&bytes);
        (free..free + span).for_each(|slot| set_state(target, slot, WRITTEN));
    }
}
