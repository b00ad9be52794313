use crate::layout::SLOTS_PER_PAGE;

/// The bitmap of a page, with the two bits of each slot in two numbers, so that all slots are
/// tested at once. A slot is empty (0b11), then written (0b10), then erased (0b00).
#[derive(Clone, Copy, Debug)]
pub(crate) struct SlotStates {
    /// The low bits of the slots.
    low: u128,
    /// The high bits of the slots.
    high: u128,
}

const ALL: u128 = (1 << SLOTS_PER_PAGE) - 1;

impl SlotStates {
    pub(crate) const fn new(bitmap: [u8; 32]) -> Self {
        let [first @ .., _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _] = bitmap;
        let [_, _, _, _, _, _, _, _, _, _, _, _, _, _, _, _, second @ ..] = bitmap;
        let (first, second) = (u128::from_le_bytes(first), u128::from_le_bytes(second));
        Self {
            low: even_bits(first) | even_bits(second) << 64,
            high: even_bits(first >> 1) | even_bits(second >> 1) << 64,
        }
    }

    /// Returns the slots that are marked as written, one bit each.
    pub(crate) const fn written(self) -> u128 {
        self.high & !self.low & ALL
    }

    /// Returns the slots that are marked as empty.
    const fn empty(self) -> u128 {
        self.high & self.low & ALL
    }

    /// Returns the slots that are marked as erased.
    #[cfg(feature = "alloc")]
    const fn erased(self) -> u128 {
        !self.high & !self.low & ALL
    }

    pub(crate) const fn is_written(self, slot: usize) -> bool {
        self.written() >> slot & 1 == 1
    }

    pub(crate) const fn is_empty(self, slot: usize) -> bool {
        self.empty() >> slot & 1 == 1
    }

    /// Returns whether a slot and all after it are marked as empty.
    pub(crate) const fn all_empty_from(self, slot: usize) -> bool {
        (self.empty() ^ ALL) >> slot == 0
    }

    /// Returns whether the two bits are not a valid state.
    pub(crate) const fn is_illegal(self, slot: usize) -> bool {
        (!self.high & self.low & ALL) >> slot & 1 == 1
    }

    /// Returns whether `span` slots from `slot` on are marked as written.
    pub(crate) fn all_written(self, slot: usize, span: usize) -> bool {
        first_of(!self.written() >> slot) >= span
    }

    /// Returns the number of written and of erased slots.
    #[cfg(feature = "alloc")]
    pub(crate) fn written_and_erased(self) -> (usize, usize) {
        let count = |bits: u128| usize::try_from(bits.count_ones()).unwrap_or(SLOTS_PER_PAGE);
        (count(self.written()), count(self.erased()))
    }

    /// Returns the first empty slot, or the number of slots.
    pub(crate) fn first_empty(self) -> usize {
        first_of(self.empty() | !ALL)
    }
}

/// Returns the slots whose bits are set.
pub(crate) fn slots_of(mut bits: u128) -> impl Iterator<Item = usize> {
    core::iter::from_fn(move || {
        let slot = usize::try_from(bits.trailing_zeros()).ok().filter(|_| bits != 0)?;
        bits &= bits - 1;
        Some(slot)
    })
}

fn first_of(bits: u128) -> usize {
    usize::try_from(bits.trailing_zeros()).unwrap_or(SLOTS_PER_PAGE)
}

/// Returns every other bit, from the lowest on, in the lower half.
const fn even_bits(bits: u128) -> u128 {
    let bits = bits & 0x5555_5555_5555_5555_5555_5555_5555_5555;
    let bits = (bits | bits >> 1) & 0x3333_3333_3333_3333_3333_3333_3333_3333;
    let bits = (bits | bits >> 2) & 0x0F0F_0F0F_0F0F_0F0F_0F0F_0F0F_0F0F_0F0F;
    let bits = (bits | bits >> 4) & 0x00FF_00FF_00FF_00FF_00FF_00FF_00FF_00FF;
    let bits = (bits | bits >> 8) & 0x0000_FFFF_0000_FFFF_0000_FFFF_0000_FFFF;
    let bits = (bits | bits >> 16) & 0x0000_0000_FFFF_FFFF_0000_0000_FFFF_FFFF;
    (bits | bits >> 32) & 0x0000_0000_0000_0000_FFFF_FFFF_FFFF_FFFF
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_are_those_of_the_slots() {
        let mut bitmap = [0u8; 32];
        let mut seed = 1u32;
        for byte in &mut bitmap {
            seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            [.., *byte] = seed.to_le_bytes();
        }
        let states = SlotStates::new(bitmap);
        let bits = |slot: usize| bitmap[slot / 4] >> (2 * (slot % 4)) & 0b11;
        for slot in 0..SLOTS_PER_PAGE {
            // The states of `nvs_page.hpp`.
            let found = [states.is_empty(slot), states.is_written(slot), states.is_illegal(slot)];
            assert_eq!(found, [0b11, 0b10, 0b01].map(|state| bits(slot) == state), "{slot}");
            #[cfg(feature = "alloc")]
            assert_eq!(states.erased() >> slot & 1 == 1, bits(slot) == 0b00, "{slot}");
            for span in 1..=SLOTS_PER_PAGE - slot {
                let all = (slot..slot + span).all(|slot| bits(slot) == 0b10);
                assert_eq!(states.all_written(slot, span), all, "{slot} {span}");
            }
        }
        assert_eq!(
            Some(states.first_empty()),
            (0..SLOTS_PER_PAGE).find(|slot| bits(*slot) == 0b11)
        );
        assert_eq!(SlotStates::new([0; 32]).first_empty(), SLOTS_PER_PAGE);
        assert!(SlotStates::new([0xAA; 32]).all_written(0, SLOTS_PER_PAGE));
    }
}
