use std::fmt;

use zeroize::Zeroizing;

use super::Efuses;
use super::key::KeyPlan;
use super::map::{EfuseBlock, EfuseField};
use crate::Error;
use crate::port::Port;

/// A burn operation.
#[derive(Clone, Copy)]
#[non_exhaustive]
pub enum Burn<'a> {
    /// Burns an eFuse of BLOCK0.
    Efuse {
        /// Its name.
        name: &'a str,
        /// The value; bits already set remain set.
        value: u32,
    },
    /// Burns a key, with its purpose and protection.
    Key {
        /// The name of the block, such as BLOCK_KEY0.
        block: &'a str,
        /// The purpose by espefuse's name, or the block name where blocks have fixed purposes.
        purpose: &'a str,
        /// The key as in its file; it is reversed where the purpose requires it.
        bytes: &'a [u8],
    },
    /// Write-protects an eFuse or a block, and those that share its protection bit.
    WriteProtect {
        /// Its name.
        name: &'a str,
    },
}

impl<'a> Burn<'a> {
    /// Makes a burn of an eFuse value.
    #[must_use]
    pub const fn efuse(name: &'a str, value: u32) -> Self {
        Self::Efuse { name, value }
    }

    /// Makes a burn of a key.
    #[must_use]
    pub const fn key(block: &'a str, purpose: &'a str, bytes: &'a [u8]) -> Self {
        Self::Key { block, purpose, bytes }
    }

    /// Makes a write protection of an eFuse or a block.
    #[must_use]
    pub const fn write_protect(name: &'a str) -> Self {
        Self::WriteProtect { name }
    }

    /// Returns the name of the eFuse or block.
    #[must_use]
    pub const fn name(&self) -> &'a str {
        match self {
            Self::Efuse { name, .. } | Self::WriteProtect { name } => name,
            Self::Key { block, .. } => block,
        }
    }
}

/// Elides the bytes of a key.
impl fmt::Debug for Burn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Efuse { name, value } => write!(f, "Efuse({name} = {value})"),
            Self::Key { block, purpose, .. } => write!(f, "Key({purpose} in {block}, [elided])"),
            Self::WriteProtect { name } => write!(f, "WriteProtect({name})"),
        }
    }
}

/// Whether a burn is already done on a chip.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Burned {
    /// No, and it is possible.
    No,
    /// A key block has the key, but not all of its purpose and protection, which can be added.
    Partly,
    /// Yes.
    Yes,
    /// A key with this purpose exists but is unreadable; compare with the journal of the program that burned it.
    Unknown,
    /// There is another value, or burning is impossible.
    Other,
}

/// The content of a key block.
#[derive(Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum BlockState {
    /// Empty, and it can be burned.
    Empty,
    /// Readable bytes.
    Readable {
        /// The bytes as stored in the block.
        bytes: Zeroizing<Vec<u8>>,
        /// Its purpose; `None` where blocks have no purpose, or for an unnamed one.
        purpose: Option<&'static str>,
        /// Whether further burning is prevented.
        write_protected: bool,
    },
    /// Read-protected content.
    Hidden {
        /// Its purpose.
        purpose: Option<&'static str>,
        /// Whether further burning is prevented.
        write_protected: bool,
    },
}

/// Elides the bytes, which may be a key that is not protected yet.
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

impl<P: Port> Efuses<'_, P> {
    /// Returns the content of a key block.
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

    /// Returns whether a burn is already done.
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

    /// Burns the missing bits; returns `false` if there are none.
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

    /// Burns a key, or keys that share a block: first the block, then purpose and protection together.
    ///
    /// After a power cut in between, the key can still be read and compared, and its protection added.
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
        let secret: Vec<&KeyPlan> = plans.iter().filter(|plan| plan.purpose.secret).collect();
        if !secret.is_empty() {
            // Reading shows that the key is hidden now, and overwrites the copy read before.
            self.read_block(first.block)?;
        }
        if secret.iter().all(|plan| self.is_hidden(plan)) {
            Ok(true)
        } else {
            Err(Error::KeyReadable { block: name.into() })
        }
    }

    /// Refuses keys that cannot be burned completely: two in the same block, or without their protection.
    fn check_room(&self, plans: &[KeyPlan], states: &[Burned], name: &str) -> Result<(), Error> {
        let secret = plans.iter().any(|plan| plan.purpose.secret);
        let rd_dis = self.field("RD_DIS")?;
        if secret && self.is_write_protected(rd_dis.write_protect()) {
            return Err(Error::ReadProtectionClosed);
        }
        let fresh = states.contains(&Burned::No);
        let block = plans.iter().map(|plan| plan.block).find(|block| {
            let words = Zeroizing::new(self.words(block.index));
            let hidden = rd_dis.value(&self.words(0)) & u32::from(block.read_protect) != 0;
            let full = hidden || words.iter().any(|word| *word != 0);
            // The ESP32 without coding could accept more bits, but nothing here needs that.
            fresh && (full || self.is_write_protected(block.write_protect))
        });
        match block {
            Some(_) => Err(Error::AlreadyBurned { name: name.into() }),
            None => Ok(()),
        }
    }

    /// Burns the bits of BLOCK0 that are not set yet.
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

    pub(super) fn key_block(&self, name: &str) -> Result<&'static EfuseBlock, Error> {
        let block = self.map().block(name).filter(|block| block.key);
        block.ok_or_else(|| self.unknown(name))
    }

    /// Fields in other blocks are refused: those blocks can only be burned once, as a whole.
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

    /// Returns the WR_DIS bit of an eFuse or block.
    pub(super) fn protection_of(&self, name: &str) -> Result<u8, Error> {
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

pub(super) fn bit(number: Option<u8>) -> u32 {
    number
        .and_then(|number| 1_u32.checked_shl(u32::from(number)))
        .unwrap_or(0)
}

fn or_into(words: &mut [u32; 8], more: &[u32; 8]) {
    for (word, bits) in words.iter_mut().zip(more) {
        *word |= bits;
    }
}
