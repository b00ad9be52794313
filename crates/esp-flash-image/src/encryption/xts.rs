//! AES-XTS, used by all chips except the ESP32.
//!
//! A data unit is 128 bytes, aligned to 128; its tweak is its flash address as a 16-byte little-endian number. The unit
//! goes through standard XTS with all its bytes reversed, so that its last 16 bytes in flash are the first XTS block.
//! Partial units are encrypted as if padded with zeros; blocks do not depend on each other.
//!
//! Source: ESP-IDF, "Flash Encryption", and the output of `espsecure encrypt-flash-data`.

use aes::Block;
use aes::cipher::{BlockCipherDecrypt, BlockCipherEncrypt, Key, KeyInit};
use zeroize::Zeroize;

/// Number of blocks in a unit.
const UNIT: usize = 8;
/// Number of units processed at once: their 128 blocks are twice the largest number that a backend processes in
/// parallel.
const UNITS: usize = 16;
const BLOCKS: usize = UNIT * UNITS;

#[derive(Clone)]
pub(super) struct Xts<C> {
    data: C,
    tweak: C,
}

impl<C: BlockCipherEncrypt + BlockCipherDecrypt + KeyInit> Xts<C>
where
    C: aes::cipher::BlockSizeUser<BlockSize = aes::cipher::consts::U16>,
{
    pub(super) fn new<'a, K>(data: &'a K, tweak: &'a K) -> Self
    where
        &'a Key<C>: From<&'a K>,
    {
        Self {
            data: C::new(data.into()),
            tweak: C::new(tweak.into()),
        }
    }

    pub(super) fn encrypt(&self, address: u32, data: &mut [u8]) {
        self.process(address, data, |blocks| self.data.encrypt_blocks(blocks));
    }

    pub(super) fn decrypt(&self, address: u32, data: &mut [u8]) {
        self.process(address, data, |blocks| self.data.decrypt_blocks(blocks));
    }

    /// Processes data; address and length are multiples of 16.
    fn process(&self, address: u32, data: &mut [u8], aes: impl Fn(&mut [Block])) {
        let (mut rest, _) = Block::slice_as_chunks_mut(data);
        let mut unit = address & !0x7F;
        // Number of blocks of the first unit before the data: at most 7.
        let mut skip = usize::try_from(address / 16 % 8).unwrap_or_default();
        let mut tweaks = [0; BLOCKS];
        while !rest.is_empty() {
            self.tweaks(unit, &mut tweaks);
            let tweaks = tweaks.get(skip..).unwrap_or_default();
            let len = rest.len().min(tweaks.len());
            let (blocks, after) = rest.split_at_mut(len);
            whiten(blocks, tweaks);
            aes(blocks);
            whiten_back(blocks, tweaks);
            rest = after;
            skip = 0;
            // Wraps only at 4 GiB, where the data end.
            unit = unit.wrapping_add(GROUP_LEN);
        }
        tweaks.zeroize();
    }

    /// Computes the tweaks of the blocks of a group of units, in flash order.
    fn tweaks(&self, unit: u32, tweaks: &mut [u128; BLOCKS]) {
        let mut first = [Block::default(); UNITS];
        for (index, tweak) in (0..).zip(&mut first) {
            let address = u128::from(unit.wrapping_add(UNIT_LEN.wrapping_mul(index)));
            *tweak = address.to_le_bytes().into();
        }
        self.tweak.encrypt_blocks(&mut first);
        for (tweak, blocks) in first.iter().zip(tweaks.as_chunks_mut::<UNIT>().0) {
            let mut tweak = u128::from_le_bytes((*tweak).into());
            for block in blocks.iter_mut().rev() {
                *block = tweak;
                tweak = tweak << 1 ^ if tweak >> 127 == 1 { 0x87 } else { 0 };
            }
        }
        first
            .as_mut_slice()
            .iter_mut()
            .for_each(|block| block.as_mut_slice().zeroize());
    }
}

/// Length in bytes of a unit, and of a group of units processed at once.
const UNIT_LEN: u32 = 128;
const GROUP_LEN: u32 = 2048;

/// Reverses the bytes of the blocks and XORs the tweaks.
fn whiten(blocks: &mut [Block], tweaks: &[u128]) {
    for (block, tweak) in blocks.iter_mut().zip(tweaks) {
        let number = u128::from_be_bytes((*block).into()) ^ tweak;
        *block = number.to_le_bytes().into();
    }
}

fn whiten_back(blocks: &mut [Block], tweaks: &[u128]) {
    for (block, tweak) in blocks.iter_mut().zip(tweaks) {
        let number = u128::from_le_bytes((*block).into()) ^ tweak;
        *block = number.to_be_bytes().into();
    }
}
