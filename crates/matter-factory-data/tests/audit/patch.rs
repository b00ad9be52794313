//! Modifications of finished NVS images.

/// Offset of the slot of a key in an image: its name starts at byte 8 of the slot.
pub(crate) fn slot(image: &[u8], name: &str) -> usize {
    let mut field = [0; 16];
    field[..name.len()].copy_from_slice(name.as_bytes());
    let at = image.windows(16).position(|window| window == field);
    at.unwrap_or_else(|| panic!("{name}")) - 8
}

/// Gives an entry of a later page the name of an earlier one. The checksum is that of `nvs_partition_gen.py`: zlib's
/// CRC-32 with start value 0xFFFFFFFF over everything but itself.
pub(crate) fn rename(image: &mut [u8], from: &str, to: &str) {
    let (old, at) = (slot(image, to), slot(image, from));
    assert!(old / 0x1000 < at / 0x1000);
    let entry = &mut image[at..at + 32];
    entry[8..24].fill(0);
    entry[8..8 + to.len()].copy_from_slice(to.as_bytes());
    let mut register = 0u32;
    for byte in entry[..4].iter().chain(&entry[8..]) {
        register ^= u32::from(*byte);
        for _ in 0..8 {
            register = register >> 1 ^ if register & 1 == 1 { 0xEDB8_8320 } else { 0 };
        }
    }
    entry[4..8].copy_from_slice(&(!register).to_le_bytes());
}

/// Copies the slots of a string to a separate page, which becomes the newest.
pub(crate) fn duplicate(image: &mut [u8], name: &str) {
    let at = slot(image, name);
    let slots = usize::from(image[at + 2]);
    let entry = image[at..at + 32 * slots].to_vec();
    let from = at / 0x1000 * 0x1000;
    let used = (0..126)
        .take_while(|slot| image[from + 0x20 + slot / 4] >> (slot % 4 * 2) & 3 == 2)
        .count();
    let to = from + 0x40 + 32 * used;
    image[to..to + entry.len()].copy_from_slice(&entry);
    for slot in used..used + slots {
        image[from + 0x20 + slot / 4] &= !(1 << (slot % 4 * 2));
    }
}
