use crate::items::Items;
use crate::layout::{PAGE_SIZE, SLOT_SIZE};
use crate::page::Page;
use crate::slot_states::slots_of;

/// The readability of an image, with the probable reason if it cannot be read.
///
/// An image has no mark that it is encrypted: page headers are plain in any case (ESP-IDF, "NVS
/// Encryption"). But every entry has a checksum, which is correct with probability 2^-32 if the
/// entry is encrypted or was decrypted with other keys, and plain entries have many bytes 00 and
/// FF.
///
/// # Examples
///
/// ```
/// use esp_nvs_image::{BlobVersion, Key, Legibility, Namespace, PartitionSize, Value, encode_to_vec};
/// # #[cfg(feature = "encryption")]
/// use esp_nvs_image::{NvsKeys, encrypt};
///
/// let entries = [(Namespace::new("ns")?, Key::new("a")?, Value::Str("text"))];
/// # #[cfg_attr(not(feature = "encryption"), allow(unused_mut))]
/// let mut image = encode_to_vec(PartitionSize::new(0x3000)?, BlobVersion::V2, entries)?;
/// assert_eq!(Legibility::of(&image), Legibility::Legible);
/// # #[cfg(feature = "encryption")]
/// encrypt(&mut image, &NvsKeys::new([1; 32], [2; 32])?)?;
/// # #[cfg(feature = "encryption")]
/// assert_eq!(Legibility::of(&image), Legibility::Encrypted);
/// # Ok::<(), esp_nvs_image::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Legibility {
    /// There are no entries.
    Blank,
    /// No entry can be read, and the entries do not look random: they are damaged.
    Damaged,
    /// No entry can be read, and most entries look random: they may be encrypted, or were decrypted
    /// with other keys.
    Encrypted,
    /// At least one entry can be read; others may be damaged.
    Legible,
}

/// Maximum count of one byte value in a slot that looks random: 32 random bytes exceed it once in
/// 20,000 times.
const MOST_ALIKE: usize = 4;

impl Legibility {
    /// Determines the legibility of an image. If no page has an intact header, all slots are tried
    /// as entries.
    #[must_use]
    pub fn of(image: &[u8]) -> Self {
        if Items::new(image).any(|item| item.is_ok()) {
            return Self::Legible;
        }
        let has_log = pages(image).any(|page| page.is_in_log());
        let slots = pages(image).flat_map(|page| {
            let written = match (has_log, page.is_in_log()) {
                (true, true) => page.slot_states().written(),
                (true, false) => 0,
                (false, _) => u128::MAX,
            };
            slots_of(written).filter_map(move |slot| page.slot(slot))
        });
        let (all, random) = slots
            .filter(|slot| **slot != [0xFF; SLOT_SIZE])
            .fold((0_usize, 0_usize), |(all, random), slot| {
                (all + 1, random + usize::from(looks_random(slot)))
            });
        match all {
            0 => Self::Blank,
            all if random >= all - all / 4 => Self::Encrypted,
            _ => Self::Damaged,
        }
    }
}

fn pages(image: &[u8]) -> impl Iterator<Item = Page<'_>> {
    (0..image.len() / PAGE_SIZE).filter_map(|number| Page::nth(image, number))
}

fn looks_random(slot: &[u8; SLOT_SIZE]) -> bool {
    let alike = |byte: &u8| slot.iter().filter(|other| *other == byte).count();
    slot.iter().all(|byte| alike(byte) <= MOST_ALIKE)
}
