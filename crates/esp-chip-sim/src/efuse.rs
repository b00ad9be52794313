//! The eFuses of a chip and the controller that burns and reads them.
//!
//! Fields, blocks and registers are those of `esp_rom_loader::EfuseMap`. The controller behaves as described in the
//! technical reference manuals, chapter "eFuse Controller": bits stay burned, the read registers are updated by the
//! command READ or a reset, WR_DIS and RD_DIS apply as last read, and the check bytes of a key block do not survive a
//! second burn.

mod reed_solomon;

use std::collections::{BTreeMap, BTreeSet};

use esp_flash_image::ChipRevision;
use esp_rom_loader::{BlockCoding, COMMAND_PROGRAM, COMMAND_READ, EfuseBlock, EfuseMap, OP_CODE_READ, OP_CODE_WRITE};

use reed_solomon::{CHECK, DATA};

/// Number of words of a block, and of the programming registers.
const WORDS: usize = DATA / 4;
/// Number of words of check bytes.
const CHECK_WORDS: usize = CHECK / 4;
/// A block's nibble in the error registers: the count of seven wrong bytes, and the failure flag.
const ALL_ERRORS: u32 = 0xF;

/// The eFuses of a block, with their history.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cells {
    pub(crate) words: [u32; WORDS],
    pub(crate) check: [u8; CHECK],
    /// Number of commands that burned something in the block.
    pub(crate) burns: u32,
    /// Bits that were burned again.
    pub(crate) again: BTreeSet<u16>,
    /// The content of the read registers.
    read: [u32; WORDS],
}

impl Cells {
    /// Burns bits; returns whether there were any.
    fn burn(&mut self, words: &[u32; WORDS], check: &[u8; CHECK]) -> bool {
        if words.iter().all(|word| *word == 0) && check.iter().all(|byte| *byte == 0) {
            return false;
        }
        for (index, (cells, word)) in (0_u16..).zip(self.words.iter_mut().zip(words)) {
            let twice = *cells & word;
            let bits = (0_u16..32).filter(|bit| twice.wrapping_shr((*bit).into()) & 1 != 0);
            self.again
                .extend(bits.map(|bit| index.saturating_mul(32).saturating_add(bit)));
            *cells |= word;
        }
        for (cells, byte) in self.check.iter_mut().zip(check) {
            *cells |= byte;
        }
        self.burns = self.burns.saturating_add(1);
        true
    }

    fn bytes(&self) -> [u8; DATA] {
        let mut bytes = [0; DATA];
        for (cells, word) in bytes.chunks_exact_mut(4).zip(self.words) {
            cells.copy_from_slice(&word.to_le_bytes());
        }
        bytes
    }
}

/// The eFuses and their controller.
#[derive(Debug)]
pub(crate) struct Efuses {
    map: &'static EfuseMap,
    blocks: Vec<Cells>,
    /// Registers that keep the written values.
    registers: BTreeMap<u32, u32>,
    /// Number of commands that burned something.
    burns: u32,
    /// Whether the next burn leaves a bit at 0.
    leaves_bit: bool,
    /// Block, word and bits that always read 0.
    stuck: Option<(usize, usize, u32)>,
}

impl Efuses {
    pub(crate) fn new(map: &'static EfuseMap) -> Self {
        Self {
            map,
            blocks: vec![Cells::default(); map.blocks().len()],
            registers: BTreeMap::new(),
            burns: 0,
            leaves_bit: false,
            stuck: None,
        }
    }

    pub(crate) const fn map(&self) -> &'static EfuseMap {
        self.map
    }

    pub(crate) fn blocks(&self) -> &[Cells] {
        &self.blocks
    }

    pub(crate) const fn burns(&self) -> u32 {
        self.burns
    }

    /// Makes the next burn fail in one bit.
    pub(crate) const fn leave_bit(&mut self) {
        if self.stuck.is_none() {
            self.leaves_bit = true;
        }
    }

    pub(crate) const fn stuck(&self) -> Option<(usize, usize, u32)> {
        self.stuck
    }

    /// Restores the state before the power cut.
    pub(crate) fn restore(&mut self, blocks: Vec<Cells>, burns: u32, stuck: Option<(usize, usize, u32)>) -> bool {
        if blocks.len() != self.blocks.len() {
            return false;
        }
        self.blocks = blocks;
        self.burns = burns;
        self.stuck = stuck;
        true
    }

    /// Returns the value of a field, ignoring read protection.
    pub(crate) fn value(&self, name: &str) -> u32 {
        let Some(field) = self.map.field(name) else { return 0 };
        let cells = self.blocks.get(usize::from(field.block()));
        cells.map_or(0, |cells| field.value(&cells.words))
    }

    /// Burns like the manufacturer: with correct check bytes, and without counting.
    pub(crate) fn preset(&mut self, block: usize, change: impl FnOnce(&mut [u32; WORDS])) {
        let is_coded = self.is_coded(block);
        if let Some(cells) = self.blocks.get_mut(block) {
            change(&mut cells.words);
            if is_coded {
                cells.check = reed_solomon::check_bytes(&cells.bytes());
            }
        }
    }

    /// Presets a field, if the chip has it; a field in BLOCK0 may already have a value.
    pub(crate) fn preset_field(&mut self, name: &str, value: u32) {
        if let Some(field) = self.map.field(name) {
            self.preset(field.block().into(), |words| {
                for bit in field.bits() {
                    if let Some(word) = words.get_mut(usize::from(bit / 32)) {
                        *word &= !1_u32.wrapping_shl(u32::from(bit % 32));
                    }
                }
                // A value that does not fit is truncated: the tables define the number of bits.
                let _ = field.put(value, words);
            });
        }
    }

    pub(crate) fn preset_mac(&mut self, mac: [u8; 6], extension: [u8; 2]) {
        let (block, word) = self.map.mac_place();
        let [a, b, c, d, e, f] = mac;
        let low = u32::from_be_bytes([c, d, e, f]);
        let upper = if self.map.has_mac_extension() {
            extension
        } else if self.map.registers().coding == BlockCoding::Esp32 {
            [0, crc8(&mac)]
        } else {
            // Other kinds of fields are in this block.
            let here = self
                .blocks
                .get(block)
                .and_then(|cells| cells.words.get(word.saturating_add(1)));
            let [high, higher, ..] = here.copied().unwrap_or(0).to_be_bytes();
            [high, higher]
        };
        let [high, higher] = upper;
        self.preset(block, |words| {
            for (cells, value) in words
                .iter_mut()
                .skip(word)
                .zip([low, u32::from_be_bytes([high, higher, a, b])])
            {
                *cells = value;
            }
        });
    }

    pub(crate) fn preset_revision(&mut self, revision: ChipRevision) {
        let (major, minor) = (u32::from(revision.major()), u32::from(revision.minor()));
        self.preset_field("WAFER_VERSION_MAJOR", major);
        self.preset_field("WAFER_VERSION_MAJOR_LO", major & 3);
        self.preset_field("WAFER_VERSION_MAJOR_HI", major >> 2);
        self.preset_field("WAFER_VERSION_MINOR", minor);
        self.preset_field("WAFER_VERSION_MINOR_LO", minor & 7);
        self.preset_field("WAFER_VERSION_MINOR_HI", minor >> 3);
        // The ESP32's major number is split over three places, one of which is not an eFuse.
        self.preset_field("CHIP_VER_REV1", u32::from(major >= 1));
        self.preset_field("CHIP_VER_REV2", u32::from(major >= 2));
    }

    /// Reads the eFuses into the registers, as at a reset.
    pub(crate) fn load(&mut self) {
        let hidden = self.value("RD_DIS");
        let stuck = self.stuck;
        for (index, (cells, block)) in self.blocks.iter_mut().zip(self.map.blocks()).enumerate() {
            cells.read = cells.words;
            if let Some((_, word, bits)) = stuck.filter(|(block, ..)| *block == index)
                && let Some(read) = cells.read.get_mut(word)
            {
                *read &= !bits;
            }
            hide(block, hidden, &mut cells.read);
        }
        for field in self.map.fields() {
            let Some(bit) = field.read_protect() else { continue };
            if hidden.wrapping_shr(bit.into()) & 1 != 0
                && let Some(cells) = self.blocks.get_mut(usize::from(field.block()))
            {
                clear(field.bits(), &mut cells.read);
            }
        }
    }

    /// Returns whether an address belongs to the controller.
    pub(crate) fn has_register(&self, address: u32) -> bool {
        let registers = self.map.registers();
        address
            .checked_sub(registers.base)
            .is_some_and(|offset| offset < u32::from(registers.size).max(0x200))
    }

    pub(crate) fn read_register(&self, address: u32) -> u32 {
        let offset = address.wrapping_sub(self.map.registers().base);
        for (cells, block) in self.blocks.iter().zip(self.map.blocks()) {
            let word = offset.checked_sub(block.read.into()).filter(|at| at.is_multiple_of(4));
            let word = word.and_then(|at| usize::try_from(at / 4).ok());
            if let Some(word) = word.filter(|word| *word < usize::from(block.words)) {
                return cells.read.get(word).copied().unwrap_or(0);
            }
        }
        let (errors, count) = self.map.registers().rs_errors;
        let register = offset.checked_sub(errors.into()).map(|at| at / 4);
        if let Some(register) = register.filter(|register| *register < count.into()) {
            return self.errors(register);
        }
        // The command registers read 0: operations take no time here.
        if offset == self.map.registers().command.into() {
            return 0;
        }
        self.registers.get(&offset).copied().unwrap_or(0)
    }

    /// Writes a register; returns whether eFuses were burned.
    pub(crate) fn write_register(&mut self, address: u32, value: u32) -> bool {
        let registers = self.map.registers();
        let offset = address.wrapping_sub(registers.base);
        if offset != registers.command.into() {
            self.registers.insert(offset, value);
            return false;
        }
        let code = self.registers.get(&u32::from(registers.conf)).copied().unwrap_or(0);
        if value & COMMAND_PROGRAM != 0 && code == OP_CODE_WRITE {
            return match registers.coding {
                BlockCoding::Esp32 => self.program_all(),
                _ => self.program(usize::try_from(value >> 2).unwrap_or(usize::MAX)),
            };
        }
        if value & COMMAND_READ != 0 && code == OP_CODE_READ {
            self.load();
        }
        false
    }

    /// Burns the block that uses the shared programming registers.
    fn program(&mut self, index: usize) -> bool {
        let word = |word: usize| {
            let offset = u32::try_from(word.saturating_mul(4)).unwrap_or(u32::MAX);
            self.registers.get(&offset).copied().unwrap_or(0)
        };
        let words = core::array::from_fn(word);
        let mut check = [0; CHECK];
        let check_words: [u32; CHECK_WORDS] = core::array::from_fn(|at| word(at.saturating_add(WORDS)));
        for (cells, word) in check.chunks_exact_mut(4).zip(check_words) {
            cells.copy_from_slice(&word.to_le_bytes());
        }
        let burned = self.burn(index, words, check);
        self.count(burned)
    }

    /// Burns all blocks at once, each from its own registers.
    fn program_all(&mut self) -> bool {
        let mut burned = false;
        for (index, block) in self.map.blocks().iter().enumerate() {
            let mut words = [0; WORDS];
            for (word, offset) in words
                .iter_mut()
                .zip((u32::from(block.program)..).step_by(4))
                .take(block.words.into())
            {
                *word = self.registers.get(&offset).copied().unwrap_or(0);
            }
            burned |= self.burn(index, words, [0; CHECK]);
        }
        self.count(burned)
    }

    const fn count(&mut self, burned: bool) -> bool {
        if burned {
            self.burns = self.burns.saturating_add(1);
        }
        burned
    }

    /// Burns the bits that WR_DIS, as last read, allows.
    fn burn(&mut self, index: usize, mut words: [u32; WORDS], mut check: [u8; CHECK]) -> bool {
        let Some(block) = self.map.blocks().get(index) else {
            return false;
        };
        let forbidden = self.blocks.first().and_then(|cells| {
            let field = self.map.field("WR_DIS")?;
            Some(field.value(&cells.read))
        });
        let forbidden = forbidden.unwrap_or(0);
        let is_forbidden = |bit: Option<u8>| bit.is_some_and(|bit| forbidden.wrapping_shr(bit.into()) & 1 != 0);
        if is_forbidden(block.write_protect) {
            return false;
        }
        let fields = self.map.fields().filter(|field| usize::from(field.block()) == index);
        for field in fields.filter(|field| is_forbidden(field.write_protect())) {
            clear(field.bits(), &mut words);
        }
        if !self.is_coded(index) {
            check = [0; CHECK];
        }
        let burned = self
            .blocks
            .get_mut(index)
            .is_some_and(|cells| cells.burn(&words, &check));
        if burned && self.leaves_bit {
            let place = words.iter().enumerate().find(|(_, word)| **word != 0);
            self.stuck = place.map(|(word, bits)| (index, word, 1_u32.wrapping_shl(bits.trailing_zeros())));
            self.leaves_bit = false;
        }
        burned
    }

    /// Returns whether a block has check bytes.
    fn is_coded(&self, index: usize) -> bool {
        index > 0 && self.map.registers().coding == BlockCoding::ReedSolomon
    }

    /// Returns an error register of the coded blocks: four bits per block from BLOCK1 on.
    fn errors(&self, register: u32) -> u32 {
        let first = usize::try_from(register.saturating_mul(8).saturating_add(1)).unwrap_or(usize::MAX);
        let mut errors = 0;
        for (place, cells) in (0_u32..8).zip(self.blocks.iter().skip(first)) {
            if !reed_solomon::is_codeword(&cells.bytes(), &cells.check) {
                errors |= ALL_ERRORS.wrapping_shl(place.saturating_mul(4));
            }
        }
        errors
    }

    /// Returns the blocks that were wrongly burned a second time: key blocks and blocks with check bytes.
    pub(crate) fn double_burns(&self) -> Vec<u8> {
        let blocks = self.map.blocks().iter().zip(&self.blocks);
        let twice = blocks.filter(|(block, cells)| block.index > 0 && cells.burns > 1);
        twice.map(|(block, _)| block.index).collect()
    }
}

/// Clears the words of a block that RD_DIS hides.
fn hide(block: &EfuseBlock, hidden: u32, words: &mut [u32; WORDS]) {
    let mask = u32::from(block.read_protect);
    let is_halved = mask.count_ones() > 1;
    let (low, high) = words.split_at_mut(WORDS / 2);
    let first = mask & mask.wrapping_neg();
    let last = if is_halved { mask & !first } else { first };
    if hidden & first != 0 {
        low.fill(0);
    }
    if hidden & last != 0 {
        high.fill(0);
    }
}

fn clear(bits: impl Iterator<Item = u16>, words: &mut [u32; WORDS]) {
    for bit in bits {
        if let Some(word) = words.get_mut(usize::from(bit / 32)) {
            *word &= !1_u32.wrapping_shl(u32::from(bit % 32));
        }
    }
}

/// The checksum of the ESP32's MAC address: CRC-8 with the polynomial x^8 + x^5 + x^4 + 1, least significant bit first.
fn crc8(bytes: &[u8]) -> u8 {
    bytes.iter().fold(0, |crc, byte| {
        (0..8).fold(
            crc ^ byte,
            |crc, _| if crc & 1 == 0 { crc >> 1 } else { (crc >> 1) ^ 0x8C },
        )
    })
}
