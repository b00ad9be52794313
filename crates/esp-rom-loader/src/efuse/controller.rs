use std::collections::BTreeMap;
use std::fmt;
use std::time::{Duration, Instant};

use zeroize::{Zeroize, Zeroizing};

use super::coding::{Esp32Coding, bytes_of, rs_check_bytes, words_of};
use super::map::{
    BlockCoding, COMMAND_PROGRAM, COMMAND_READ, EfuseBlock, EfuseField, EfuseMap, OP_CODE_READ, OP_CODE_WRITE,
};
use super::stage::BurnStage;
use crate::port::Port;
use crate::{Error, Loader};

/// The eFuses of a chip, as they were read.
///
/// What is burned is read again at once. To burn, go through the stages from [`Efuses::start`] on.
pub struct Efuses<'a, P> {
    loader: &'a mut Loader<P>,
    map: &'static EfuseMap,
    blocks: Vec<[u32; 8]>,
    /// The error registers of the coding, of BLOCK0 and of the others; only what is new after a burn counts.
    errors: [Vec<u32>; 2],
    /// What the registers with data to program hold, by their offsets; nothing before the first burn.
    loaded: BTreeMap<u16, u32>,
}

/// Without what the blocks hold: there are keys among it.
impl<P> fmt::Debug for Efuses<'_, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Efuses")
            .field("chip", &self.map.chip())
            .finish_non_exhaustive()
    }
}

impl<P> Drop for Efuses<'_, P> {
    fn drop(&mut self) {
        self.blocks.zeroize();
        self.loaded.values_mut().for_each(Zeroize::zeroize);
    }
}

/// What was read, without the loader.
pub(crate) struct KeptEfuses {
    map: &'static EfuseMap,
    blocks: Vec<[u32; 8]>,
    errors: [Vec<u32>; 2],
    loaded: BTreeMap<u16, u32>,
}

impl Drop for KeptEfuses {
    fn drop(&mut self) {
        self.blocks.zeroize();
        self.loaded.values_mut().for_each(Zeroize::zeroize);
    }
}

impl<P: Port> Loader<P> {
    /// Returns the eFuses that the last [`Efuses::keep`] left; reads them where nothing is kept.
    ///
    /// # Errors
    ///
    /// As [`Loader::efuses`].
    pub fn kept_efuses(&mut self) -> Result<Efuses<'_, P>, Error> {
        let Some(mut kept) = self.kept.take() else {
            return self.efuses();
        };
        Ok(Efuses {
            map: kept.map,
            blocks: core::mem::take(&mut kept.blocks),
            errors: core::mem::take(&mut kept.errors),
            loaded: core::mem::take(&mut kept.loaded),
            loader: self,
        })
    }

    /// Reads all eFuses.
    ///
    /// # Errors
    ///
    /// [`Error::SecureDownload`] when the chip is locked, [`Error::ChipUnsuited`]; errors of the connection.
    pub fn efuses(&mut self) -> Result<Efuses<'_, P>, Error> {
        self.kept = None;
        if self.is_secure_download() {
            return Err(Error::SecureDownload);
        }
        let newest = self.efuse_map(None)?;
        let revision = self.revision(newest)?;
        let map = self.efuse_map(Some(revision))?;
        let mut efuses = Efuses {
            loader: self,
            map,
            blocks: vec![[0; 8]; map.blocks().len()],
            errors: [Vec::new(), Vec::new()],
            loaded: BTreeMap::new(),
        };
        let has_field = |block: &EfuseBlock| map.fields().any(|field| field.block() == block.index);
        for block in map.blocks().iter().filter(|block| block.key || has_field(block)) {
            efuses.read_block(block)?;
        }
        efuses.errors = [efuses.read_errors(0)?, efuses.read_errors(1)?];
        Ok(efuses)
    }
}

impl<P: Port> Efuses<'_, P> {
    /// Leaves what was read with the loader, for [`Loader::kept_efuses`]: each burn is read back, so that nothing has to
    /// be read again for the next one.
    pub fn keep(mut self) {
        self.loader.kept = Some(KeptEfuses {
            map: self.map,
            blocks: core::mem::take(&mut self.blocks),
            errors: core::mem::take(&mut self.errors),
            loaded: core::mem::take(&mut self.loaded),
        });
    }

    /// Notes that something of a stage is to be burned; refuses what belongs before the last one.
    pub(super) fn enter(&mut self, stage: BurnStage, name: &str) -> Result<(), Error> {
        if stage < self.loader.burn_stage {
            return Err(Error::Stage { name: name.into() });
        }
        self.loader.burn_stage = stage;
        Ok(())
    }

    /// Returns what there is.
    #[must_use]
    pub const fn map(&self) -> &'static EfuseMap {
        self.map
    }

    /// Returns the value of a field.
    ///
    /// # Errors
    ///
    /// [`Error::EfuseName`].
    pub fn value(&self, name: &str) -> Result<u32, Error> {
        self.field(name).map(|field| self.field_value(field))
    }

    pub(super) fn field(&self, name: &str) -> Result<&'static EfuseField, Error> {
        self.map.field(name).ok_or_else(|| self.unknown(name))
    }

    pub(super) fn field_value(&self, field: &EfuseField) -> u32 {
        field.value(&self.words(field.block()))
    }

    /// Returns the words of a block; behind its end they are 0.
    pub(super) fn words(&self, block: u8) -> [u32; 8] {
        self.blocks.get(usize::from(block)).copied().unwrap_or_default()
    }

    pub(super) fn unknown(&self, name: &str) -> Error {
        Error::EfuseName {
            chip: self.map.chip(),
            name: name.into(),
        }
    }

    /// The coding of blocks other than BLOCK0 on the ESP32.
    pub(super) fn esp32_coding(&self) -> Esp32Coding {
        Esp32Coding::of(self.value("CODING_SCHEME").unwrap_or(0))
    }

    pub(super) fn loader(&mut self) -> &mut Loader<P> {
        self.loader
    }

    /// Burns bits of a block and reads it back. The bits have to be new ones.
    pub(super) fn program(&mut self, block: &EfuseBlock, words: &[u32; 8], name: &str) -> Result<(), Error> {
        self.load(block, words)?;
        self.fire(block)?;
        self.settle(block)?;
        self.read_back(block, words, name)
    }

    /// Puts data into the registers of the controller.
    pub(super) fn load(&mut self, block: &EfuseBlock, words: &[u32; 8]) -> Result<(), Error> {
        self.set_up()?;
        match self.map.registers().coding {
            BlockCoding::Esp32 => {
                let mut coded = Zeroizing::new(*words);
                if block.index != 0 {
                    let plain = Zeroizing::new(bytes_of(words));
                    *coded = words_of(&Zeroizing::new(self.esp32_coding().encode(&plain)));
                }
                self.write_words(block.program, coded.iter().copied().take(program_words(block)))
            }
            BlockCoding::ReedSolomon => {
                self.write_words(block.program, words.iter().copied())?;
                let mut check = Zeroizing::new([0; 12]);
                if block.index != 0 {
                    *check = rs_check_bytes(&Zeroizing::new(bytes_of(words)));
                }
                let check = check.as_chunks::<4>().0.iter().map(|four| u32::from_le_bytes(*four));
                self.write_words(block.program.saturating_add(CHECK_VALUES), check)
            }
        }
    }

    /// Has the controller burn what was loaded.
    pub(super) fn fire(&mut self, block: &EfuseBlock) -> Result<(), Error> {
        let number = match self.map.registers().coding {
            // All blocks at once: those of 0 stay as they are.
            BlockCoding::Esp32 => 0,
            BlockCoding::ReedSolomon => u32::from(block.index),
        };
        self.command(OP_CODE_WRITE, COMMAND_PROGRAM | number.wrapping_shl(2))
    }

    /// Waits for the end of burning, has the controller read the eFuses again, and wipes the registers: not before, since
    /// the ESP32 that espefuse simulates burns with the command to read.
    pub(super) fn settle(&mut self, block: &EfuseBlock) -> Result<(), Error> {
        self.wait_idle()?;
        self.command(OP_CODE_READ, COMMAND_READ)?;
        self.wait_idle()?;
        self.wipe(block)
    }

    pub(super) fn read_back(&mut self, block: &EfuseBlock, words: &[u32; 8], name: &str) -> Result<(), Error> {
        let before = Zeroizing::new(self.words(block.index));
        self.read_block(block)?;
        let after = Zeroizing::new(self.words(block.index));
        let errors = self.read_errors(block.index)?;
        let is_new = |(old, new): (&u32, &u32)| new & !old != 0;
        let [of_block0, of_others] = &self.errors;
        let before_burn = if block.index == 0 { of_block0 } else { of_others };
        if before_burn.iter().zip(&errors).any(is_new) {
            return Err(Error::CodingError {
                block: block.name.into(),
            });
        }
        let as_burned = |((before, burned), after): ((&u32, &u32), &u32)| before | burned == *after;
        if !before.iter().zip(words).zip(after.iter()).all(as_burned) {
            return Err(Error::BurnDiffers { name: name.into() });
        }
        Ok(())
    }

    pub(super) fn read_block(&mut self, block: &EfuseBlock) -> Result<(), Error> {
        let mut words = [0; 8];
        for (word, offset) in words
            .iter_mut()
            .zip((block.read..).step_by(4))
            .take(usize::from(block.words))
        {
            *word = self.read(offset)?;
        }
        if let Some(place) = self.blocks.get_mut(usize::from(block.index)) {
            *place = words;
        }
        words.zeroize();
        Ok(())
    }

    /// Reads the error registers for a block. The ESP32 has one for all, which is about the 3/4 coding.
    fn read_errors(&mut self, block: u8) -> Result<Vec<u32>, Error> {
        let registers = self.map.registers();
        let (first, count) = match (registers.coding, block) {
            (BlockCoding::ReedSolomon, 1..) => registers.rs_errors,
            _ => registers.repeat_errors,
        };
        let offsets = (first..).step_by(4).take(usize::from(count));
        offsets.map(|offset| self.read(offset)).collect()
    }

    /// Clears what others left in the registers, and sets the times of programming.
    fn set_up(&mut self) -> Result<(), Error> {
        if !self.loaded.is_empty() {
            return Ok(());
        }
        self.wait_idle()?;
        let registers = self.map.registers();
        for field in registers.timing {
            let address = registers.base.wrapping_add(u32::from(field.register));
            let value = self.timing_value(field.register, field.mask, field.value)?;
            self.loader.update_register(address, field.mask, value)?;
        }
        for block in self.map.blocks() {
            self.wipe(block)?;
        }
        Ok(())
    }

    /// The values for the crystal of 26 MHz. Sources: ESP-IDF's `efuse_hal.c` of the ESP32 and the ESP32-C2 (Apache-2.0).
    fn timing_value(&mut self, register: u16, mask: u32, usual: u32) -> Result<u32, Error> {
        let value = match (self.map.registers().coding, register, mask) {
            (BlockCoding::Esp32, 0x118, _) => 52,
            (BlockCoding::Esp32, 0xF8, 0xFF) => 250,
            (BlockCoding::ReedSolomon, 0x110, _) => 130_u32.wrapping_shl(8),
            _ => return Ok(usual),
        };
        Ok(if self.loader.crystal_mhz()? == 26 { value } else { usual })
    }

    /// Wipes the registers with data to program: nobody is to read a key there.
    fn wipe(&mut self, block: &EfuseBlock) -> Result<(), Error> {
        let count = match self.map.registers().coding {
            BlockCoding::Esp32 => program_words(block),
            BlockCoding::ReedSolomon => 11,
        };
        self.write_words(block.program, core::iter::repeat_n(0, count))
    }

    fn command(&mut self, op_code: u32, command: u32) -> Result<(), Error> {
        let registers = self.map.registers();
        self.write(registers.conf, op_code)?;
        self.write(registers.command, command)
    }

    /// Waits until the controller reads as idle twice: by ESP-IDF one read may come before its clock is stable.
    fn wait_idle(&mut self) -> Result<(), Error> {
        let deadline = Instant::now().checked_add(IDLE_TIMEOUT);
        let mut idle = 0_u8;
        while idle < 2 {
            if self.read(self.map.registers().command)? & (COMMAND_PROGRAM | COMMAND_READ) == 0 {
                idle = idle.saturating_add(1);
            } else if deadline.is_none_or(|deadline| Instant::now() >= deadline) {
                return Err(Error::ControllerBusy);
            } else {
                idle = 0;
            }
        }
        Ok(())
    }

    /// Writes registers with data to program, as far as they do not hold it already.
    fn write_words(&mut self, offset: u16, words: impl Iterator<Item = u32>) -> Result<(), Error> {
        for (word, offset) in words.zip((offset..).step_by(4)) {
            if self.loaded.get(&offset) != Some(&word) {
                self.write(offset, word)?;
                self.loaded.insert(offset, word);
            }
        }
        Ok(())
    }

    fn read(&mut self, offset: u16) -> Result<u32, Error> {
        let address = self.map.registers().base.wrapping_add(u32::from(offset));
        self.loader.read_register(address)
    }

    fn write(&mut self, offset: u16, value: u32) -> Result<(), Error> {
        let address = self.map.registers().base.wrapping_add(u32::from(offset));
        self.loader.write_register(address, value)
    }
}

/// The registers that program a block of the ESP32.
fn program_words(block: &EfuseBlock) -> usize {
    usize::from(block.words)
}

/// The offset of PGM_CHECK_VALUE0 from PGM_DATA0.
const CHECK_VALUES: u16 = 0x20;
const IDLE_TIMEOUT: Duration = Duration::from_secs(1);
