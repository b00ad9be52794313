use std::fmt;

use esp_flash_image::Chip;
use zeroize::{Zeroize, Zeroizing};

use super::Efuses;
use super::coding::words_of;
use super::map::{BlockCoding, EfuseBlock, EfuseField, Purpose};
use crate::Error;
use crate::port::Port;

/// One thing to burn.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Burn<'a> {
    /// An eFuse of BLOCK0.
    Efuse {
        /// Its name.
        name: &'a str,
        /// The value; bits that are set already stay.
        value: u32,
    },
    /// A key, with its purpose and its protection.
    Key {
        /// The name of the block, as BLOCK_KEY0.
        block: &'a str,
        /// The purpose by espefuse's name, or the name of the block where each is for one key.
        purpose: &'a str,
        /// The key as in its file; it is turned around as the purpose needs.
        bytes: &'a [u8],
    },
    /// The write protection of an eFuse or a block, and of those that share its bit.
    WriteProtect {
        /// Its name.
        name: &'a str,
    },
}

impl<'a> Burn<'a> {
    /// Burns the value of an eFuse.
    #[must_use]
    pub const fn efuse(name: &'a str, value: u32) -> Self {
        Self::Efuse { name, value }
    }

    /// Burns a key.
    #[must_use]
    pub const fn key(block: &'a str, purpose: &'a str, bytes: &'a [u8]) -> Self {
        Self::Key { block, purpose, bytes }
    }

    /// Write-protects an eFuse or a block.
    #[must_use]
    pub const fn write_protect(name: &'a str) -> Self {
        Self::WriteProtect { name }
    }

    /// Returns the name of the eFuse or of the block.
    #[must_use]
    pub const fn name(&self) -> &'a str {
        match self {
            Self::Efuse { name, .. } | Self::WriteProtect { name } => name,
            Self::Key { block, .. } => block,
        }
    }
}

/// Without the bytes of a key.
impl fmt::Debug for Burn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Efuse { name, value } => write!(f, "Efuse({name} = {value})"),
            Self::Key { block, purpose, .. } => write!(f, "Key({purpose} in {block}, [elided])"),
            Self::WriteProtect { name } => write!(f, "WriteProtect({name})"),
        }
    }
}

/// Whether a chip has what is to be burned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Burned {
    /// No, and it can be burned.
    No,
    /// A key block has the key, but not yet all of its purpose and protection, which can be added.
    Partly,
    /// Yes.
    Yes,
    /// There is a key with this purpose, but nobody can read it: only who burned it knows.
    Unknown,
    /// There is something else, or it cannot be burned.
    Other,
}

/// What a key block holds.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum BlockState {
    /// Nothing, and it can be burned.
    Empty,
    /// Bytes that can be read.
    Readable {
        /// The bytes as the block has them.
        bytes: Zeroizing<Vec<u8>>,
        /// What for; `None` where blocks have no purpose, or one without a name.
        purpose: Option<&'static str>,
        /// Whether it can be burned no more.
        write_protected: bool,
    },
    /// Something that nobody can read.
    Hidden {
        /// What for.
        purpose: Option<&'static str>,
        /// Whether it can be burned no more.
        write_protected: bool,
    },
}

/// Without the bytes, which may be a key that is not protected yet.
impl fmt::Debug for BlockState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (state, purpose) = match self {
            Self::Empty => return f.write_str("Empty"),
            Self::Readable { purpose, .. } => ("Readable", purpose),
            Self::Hidden { purpose, .. } => ("Hidden", purpose),
        };
        f.debug_struct(state).field("purpose", purpose).finish_non_exhaustive()
    }
}

/// A key as the block and BLOCK0 are to be.
pub(super) struct KeyPlan {
    pub(super) block: &'static EfuseBlock,
    pub(super) purpose: &'static Purpose,
    pub(super) words: Zeroizing<[u32; 8]>,
    /// The words that belong to the key.
    places: core::ops::Range<usize>,
    /// The purpose, where the block has one, and bits of protection.
    pub(super) block0: [u32; 8],
    /// The bits of RD_DIS that hide it.
    hides: u32,
}

impl<P: Port> Efuses<'_, P> {
    /// Returns what a key block holds.
    ///
    /// # Errors
    ///
    /// [`Error::EfuseName`].
    pub fn block(&self, name: &str) -> Result<BlockState, Error> {
        let block = self.key_block(name)?;
        let purpose = self.map().purpose_field(block).map(|field| self.field_value(field));
        let name = purpose.and_then(|number| {
            let found = self.map().purposes().iter().find(|row| u32::from(row.number) == number);
            found.map(|row| row.name)
        });
        let write_protected = self.is_write_protected(block.write_protect);
        if self.value("RD_DIS")? & u32::from(block.read_protect) != 0 {
            return Ok(BlockState::Hidden {
                purpose: name,
                write_protected,
            });
        }
        let words = Zeroizing::new(self.words(block.index));
        if words.iter().all(|word| *word == 0) && !write_protected && purpose.unwrap_or(0) == 0 {
            return Ok(BlockState::Empty);
        }
        Ok(BlockState::Readable {
            bytes: Zeroizing::new(words.iter().flat_map(|word| word.to_le_bytes()).collect()),
            purpose: name,
            write_protected,
        })
    }

    /// Tells whether the chip has what is to be burned.
    ///
    /// # Errors
    ///
    /// [`Error::EfuseName`], [`Error::EfuseValue`], [`Error::KeyLength`].
    pub fn is_burned(&self, burn: &Burn<'_>) -> Result<Burned, Error> {
        match *burn {
            Burn::Efuse { name, value } => {
                let field = self.block0_field(name)?;
                self.checked_value(field, value)?;
                let now = self.field_value(field);
                Ok(match () {
                    () if now == value => Burned::Yes,
                    () if now & !value != 0 || self.is_write_protected(field.write_protect()) => Burned::Other,
                    () => Burned::No,
                })
            }
            Burn::Key { block, purpose, bytes } => self.key_plan(block, purpose, bytes).map(|plan| self.has_key(&plan)),
            Burn::WriteProtect { name } => {
                let bit = self.protection_of(name)?;
                let done = self.is_write_protected(Some(bit));
                Ok(if done { Burned::Yes } else { Burned::No })
            }
        }
    }

    /// Burns what is not burned yet; `false` when there was nothing to do.
    pub(super) fn burn(&mut self, burn: &Burn<'_>) -> Result<bool, Error> {
        match *burn {
            Burn::Efuse { name, value } => {
                let field = self.block0_field(name)?;
                self.checked_value(field, value)?;
                match self.is_burned(burn)? {
                    Burned::Yes => return Ok(false),
                    Burned::No => {}
                    _ if self.is_write_protected(field.write_protect()) => {
                        return Err(Error::WriteProtected { name: name.into() });
                    }
                    _ => return Err(Error::AlreadyBurned { name: name.into() }),
                }
                let mut words = [0; 8];
                let _ = field.put(value & !self.field_value(field), &mut words);
                self.burn_block0(words, name)
            }
            Burn::Key { block, purpose, bytes } => {
                let plan = self.key_plan(block, purpose, bytes)?;
                self.burn_keys(&[plan])
            }
            Burn::WriteProtect { name } => {
                let words = self.write_protect_words(self.protection_of(name)?);
                self.burn_block0(words, name)
            }
        }
    }

    /// Burns keys that share a block, or one alone: first the block, then purpose and protection in one go.
    ///
    /// A power cut in between leaves a key that can be read and compared, so that its protection can be added.
    pub(super) fn burn_keys(&mut self, plans: &[KeyPlan]) -> Result<bool, Error> {
        let Some(first) = plans.first() else {
            return Ok(false);
        };
        let name = first.block.name;
        let states: Vec<Burned> = plans.iter().map(|plan| self.has_key(plan)).collect();
        if states.iter().all(|state| *state == Burned::Yes) {
            return Ok(false);
        }
        let mut words = Zeroizing::new([0_u32; 8]);
        let mut block0 = [0_u32; 8];
        for (plan, state) in plans.iter().zip(&states) {
            match state {
                Burned::No => or_into(&mut words, &plan.words),
                Burned::Partly | Burned::Yes => {}
                Burned::Unknown | Burned::Other => return Err(Error::AlreadyBurned { name: name.into() }),
            }
            or_into(&mut block0, &plan.block0);
        }
        self.check_room(plans, &states, name)?;
        if words.iter().any(|word| *word != 0) {
            self.program(first.block, &words, name)?;
        }
        self.burn_block0(block0, name)?;
        Ok(true)
    }

    /// Refuses a key that could be burned, but not whole: a block twice, or without its protection.
    fn check_room(&self, plans: &[KeyPlan], states: &[Burned], name: &str) -> Result<(), Error> {
        let secret = plans.iter().any(|plan| plan.purpose.secret);
        let rd_dis = self.field("RD_DIS")?;
        if secret && self.is_write_protected(rd_dis.write_protect()) {
            return Err(Error::ReadProtectionClosed);
        }
        let fresh = states.contains(&Burned::No);
        let block = plans.iter().map(|plan| plan.block).find(|block| {
            let full = self.words(block.index).iter().any(|word| *word != 0);
            // The ESP32 without coding could take more bits; nothing here needs it.
            fresh && (full || self.is_write_protected(block.write_protect))
        });
        match block {
            Some(_) => Err(Error::AlreadyBurned { name: name.into() }),
            None => Ok(()),
        }
    }

    /// Burns those bits of BLOCK0 that are not set yet.
    fn burn_block0(&mut self, words: [u32; 8], name: &str) -> Result<bool, Error> {
        let Some(block) = self.map().blocks().first() else {
            return Ok(false);
        };
        let new = self.new_bits(words);
        if new == [0; 8] {
            return Ok(false);
        }
        self.program(block, &new, name).map(|()| true)
    }

    pub(super) fn new_bits(&self, mut words: [u32; 8]) -> [u32; 8] {
        for (word, old) in words.iter_mut().zip(self.words(0)) {
            *word &= !old;
        }
        words
    }

    /// Makes a plan of a key.
    pub(super) fn key_plan(&self, block: &str, purpose: &str, bytes: &[u8]) -> Result<KeyPlan, Error> {
        let map = self.map();
        let block = self.key_block(block)?;
        let row = map.purpose(purpose).ok_or_else(|| self.unknown(purpose))?;
        if map.chip() == Chip::Esp32 && (row.name == "flash_encryption") != (block.index == 1)
            || block.index == 3 && map.chip() == Chip::Esp32
        {
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
        if self.map().chip() == Chip::Esp32c2 && plan.purpose.name == "XTS_AES_128_KEY" {
            let _ = self.field("XTS_KEY_LENGTH_256")?.put(1, &mut plan.block0);
        }
        Ok(())
    }

    /// Returns the words of the block that the key takes, and its bytes as they go there.
    fn key_data(
        &self,
        purpose: &Purpose,
        bytes: &[u8],
    ) -> Result<(core::ops::Range<usize>, Zeroizing<[u8; 32]>), Error> {
        let mut places = 0..8;
        let mut needed = 32;
        let mut part = bytes;
        match (self.map().registers().coding, purpose.name) {
            (BlockCoding::Esp32, "secure_boot_v2") => {}
            (BlockCoding::Esp32, _) => {
                needed = self.esp32_coding().data_len();
                places = 0..needed / 4;
            }
            (_, DERIVED) => (places, needed) = (0..4, 16),
            // The file is the whole digest; the chip has half of it.
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
        // A scalar of P-192 is extended by zeros at the front, where it is big endian.
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
                && !self.is_write_protected(plan.block.write_protect) =>
            {
                Burned::No
            }
            () => Burned::Other,
        }
    }

    fn key_block(&self, name: &str) -> Result<&'static EfuseBlock, Error> {
        let block = self.map().block(name).filter(|block| block.key);
        block.ok_or_else(|| self.unknown(name))
    }

    /// Fields elsewhere are in blocks that can be burned once, whole.
    pub(super) fn block0_field(&self, name: &str) -> Result<&'static EfuseField, Error> {
        let field = self.field(name)?;
        let is_protection = matches!(name, "WR_DIS" | "RD_DIS") || name.starts_with("KEY_PURPOSE_");
        if field.block() != 0 || is_protection {
            return Err(self.unknown(name));
        }
        Ok(field)
    }

    pub(super) fn checked_value(&self, field: &EfuseField, value: u32) -> Result<(), Error> {
        if field.put(value, &mut []) {
            return Ok(());
        }
        Err(Error::EfuseValue {
            name: field.name().into(),
            bits: field.len(),
        })
    }

    /// Returns the bit of WR_DIS of an eFuse or a block.
    fn protection_of(&self, name: &str) -> Result<u8, Error> {
        let of_field = self.map().field(name).and_then(EfuseField::write_protect);
        let of_block = || self.map().block(name).and_then(|block| block.write_protect);
        of_field.or_else(of_block).ok_or_else(|| self.unknown(name))
    }

    fn write_protect_words(&self, protection: u8) -> [u32; 8] {
        let mut words = [0; 8];
        if let Some(field) = self.map().field("WR_DIS") {
            let _ = field.put(bit(Some(protection)), &mut words);
        }
        words
    }

    pub(super) fn is_write_protected(&self, protection: Option<u8>) -> bool {
        self.value("WR_DIS").unwrap_or(0) & bit(protection) != 0
    }
}

fn bit(number: Option<u8>) -> u32 {
    number
        .and_then(|number| 1_u32.checked_shl(u32::from(number)))
        .unwrap_or(0)
}

fn or_into(words: &mut [u32; 8], more: &[u32; 8]) {
    for (word, bits) in words.iter_mut().zip(more) {
        *word |= bits;
    }
}

const DERIVED: &str = "XTS_AES_128_KEY_DERIVED_FROM_128_EFUSE_BITS";
