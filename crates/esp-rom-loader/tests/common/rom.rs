//! A simulated chip: a ROM, 4 MiB of flash and an eFuse controller, as far as the tests need them. Written independently of
//! the loader; `scripts/interop.d/loader.sh` compares with the real tools.

#![allow(dead_code, reason = "each test uses a part")]

use std::collections::BTreeMap;
use std::io::{self, Read, Write};
use std::time::Duration;

use esp_flash_image::Chip;
use esp_rom_loader::{BlockCoding, EfuseMap, Port};

/// A deviation of the simulated chip.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Fault {
    #[default]
    None,
    /// Sets one bit too many in a burn.
    WrongBit,
    /// Reports a coding error after a burn.
    CodingError,
    /// Leaves keys readable although their RD_DIS bits are set.
    HidesNothing,
    /// Does not answer the first requests for security info.
    LosesInfo(usize),
    /// Stops after this number of commands.
    Dies(usize),
    /// Does not answer the first commands.
    Deaf(usize),
    /// Refuses register reads as soon as ENABLE_SECURITY_DOWNLOAD is burned.
    LocksAtOnce,
}

pub(crate) struct Rom {
    pub(crate) map: &'static EfuseMap,
    pub(crate) registers: BTreeMap<u32, u32>,
    pub(crate) fault: Fault,
    /// Programmed blocks, in order.
    pub(crate) programmed: Vec<u8>,
    pub(crate) commands: Vec<u8>,
    /// The baud rates that the ROM was set to.
    pub(crate) bauds: Vec<u32>,
    pub(crate) status_len: usize,
    input: Vec<u8>,
    output: Vec<u8>,
}

impl Rom {
    pub(crate) fn new(chip: Chip) -> Self {
        let map = EfuseMap::of(chip, None).unwrap();
        let mut rom = Self {
            map,
            registers: BTreeMap::new(),
            fault: Fault::None,
            programmed: Vec::new(),
            commands: Vec::new(),
            bauds: Vec::new(),
            status_len: 4,
            input: Vec::new(),
            output: Vec::new(),
        };
        let (block, word) = map.mac_place();
        rom.set_block_word(block, word, 0xC400_0001);
        rom.set_block_word(block, word + 1, 0x240A);
        rom
    }

    pub(crate) fn set_block_word(&mut self, block: usize, word: usize, value: u32) {
        let address = self.block_address(block) + u32::try_from(word).unwrap() * 4;
        self.registers.insert(address, value);
    }

    pub(crate) fn block_words(&self, block: usize) -> Vec<u32> {
        let words = u32::from(self.map.blocks()[block].words);
        (0..words)
            .map(|word| self.register(self.block_address(block) + word * 4))
            .collect()
    }

    fn block_address(&self, block: usize) -> u32 {
        self.map.registers().base + u32::from(self.map.blocks()[block].read)
    }

    fn register(&self, address: u32) -> u32 {
        self.registers.get(&address).copied().unwrap_or(0)
    }

    fn field(&self, name: &str) -> u32 {
        let field = self.map.field(name).unwrap();
        field.value(&self.block_words(0))
    }

    fn is_locked(&self) -> bool {
        self.fault == Fault::LocksAtOnce && self.field("ENABLE_SECURITY_DOWNLOAD") == 1
    }

    fn program(&mut self, block: u8) {
        self.programmed.push(block);
        let row = self.map.blocks()[usize::from(block)];
        let base = self.map.registers().base;
        let write_protected = |bit: Option<u8>, rom: &Self| bit.is_some_and(|bit| rom.field("WR_DIS") >> bit & 1 == 1);
        if write_protected(row.write_protect, self) {
            return;
        }
        for word in 0..u32::from(row.words) {
            let data = self.register(base + u32::from(row.program) + word * 4);
            *self
                .registers
                .entry(self.block_address(usize::from(block)) + word * 4)
                .or_default() |= data;
        }
        if self.fault == Fault::WrongBit {
            *self
                .registers
                .entry(self.block_address(usize::from(block)) + 4)
                .or_default() |= 1 << 30;
        }
        if self.fault == Fault::CodingError {
            let (first, _) = self.map.registers().rs_errors;
            *self.registers.entry(base + u32::from(first)).or_default() |= 1;
        }
        // Hidden blocks read as 0.
        for (index, block) in self.map.blocks().iter().enumerate() {
            if self.fault != Fault::HidesNothing && self.field("RD_DIS") & u32::from(block.read_protect) != 0 {
                (0..usize::from(block.words)).for_each(|word| self.set_block_word(index, word, 0));
            }
        }
    }

    fn write_register(&mut self, address: u32, value: u32) {
        let registers = *self.map.registers();
        self.registers.insert(address, value);
        if address == registers.base + u32::from(registers.command) {
            self.registers.insert(address, 0);
            let conf = self.register(registers.base + u32::from(registers.conf));
            if value & 2 != 0 && conf == 0x5A5A {
                assert_eq!(registers.coding, BlockCoding::ReedSolomon, "this model has no ESP32");
                self.program(u8::try_from(value >> 2).unwrap());
            }
        }
    }

    fn answer(&mut self, command: u8, value: u32, data: &[u8], error: u8) {
        let mut frame = vec![1, command];
        let mut body = if error == 0 { data.to_vec() } else { Vec::new() };
        body.extend_from_slice(&[u8::from(error != 0), error]);
        body.resize(body.len() + self.status_len - 2, 0);
        frame.extend_from_slice(&u16::try_from(body.len()).unwrap().to_le_bytes());
        frame.extend_from_slice(&value.to_le_bytes());
        frame.extend_from_slice(&body);
        self.output.push(0xC0);
        for byte in frame {
            match byte {
                0xC0 => self.output.extend_from_slice(&[0xDB, 0xDC]),
                0xDB => self.output.extend_from_slice(&[0xDB, 0xDD]),
                _ => self.output.push(byte),
            }
        }
        self.output.push(0xC0);
    }

    fn handle(&mut self, frame: &[u8]) {
        let (command, data) = (frame[1], &frame[8..]);
        self.commands.push(command);
        if matches!(self.fault, Fault::Deaf(count) if self.commands.len() <= count) {
            return;
        }
        if let Fault::LosesInfo(count @ 1..) = self.fault
            && command == 0x14
        {
            self.fault = Fault::LosesInfo(count - 1);
            return;
        }
        let word = |place: usize| u32::from_le_bytes(data[place * 4..place * 4 + 4].try_into().unwrap());
        match command {
            0x08 => (0..8).for_each(|_| self.answer(8, 0, &[], 0)),
            0x09 | 0x0A if self.is_locked() => self.answer(command, 0, &[], 5),
            0x09 => {
                let (address, value) = (word(0), word(1));
                self.write_register(address, value);
                self.answer(9, 0, &[], 0);
            }
            0x0A => {
                let value = match word(0) {
                    // The SPI controller returns the ID of a 4 MiB flash.
                    0x6000_2058 | 0x6000_3058 => 0x16_40EF,
                    0x6000_2000 | 0x6000_3000 => 0,
                    address => self.register(address),
                };
                self.answer(0x0A, value, &[], 0);
            }
            0x14 => {
                let flags: u32 = if self.is_locked() { 4 } else { 0 };
                let mut info = flags.to_le_bytes().to_vec();
                info.resize(12, 0);
                info.extend_from_slice(&u32::from(self.map.chip().image_id()).to_le_bytes());
                info.extend_from_slice(&[0; 4]);
                self.answer(0x14, 0, &info, 0);
            }
            0x0F => {
                self.bauds.push(word(0));
                self.answer(command, 0, &[], 0);
            }
            0x13 => self.answer(0x13, 0, b"d41d8cd98f00b204e9800998ecf8427e", 0),
            0x0E => self.answer(0x0E, 0, &[0xA5; 64], 0),
            _ => self.answer(command, 0, &[], 0),
        }
    }
}

impl Read for Rom {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if matches!(self.fault, Fault::Dies(limit) if self.commands.len() >= limit) {
            return Ok(0);
        }
        if self.output.is_empty() {
            return Err(io::ErrorKind::TimedOut.into());
        }
        let len = buffer.len().min(self.output.len());
        buffer[..len].copy_from_slice(&self.output[..len]);
        self.output.drain(..len);
        Ok(len)
    }
}

impl Write for Rom {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        for &byte in bytes {
            if byte != 0xC0 {
                self.input.push(byte);
            } else if !self.input.is_empty() {
                let mut frame = Vec::new();
                let mut input = std::mem::take(&mut self.input).into_iter();
                while let Some(byte) = input.next() {
                    frame.push(match byte {
                        0xDB if input.next() == Some(0xDC) => 0xC0,
                        other => other,
                    });
                }
                self.handle(&frame);
            }
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Port for Rom {
    fn set_read_timeout(&mut self, _: Duration) -> io::Result<()> {
        Ok(())
    }

    fn set_baud_rate(&mut self, _: u32) -> io::Result<()> {
        Ok(())
    }

    fn set_signals(&mut self, _: bool, _: bool) -> io::Result<()> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn discard_input(&mut self) -> io::Result<()> {
        self.output.clear();
        Ok(())
    }
}
