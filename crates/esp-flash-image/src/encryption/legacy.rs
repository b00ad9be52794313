//! The flash encryption scheme of the ESP32.
//!
//! Each 16-byte block is reversed, passed through AES-256 *decryption*, and reversed again. The key differs for each
//! 32 bytes of flash: key bit n, counted from the most significant bit of the first byte, is flipped if the address bit
//! assigned to n is set. The key has four segments of 67, 65, 63 and 61 bits; a segment changes only if its bit in
//! FLASH_CRYPT_CONFIG is set.
//!
//! Source: ESP-IDF, "Flash Encryption", section "Flash Encryption Algorithm" of the ESP32, and the output of `espsecure`.

use aes::cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use aes::{Aes256Dec, Aes256Enc, Block};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::FlashCryptConfig;

/// Address bits 5 to 23 change the key.
const FIRST_BIT: usize = 5;
const BITS: usize = 19;
/// Each segment maps the address bits 23 down to 5 three times, then from this bit down to 5.
const TAILS: [usize; 4] = [14, 12, 10, 8];
/// Number of bytes encrypted with the same key.
const UNIT: u32 = 32;

#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(super) struct LegacyCipher {
    key: [u8; 32],
    /// For each address bit from 5 on, the key bits that it flips.
    #[zeroize(skip)]
    masks: [[u8; 32]; BITS],
}

impl LegacyCipher {
    /// The end of the supported addresses: above it, the tool's results follow no rule.
    pub(super) const LIMIT: u64 = 0x100_0000;

    pub(super) fn new(key: &[u8; 32], config: FlashCryptConfig) -> Self {
        let mut masks = [[0; 32]; BITS];
        let mut bit = 0_usize;
        for (segment, tail) in TAILS.into_iter().enumerate() {
            let is_on = config.get() >> segment & 1 == 1;
            let run = (FIRST_BIT..FIRST_BIT + BITS).rev();
            let pattern = run
                .clone()
                .chain(run.clone())
                .chain(run)
                .chain((FIRST_BIT..=tail).rev());
            for address_bit in pattern {
                let mask = masks
                    .get_mut(address_bit - FIRST_BIT)
                    .and_then(|mask| mask.get_mut(bit / 8));
                if let Some(byte) = mask
                    && is_on
                {
                    *byte |= 0x80 >> (bit % 8);
                }
                bit += 1;
            }
        }
        Self { key: *key, masks }
    }

    pub(super) fn encrypt(&self, address: u32, data: &mut [u8]) {
        self.process(address, data, |key, blocks| {
            Aes256Dec::new(key.into()).decrypt_blocks(blocks)
        });
    }

    pub(super) fn decrypt(&self, address: u32, data: &mut [u8]) {
        self.process(address, data, |key, blocks| {
            Aes256Enc::new(key.into()).encrypt_blocks(blocks)
        });
    }

    /// Processes data; address and length are multiples of 16.
    fn process(&self, address: u32, data: &mut [u8], aes: impl Fn(&[u8; 32], &mut [Block])) {
        let (mut rest, _) = Block::slice_as_chunks_mut(data);
        let mut unit = address & !(UNIT - 1);
        // The first unit may begin before the data.
        let mut len = if unit == address { 2 } else { 1 };
        let mut key = Zeroizing::new(self.key);
        self.flip(unit, &mut key);
        while !rest.is_empty() {
            let (blocks, after) = rest.split_at_mut(len.min(rest.len()));
            blocks.iter_mut().for_each(reverse);
            aes(&key, blocks);
            blocks.iter_mut().for_each(reverse);
            rest = after;
            len = 2;
            // Stays below 16 MiB. On average, two address bits change from unit to unit.
            let next = unit.wrapping_add(UNIT);
            self.flip(unit ^ next, &mut key);
            unit = next;
        }
    }

    /// Flips the key bits that are assigned to address bits.
    fn flip(&self, address: u32, key: &mut [u8; 32]) {
        let mut bits = address >> FIRST_BIT;
        for mask in &self.masks {
            if bits == 0 {
                return;
            }
            if bits & 1 == 1 {
                key.iter_mut().zip(mask).for_each(|(byte, mask)| *byte ^= mask);
            }
            bits >>= 1;
        }
    }
}

fn reverse(block: &mut Block) {
    *block = u128::from_be_bytes((*block).into()).to_le_bytes().into();
}
