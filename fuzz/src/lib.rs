//! Mutators for the fuzz targets that get past checksums and lengths.

mod der;
mod random;
mod tlv;
mod worn;

pub use der::mutate_der;
pub use tlv::mutate_tlv;

/// Sizes of a page and a slot, offsets of the bitmap and slot 0 (ESP-IDF Programming Guide, "Non-Volatile Storage
/// Library", section "Internals").
const PAGE: usize = 4096;
const SLOT: usize = 32;
const BITMAP: usize = 32;
const FIRST_SLOT: usize = 64;

/// Mutates an NVS image and, three times out of four, corrects its checksums.
///
/// Otherwise nearly every mutation fails at the first checksum, and the code after it is never reached. libFuzzer keeps the
/// repaired image, so a crash is reproducible from its file alone. One time in four the image is worn instead: entry by
/// entry and page by page.
pub fn mutate_nvs_image(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    if seed % 4 == 1 && size >= PAGE {
        worn::wear_nvs_image(&mut data[..size], seed);
        return size;
    }
    let size = libfuzzer_sys::fuzzer_mutate(data, size, max_size);
    if !seed.is_multiple_of(4) {
        data[..size].chunks_exact_mut(PAGE).for_each(repair_page);
    }
    size
}

fn repair_page(page: &mut [u8]) {
    let crc = crc32(&[&page[4..28]]);
    page[28..32].copy_from_slice(&crc);
    let mut start = FIRST_SLOT;
    while start < PAGE {
        let slot = (start - FIRST_SLOT) / SLOT;
        let written = page[BITMAP + slot / 4] >> (2 * (slot % 4)) & 3 == 0b10;
        start += if written {
            repair_entry(&mut page[start..])
        } else {
            SLOT
        };
    }
}

/// Repairs the entry at the start of `slots` and returns its length in bytes.
fn repair_entry(slots: &mut [u8]) -> usize {
    let (head, rest) = slots.split_at_mut(SLOT);
    let (kind, span) = (head[1], usize::from(head[2]).max(1));
    let len = usize::from(u16::from_le_bytes([head[24], head[25]]));
    // Strings, blobs in one piece and chunks of blobs have a payload with its own checksum.
    if matches!(kind, 0x21 | 0x41 | 0x42) && len <= rest.len() {
        head[28..32].copy_from_slice(&crc32(&[&rest[..len]]));
    }
    let crc = crc32(&[&head[..4], &head[8..]]);
    head[4..8].copy_from_slice(&crc);
    span * SLOT
}

/// The CRC-32 of `nvs_flash`, with an initial value of 0xFFFFFFFF.
fn crc32(parts: &[&[u8]]) -> [u8; 4] {
    let mut hasher = crc32fast::Hasher::new_with_initial(u32::MAX);
    parts.iter().for_each(|part| hasher.update(part));
    hasher.finalize().to_le_bytes()
}

/// Mutates an image of the `esp_secure_cert` partition and, three times out of four, corrects the checksums of its complete
/// records.
pub fn mutate_secure_cert_image(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    const HEADER: usize = 12;
    let size = libfuzzer_sys::fuzzer_mutate(data, size, max_size);
    let mut rest = &mut data[..size];
    while !seed.is_multiple_of(4) && rest.len() >= HEADER {
        let len = usize::from(u16::from_le_bytes([rest[10], rest[11]]));
        let covered = HEADER + len.next_multiple_of(16);
        if rest.len() < covered + 4 {
            break;
        }
        let (record, after) = rest.split_at_mut(covered + 4);
        record[..4].copy_from_slice(&[0x11, 0xBA, 0x5E, 0xBA]);
        let crc = crc32(&[&record[..covered]]);
        record[covered..].copy_from_slice(&crc);
        rest = after;
    }
    size
}

/// Mutates an app image and, three times out of four, corrects its checksum and hash.
pub fn mutate_flash_image(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    let size = libfuzzer_sys::fuzzer_mutate(data, size, max_size);
    if !seed.is_multiple_of(4) {
        let _ = repair_image(&mut data[..size]);
    }
    size
}

fn repair_image(image: &mut [u8]) -> Option<()> {
    let segments = image.get(1).copied()?.clamp(1, 16);
    let mut end = 24;
    let mut checksum = 0xEF;
    for _ in 0..segments {
        let len = image.get_mut(end + 4..end + 8)?;
        // A short segment, and a multiple of 4.
        len[0] &= !3;
        len[2..].fill(0);
        let len = usize::from(u16::from_le_bytes([len[0], len[1]]));
        checksum ^= image
            .get(end + 8..end + 8 + len)?
            .iter()
            .fold(0, |sum, byte| sum ^ byte);
        end += 8 + len;
    }
    let at = (end + 1).next_multiple_of(16) - 1;
    image.get_mut(end..=at)?.fill(0);
    image[0] = 0xE9;
    image[1] = segments;
    image[19..23].fill(0);
    image[23] &= 1;
    image[at] = checksum;
    let hash = <sha2::Sha256 as sha2::Digest>::digest(&image[..=at]);
    if image[23] == 1 {
        image.get_mut(at + 1..at + 33)?.copy_from_slice(&hash);
    }
    Some(())
}

/// Mutates a partition table and, three times out of four, corrects its magic numbers and MD5.
pub fn mutate_flash_table_binary(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    let size = libfuzzer_sys::fuzzer_mutate(data, size, max_size);
    let table = &mut data[..size];
    for start in (0..size).step_by(SLOT) {
        let (rows, rest) = table.split_at_mut(start);
        if seed.is_multiple_of(4) || rest.len() < SLOT || rest[..SLOT].iter().all(|byte| *byte == 0xFF) {
            break;
        }
        if rest[0] == 0xEB {
            rest[1] = 0xEB;
            rest[2..16].fill(0xFF);
            rest[16..SLOT].copy_from_slice(&<md5::Md5 as md5::Digest>::digest(rows));
        } else {
            rest[..2].copy_from_slice(&[0xAA, 0x50]);
            rest[28] &= 3;
            rest[29..SLOT].fill(0);
        }
    }
    size
}

/// Mutates otadata and, three times out of four, corrects the checksums of both entries.
pub fn mutate_flash_otadata(data: &mut [u8], size: usize, max_size: usize, seed: u32) -> usize {
    let size = libfuzzer_sys::fuzzer_mutate(data, size, max_size);
    for entry in data[..size].chunks_exact_mut(SLOT).take(2) {
        if !seed.is_multiple_of(4) && entry.iter().any(|byte| *byte != 0xFF) {
            entry[4..24].fill(0xFF);
            let crc = crc32(&[&entry[..4]]);
            entry[28..].copy_from_slice(&crc);
        }
    }
    size
}
