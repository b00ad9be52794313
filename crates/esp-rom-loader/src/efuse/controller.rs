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

/// The eFuses of a chip, as last read.
///
/// Burned blocks are read back at once. To burn, go through the stages, starting with [`Efuses::start`].
pub struct Efuses<'a, P> {
    loader: &'a mut Loader<P>,
    map: &'static EfuseMap,
    blocks: Vec<[u32; 8]>,
    /// The coding error registers of BLOCK0 and of the other blocks; only errors that appear after a burn count.
    errors: [Vec<u32>; 2],
    /// The content of the programming registers, by offset; empty before the first burn.
    loaded: BTreeMap<u16, u32>,
}

/// Elides the content of the blocks, which includes keys.
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

/// The values read, without the loader.
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
    /// Returns the eFuses kept by the last [`Efuses::keep`]; reads them if none are kept.
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
    /// [`Error::SecureDownload`] when the chip is locked, [`Error::ChipUnsuited`]; connection errors.
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
    /// Keeps the values in the loader, for [`Loader::kept_efuses`]: each burn is read back, so nothing needs to be read
    /// again for the next one.
    pub fn keep(mut self) {
        self.loader.kept = Some(KeptEfuses {
            map: self.map,
            blocks: core::mem::take(&mut self.blocks),
            errors: core::mem::take(&mut self.errors),
            loaded: core::mem::take(&mut self.loaded),
        });
    }

    /// Records the stage of a burn; refuses a stage before the last one.
    pub(super) fn enter(&mut self, stage: BurnStage, name: &str) -> Result<(), Error> {
        if stage < self.loader.burn_stage {
            return Err(Error::Stage { name: name.into() });
        }
        self.loader.burn_stage = stage;
        Ok(())
    }

    /// Returns the eFuse map.
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

    /// Returns the words of a block; words after its end are 0.
    pub(super) fn words(&self, block: u8) -> [u32; 8] {
        self.blocks.get(usize::from(block)).copied().unwrap_or_default()
    }

    pub(super) fn unknown(&self, name: &str) -> Error {
        Error::EfuseName {
            chip: self.map.chip(),
            name: name.into(),
        }
    }

    /// Returns the coding of the ESP32's blocks other than BLOCK0.
    pub(super) fn esp32_coding(&self) -> Esp32Coding {
        Esp32Coding::of(self.value("CODING_SCHEME").unwrap_or(0))
    }

    pub(super) fn loader(&mut self) -> &mut Loader<P> {
        self.loader
    }

    /// Burns bits of a block and reads it back. The bits must not be set yet.
    pub(super) fn program(&mut self, block: &EfuseBlock, words: &[u32; 8], name: &str) -> Result<(), Error> {
        self.load(block, words)?;
        self.fire(block)?;
        self.settle(block)?;
        self.read_back(block, words, name)
    }

    /// Writes data into the programming registers.
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

    /// Makes the controller burn the loaded data.
    pub(super) fn fire(&mut self, block: &EfuseBlock) -> Result<(), Error> {
        let number = match self.map.registers().coding {
            // All blocks are programmed together: blocks with zeros stay unchanged.
            BlockCoding::Esp32 => 0,
            BlockCoding::ReedSolomon => u32::from(block.index),
        };
        self.command(OP_CODE_WRITE, COMMAND_PROGRAM | number.wrapping_shl(2))
    }

    /// Waits for the end of burning, makes the controller read the eFuses again, and then clears the registers. The order
    /// matters: the ESP32 that espefuse simulates burns with the read command.
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

    /// Reads the error registers of a block. The ESP32 has a single one, for the 3/4 coding.
    fn read_errors(&mut self, block: u8) -> Result<Vec<u32>, Error> {
        let registers = self.map.registers();
        let (first, count) = match (registers.coding, block) {
            (BlockCoding::ReedSolomon, 1..) => registers.rs_errors,
            _ => registers.repeat_errors,
        };
        let offsets = (first..).step_by(4).take(usize::from(count));
        offsets.map(|offset| self.read(offset)).collect()
    }

    /// Clears the programming registers, and sets the programming times.
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

    /// Returns the value for the 26 MHz crystal. Sources: ESP-IDF's `efuse_hal.c` of the ESP32 and the ESP32-C2
    /// (Apache-2.0).
    fn timing_value(&mut self, register: u16, mask: u32, usual: u32) -> Result<u32, Error> {
        let value = match (self.map.registers().coding, register, mask) {
            (BlockCoding::Esp32, 0x118, _) => 52,
            (BlockCoding::Esp32, 0xF8, 0xFF) => 250,
            (BlockCoding::ReedSolomon, 0x110, _) => 130_u32.wrapping_shl(8),
            _ => return Ok(usual),
        };
        Ok(if self.loader.crystal_mhz()? == 26 { value } else { usual })
    }

    /// Clears the programming registers, so that a key cannot be read there.
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

    /// Waits until the controller reads as idle twice: according to ESP-IDF, one read may precede a stable clock.
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

    /// Writes programming registers whose value differs.
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

/// Number of programming registers of an ESP32 block.
fn program_words(block: &EfuseBlock) -> usize {
    usize::from(block.words)
}

/// The offset of PGM_CHECK_VALUE0 from PGM_DATA0.
const CHECK_VALUES: u16 = 0x20;
const IDLE_TIMEOUT: Duration = Duration::from_secs(1);
