use core::ops::Range;

use esp_flash_image::Chip;
use zeroize::{Zeroize, Zeroizing};

use super::burn::bit;
use super::coding::words_of;
use super::map::{BlockCoding, EfuseBlock, Purpose};
use super::{Burned, Efuses};
use crate::Error;
use crate::port::Port;

/// The target state of a block and BLOCK0 for a key.
pub(super) struct KeyPlan {
    pub(super) block: &'static EfuseBlock,
    pub(super) purpose: &'static Purpose,
    pub(super) words: Zeroizing<[u32; 8]>,
    /// The words of the block that the key uses.
    places: Range<usize>,
    /// The bits of BLOCK0: the purpose, where blocks have one, and the protection.
    pub(super) block0: [u32; 8],
    /// The RD_DIS bits that hide it.
    hides: u32,
}

impl<P: Port> Efuses<'_, P> {
    /// Makes the plan of a key.
    pub(super) fn key_plan(&self, block: &str, purpose: &str, bytes: &[u8]) -> Result<KeyPlan, Error> {
        let map = self.map();
        let block = self.key_block(block)?;
        let row = map.purpose(purpose).ok_or_else(|| self.unknown(purpose))?;
        let is_its_own = match row.name {
            "flash_encryption" => block.index == 1,
            "secure_boot_v1" | "secure_boot_v2" => block.index == 2,
            _ => true,
        };
        let blocks = &map.chip().facts().key_blocks;
        // Hardware faults.
        let is_faulty = row.name.starts_with("XTS_AES_") && blocks.without_encryption_key.contains(&block.name)
            || row.name.starts_with("ECDSA_KEY") && blocks.without_ecdsa_key.contains(&block.name);
        if !is_its_own || is_faulty {
            return Err(self.unknown(purpose));
        }
        let (places, data) = self.key_data(row, bytes)?;
        let mut words = Zeroizing::new([0_u32; 8]);
        let filled = Zeroizing::new(words_of(&data));
        let shifted = filled.iter().copied();
        for (place, word) in words.iter_mut().skip(places.start).zip(shifted) {
            *place = word;
        }
        let mut hides = u32::from(block.read_protect);
        if map.chip() == Chip::Esp32c2 && row.name == DERIVED {
            hides = 1;
        }
        let mut plan = KeyPlan {
            block,
            purpose: row,
            words,
            places,
            block0: [0; 8],
            hides: if row.secret { hides } else { 0 },
        };
        self.put_block0(&mut plan)?;
        Ok(plan)
    }

    fn put_block0(&self, plan: &mut KeyPlan) -> Result<(), Error> {
        let mut protection = 0;
        if let Some(field) = self.map().purpose_field(plan.block) {
            if !field.put(u32::from(plan.purpose.number), &mut plan.block0) {
                return Err(self.unknown(plan.purpose.name));
            }
            protection |= bit(field.write_protect());
        }
        protection |= bit(plan.block.write_protect);
        let _ = self.field("WR_DIS")?.put(protection, &mut plan.block0);
        let _ = self.field("RD_DIS")?.put(plan.hides, &mut plan.block0);
        // Before revision 1.2 the ESP32-H2 accepts a nonce k from software, which can reveal the key.
        if let Some(field) = self.map().field("ECDSA_FORCE_USE_HARDWARE_K")
            && plan.purpose.name.starts_with("ECDSA_KEY")
        {
            let _ = field.put(1, &mut plan.block0);
        }
        if self.map().chip() == Chip::Esp32c2 && plan.purpose.name == "XTS_AES_128_KEY" {
            let _ = self.field("XTS_KEY_LENGTH_256")?.put(1, &mut plan.block0);
        }
        Ok(())
    }

    /// Returns the words of the block that the key uses, and its bytes as stored there.
    fn key_data(&self, purpose: &Purpose, bytes: &[u8]) -> Result<(Range<usize>, Zeroizing<[u8; 32]>), Error> {
        let mut places = 0..8;
        let mut needed = 32;
        let mut part = bytes;
        match (self.map().registers().coding, purpose.name) {
            // A 32-byte digest does not fit into a block with coding.
            (BlockCoding::Esp32, "secure_boot_v2") if self.esp32_coding().data_len() == 32 => {}
            (BlockCoding::Esp32, "secure_boot_v2") => return Err(self.unknown(purpose.name)),
            (BlockCoding::Esp32, _) => {
                needed = self.esp32_coding().data_len();
                places = 0..needed / 4;
            }
            (_, DERIVED) => (places, needed) = (0..4, 16),
            // The file has the whole digest; the chip stores half of it.
            (_, "SECURE_BOOT_DIGEST") => {
                (places, needed) = (4..8, 16);
                if bytes.len() == 32 {
                    part = bytes.get(..16).unwrap_or(bytes);
                }
            }
            (_, "XTS_AES_256_KEY_1") if bytes.len() == 64 => part = bytes.get(..32).unwrap_or(bytes),
            (_, "XTS_AES_256_KEY_2") if bytes.len() == 64 => part = bytes.get(32..).unwrap_or(bytes),
            _ => {}
        }
        let mut data = Zeroizing::new([0_u8; 32]);
        // A P-192 scalar is extended with zeros at the front, as big-endian.
        let is_p192 = purpose.name.starts_with("ECDSA_KEY") && part.len() == 24;
        let extended = if is_p192 { 8 } else { 0 };
        if part.len().saturating_add(extended) != needed {
            return Err(Error::KeyLength {
                len: bytes.len(),
                needed,
            });
        }
        for (place, byte) in data.iter_mut().skip(extended).zip(part) {
            *place = *byte;
        }
        if purpose.reversed
            && let Some(used) = data.get_mut(..needed)
        {
            used.reverse();
        }
        Ok((places, data))
    }

    /// Returns whether the words of a hidden key read as 0.
    pub(super) fn is_hidden(&self, plan: &KeyPlan) -> bool {
        let words = Zeroizing::new(self.words(plan.block.index));
        let own = words.get(plan.places.clone()).unwrap_or_default();
        own.iter().all(|word| *word == 0)
    }

    pub(super) fn has_key(&self, plan: &KeyPlan) -> Burned {
        let block0 = self.words(0);
        let purpose = self
            .map()
            .purpose_field(plan.block)
            .map(|field| self.field_value(field));
        let wanted = u32::from(plan.purpose.number);
        let fits = purpose.is_none_or(|number| number == wanted);
        let hidden = self.value("RD_DIS").unwrap_or(0) & u32::from(plan.block.read_protect);
        // On the ESP32-C2 the other half may be hidden.
        if hidden & plan.hides != 0 || plan.hides == 0 && hidden != 0 && self.map().chip() != Chip::Esp32c2 {
            return if fits && plan.hides != 0 {
                Burned::Unknown
            } else {
                Burned::Other
            };
        }
        let mut words = self.words(plan.block.index);
        let own = |words: &[u32; 8]| Zeroizing::new(words.get(plan.places.clone()).unwrap_or_default().to_vec());
        let (now, key) = (own(&words), own(&plan.words));
        words.zeroize();
        let is_protected = plan.block0.iter().zip(&block0).all(|(bits, old)| bits & !old == 0);
        let may_become = fits || purpose == Some(0);
        match () {
            () if *now == *key && is_protected && fits => Burned::Yes,
            () if *now == *key && may_become && now.iter().any(|word| *word != 0) => Burned::Partly,
            () if now.iter().all(|word| *word == 0)
                && may_become
                // A block with a hidden half has been burned and cannot take the other half.
                && hidden == 0
                && !self.is_write_protected(plan.block.write_protect) =>
            {
                Burned::No
            }
            () => Burned::Other,
        }
    }
}

const DERIVED: &str = "XTS_AES_128_KEY_DERIVED_FROM_128_EFUSE_BITS";
