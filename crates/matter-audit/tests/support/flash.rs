//! Flash for tests, from its table to its encryption.

use esp_flash_image::FlashKey;
use md5::{Digest, Md5};

/// Returns the binary form of a table: name, type, subtype, offset, size and flags of each row.
pub fn binary_table(rows: &[(&str, u8, u8, u32, u32, u32)]) -> Vec<u8> {
    let mut table = Vec::new();
    for (name, kind, subtype, offset, size, flags) in rows {
        table.extend([0xAA, 0x50, *kind, *subtype]);
        table.extend(offset.to_le_bytes());
        table.extend(size.to_le_bytes());
        let mut field = [0; 16];
        field[..name.len()].copy_from_slice(name.as_bytes());
        table.extend(field);
        table.extend(flags.to_le_bytes());
    }
    let md5 = Md5::digest(&table);
    table.extend([0xEB, 0xEB]);
    table.extend([0xFF; 14]);
    table.extend(md5);
    table.resize(0xC00, 0xFF);
    table
}

pub fn put(flash: &mut [u8], at: usize, bytes: &[u8]) {
    flash[at..at + bytes.len()].copy_from_slice(bytes);
}

/// Encrypts pieces of a flash, each given by its address and length.
pub fn encrypt(flash: &mut [u8], key: &FlashKey, pieces: &[(usize, usize)]) {
    let cipher = key.cipher();
    for (at, len) in pieces {
        let address = u32::try_from(*at).unwrap();
        cipher.encrypt(address, &mut flash[*at..at + len]).unwrap();
    }
}
