//! The scheme of the ESP32.
//!
//! Blocks of 16 bytes, each reversed, go through AES-256 *decryption* to be encrypted, and are reversed again. The key is
//! another one for each 32 bytes of flash: bit n of it, counted from the most significant of its first byte, is flipped
//! where the bit of the address that belongs to n is set. Four segments of the key have 67, 65, 63 and 61 bits; one is
//! flipped only if FLASH_CRYPT_CONFIG has its bit.
//!
//! Source: ESP-IDF, "Flash Encryption", section "Flash Encryption Algorithm" of the ESP32, and the results of `espsecure`.

use aes::cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use aes::{Aes256Dec, Aes256Enc, Block};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::FlashCryptConfig;

/// Address bits 5 to 23 change the key.
const FIRST_BIT: usize = 5;
const BITS: usize = 19;
/// Each segment has all address bits three times, from 23 down to 5, then those from here down to 5.
const TAILS: [usize; 4] = [14, 12, 10, 8];
/// Bytes that share a key.
const UNIT: u32 = 32;

#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub(super) struct LegacyCipher {
    key: [u8; 32],
    /// For each bit of the address from 5 on, the bits of the key that it flips.
    #[zeroize(skip)]
    masks: [[u8; 32]; BITS],
}

impl LegacyCipher {
    /// The end of the addresses: above, the tool's results follow no rule.
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

    /// Address and length are multiples of 16.
    fn process(&self, address: u32, data: &mut [u8], aes: impl Fn(&[u8; 32], &mut [Block])) {
        let (mut rest, _) = Block::slice_as_chunks_mut(data);
        let mut unit = address & !(UNIT - 1);
        // The first unit may begin in front of the data.
        let mut len = if unit == address { 2 } else { 1 };
        let mut key = Zeroizing::new(self.key);
        self.flip(unit, &mut key);
        while !rest.is_empty() {
            let (blocks, behind) = rest.split_at_mut(len.min(rest.len()));
            blocks.iter_mut().for_each(reverse);
            aes(&key, blocks);
            blocks.iter_mut().for_each(reverse);
            rest = behind;
            len = 2;
            // At most 16 MiB. Of the address's bits two change on average.
            let next = unit.wrapping_add(UNIT);
            self.flip(unit ^ next, &mut key);
            unit = next;
        }
    }

    /// Flips the bits of the key that belong to bits of an address.
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
