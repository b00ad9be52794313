//! A second implementation of the formats, from their descriptions and without the library: slow and simple.

#![allow(dead_code, reason = "no test uses all of it")]

use aes::cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use aes::{Aes128, Aes256};
use md5::{Digest, Md5};

/// Passes one block through AES with a key of 16 or 32 bytes.
fn aes(key: &[u8], block: [u8; 16], encrypt: bool) -> [u8; 16] {
    let mut block = block.into();
    match (key.len(), encrypt) {
        (16, true) => Aes128::new_from_slice(key).unwrap().encrypt_block(&mut block),
        (16, false) => Aes128::new_from_slice(key).unwrap().decrypt_block(&mut block),
        (_, true) => Aes256::new_from_slice(key).unwrap().encrypt_block(&mut block),
        (_, false) => Aes256::new_from_slice(key).unwrap().decrypt_block(&mut block),
    }
    block.into()
}

/// XTS over one unit of 128 bytes, byte by byte as in IEEE 1619: a loop over the tweak's bytes multiplies it.
fn xts_unit(key: &[u8], unit: u32, data: &[u8], encrypt: bool) -> Vec<u8> {
    let (data_key, tweak_key) = key.split_at(key.len() / 2);
    let mut tweak = [0; 16];
    tweak[..4].copy_from_slice(&unit.to_le_bytes());
    tweak = aes(tweak_key, tweak, true);
    let mut out = Vec::new();
    for block in data.chunks(16) {
        let mut mixed = [0; 16];
        (0..16).for_each(|i| mixed[i] = block[i] ^ tweak[i]);
        let mixed = aes(data_key, mixed, encrypt);
        out.extend((0..16).map(|i| mixed[i] ^ tweak[i]));
        let mut carry = 0;
        for byte in &mut tweak {
            let next = *byte >> 7;
            *byte = *byte << 1 | carry;
            carry = next;
        }
        if carry == 1 {
            tweak[0] ^= 0x87;
        }
    }
    out
}

/// Pads the first and the last unit with zeros, and returns the part that was given.
pub fn xts(key: &[u8], address: u32, data: &[u8], encrypt: bool) -> Vec<u8> {
    let before = usize::try_from(address % 128).unwrap();
    let mut padded = vec![0; before];
    padded.extend(data);
    padded.resize(padded.len().next_multiple_of(128), 0);
    let mut out = Vec::new();
    let mut unit = address - address % 128;
    for bytes in padded.chunks(128) {
        let turned: Vec<u8> = bytes.iter().rev().copied().collect();
        out.extend(xts_unit(key, unit, &turned, encrypt).iter().rev());
        unit = unit.wrapping_add(128);
    }
    out[before..before + data.len()].to_vec()
}

/// The ESP32's scheme, bit by bit.
pub fn legacy(key: &[u8], config: u8, address: u32, data: &[u8], encrypt: bool) -> Vec<u8> {
    let mut key = key.to_vec();
    if key.len() == 24 {
        key.extend_from_within(8..16);
    }
    let mut pattern = Vec::new();
    for (segment, tail) in [14, 12, 10, 8].into_iter().enumerate() {
        let runs = (0..3).flat_map(|_| (5..=23).rev());
        pattern.extend(runs.chain((5..=tail).rev()).map(|bit| (segment, bit)));
    }
    assert_eq!(pattern.len(), 256);
    let mut out = Vec::new();
    for (index, block) in (0..).zip(data.chunks(16)) {
        let address = address + 16 * index;
        let mut tweaked = key.clone();
        for (n, (segment, bit)) in pattern.iter().enumerate() {
            if config >> segment & 1 == 1 && address >> bit & 1 == 1 {
                tweaked[n / 8] ^= 1 << (7 - n % 8);
            }
        }
        let mut turned: [u8; 16] = block.try_into().unwrap();
        turned.reverse();
        let mut turned = aes(&tweaked, turned, !encrypt);
        turned.reverse();
        out.extend(turned);
    }
    out
}

/// A row of a table: label, type, subtype, offset, size, flags.
pub type Row<'a> = (&'a str, u8, u8, u32, u32, u32);

/// The binary form of a table.
pub fn table(rows: &[Row<'_>], md5: bool) -> Vec<u8> {
    let mut out = Vec::new();
    for (label, kind, subtype, offset, size, flags) in rows {
        let mut row = [0; 32];
        row[..4].copy_from_slice(&[0xAA, 0x50, *kind, *subtype]);
        row[4..8].copy_from_slice(&offset.to_le_bytes());
        row[8..12].copy_from_slice(&size.to_le_bytes());
        row[12..12 + label.len()].copy_from_slice(label.as_bytes());
        row[28..].copy_from_slice(&flags.to_le_bytes());
        out.extend(row);
    }
    if md5 {
        let digest = Md5::digest(&out);
        out.extend([0xEB, 0xEB]);
        out.extend([0xFF; 14]);
        out.extend(digest);
    }
    out.resize(0xC00, 0xFF);
    out
}
