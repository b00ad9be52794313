//! AES-XTS of all chips but the ESP32.
//!
//! A data unit has 128 bytes at a multiple of 128; its tweak is its flash address, in 16 bytes, least significant first.
//! The unit goes through standard XTS with all of its bytes in reverse, so that the last 16 bytes of flash are XTS's first
//! block. Parts of a unit are encrypted as if zeros were around them; a block does not depend on others.
//!
//! Source: ESP-IDF, "Flash Encryption", and the results of `espsecure encrypt-flash-data`.

use aes::Block;
use aes::cipher::{BlockCipherDecrypt, BlockCipherEncrypt, Key, KeyInit};
use zeroize::Zeroize;

/// Blocks of a unit.
const UNIT: usize = 8;
/// Units that go through AES at once: two times the most blocks that a backend takes in parallel.
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

    /// Address and length are multiples of 16.
    fn process(&self, address: u32, data: &mut [u8], aes: impl Fn(&mut [Block])) {
        let (mut rest, _) = Block::slice_as_chunks_mut(data);
        let mut unit = address & !0x7F;
        // Blocks of the first unit that come before the data: at most 7.
        let mut skip = usize::try_from(address / 16 % 8).unwrap_or_default();
        let mut tweaks = [0; BLOCKS];
        while !rest.is_empty() {
            self.tweaks(unit, &mut tweaks);
            let tweaks = tweaks.get(skip..).unwrap_or_default();
            let len = rest.len().min(tweaks.len());
            let (blocks, behind) = rest.split_at_mut(len);
            whiten(blocks, tweaks);
            aes(blocks);
            whiten_back(blocks, tweaks);
            rest = behind;
            skip = 0;
            // Wraps at the end of 4 GiB, where nothing follows.
            unit = unit.wrapping_add(GROUP_LEN);
        }
        tweaks.zeroize();
    }

    /// Computes the tweaks of the blocks of units, in the order of the flash.
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

/// Bytes of a unit, and of those that go through AES at once.
const UNIT_LEN: u32 = 128;
const GROUP_LEN: u32 = 2048;

/// Turns the bytes of blocks round, and adds the tweaks.
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
