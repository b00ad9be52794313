//! A minimal station that handles frames only.
#![allow(dead_code, reason = "each test uses its part")]

use std::io::{ErrorKind, Read, Write};

use esp_chip_sim::{ChipSim, SimPort};

/// An answer: value, data with status.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer(pub(crate) u32, pub(crate) Vec<u8>);

pub(crate) struct Host(pub(crate) SimPort);

pub(crate) const SYNC: [u8; 36] = {
    let mut data = [0x55; 36];
    [data[0], data[1], data[2], data[3]] = [7, 7, 0x12, 0x20];
    data
};

impl Host {
    /// Opens the port and synchronizes.
    pub(crate) fn new(sim: &ChipSim) -> Self {
        let mut host = Self::silent(sim);
        assert_eq!(host.sync(), 8);
        host
    }

    /// Opens the port.
    pub(crate) fn silent(sim: &ChipSim) -> Self {
        Self(sim.port())
    }

    /// Returns the number of answers to a SYNC.
    pub(crate) fn sync(&mut self) -> usize {
        self.send(8, 0, &SYNC);
        self.frames().len()
    }

    pub(crate) fn send(&mut self, command: u8, checksum: u8, data: &[u8]) {
        let mut frame = vec![0, command];
        frame.extend(u16::try_from(data.len()).unwrap().to_le_bytes());
        frame.extend([checksum, 0, 0, 0]);
        frame.extend(data);
        self.send_frame(&frame);
    }

    pub(crate) fn send_frame(&mut self, frame: &[u8]) {
        let mut bytes = vec![0xC0];
        for byte in frame {
            match byte {
                0xC0 => bytes.extend([0xDB, 0xDC]),
                0xDB => bytes.extend([0xDB, 0xDD]),
                _ => bytes.push(*byte),
            }
        }
        bytes.push(0xC0);
        // A port that is gone reports it on read.
        let _ = self.0.write_all(&bytes);
    }

    /// Reads all received bytes.
    pub(crate) fn bytes(&mut self) -> Result<Vec<u8>, ErrorKind> {
        let mut bytes = Vec::new();
        let mut buffer = [0; 4096];
        loop {
            match self.0.read(&mut buffer) {
                Ok(count) => bytes.extend(&buffer[..count]),
                Err(error) if error.kind() == ErrorKind::TimedOut => return Ok(bytes),
                Err(error) => return Err(error.kind()),
            }
        }
    }

    pub(crate) fn frames(&mut self) -> Vec<Vec<u8>> {
        let bytes = self.bytes().unwrap_or_default();
        let mut frames = Vec::new();
        for frame in bytes.split(|byte| *byte == 0xC0).filter(|frame| !frame.is_empty()) {
            let mut plain = Vec::new();
            let mut escaped = false;
            for byte in frame {
                match (escaped, *byte) {
                    (false, 0xDB) => escaped = true,
                    (true, 0xDC) => (escaped, _) = (false, plain.push(0xC0)),
                    (true, _) => (escaped, _) = (false, plain.push(0xDB)),
                    (_, byte) => plain.push(byte),
                }
            }
            frames.push(plain);
        }
        frames
    }

    /// Sends a request; returns its only answer.
    pub(crate) fn ask(&mut self, command: u8, checksum: u8, data: &[u8]) -> Option<Answer> {
        self.send(command, checksum, data);
        let frames = self.frames();
        let [frame] = &frames[..] else { return None };
        let [1, answered, len0, len1, v0, v1, v2, v3, data @ ..] = &frame[..] else {
            return None;
        };
        assert_eq!(
            (*answered, usize::from(u16::from_le_bytes([*len0, *len1]))),
            (command, data.len())
        );
        Some(Answer(u32::from_le_bytes([*v0, *v1, *v2, *v3]), data.to_vec()))
    }

    /// Sends words; returns the data of a successful answer, or the error code.
    pub(crate) fn words(&mut self, command: u8, words: &[u32]) -> Result<Vec<u8>, u8> {
        let data: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
        rom(self.ask(command, 0, &data).expect("an answer"))
    }

    /// Sends a block of data.
    pub(crate) fn block(&mut self, command: u8, sequence: u32, bytes: &[u8]) -> Option<Result<Vec<u8>, u8>> {
        let mut data: Vec<u8> = [u32::try_from(bytes.len()).unwrap(), sequence, 0, 0]
            .iter()
            .flat_map(|word| word.to_le_bytes())
            .collect();
        data.extend(bytes);
        let checksum = bytes.iter().fold(0xEF, |sum, byte| sum ^ byte);
        self.ask(command, checksum, &data).map(rom)
    }

    pub(crate) fn attach(&mut self) {
        assert_eq!(self.words(0x0D, &[0, 0]), Ok(vec![]));
    }

    /// Writes a region uncompressed, through the ROM.
    pub(crate) fn write(&mut self, address: u32, bytes: &[u8], block: usize) -> Option<()> {
        let blocks = bytes.len().div_ceil(block);
        let size = u32::try_from(bytes.len()).unwrap();
        let begin = [size, blocks.try_into().unwrap(), block.try_into().unwrap(), address, 0];
        assert_eq!(self.words(2, &begin), Ok(vec![]));
        for (sequence, piece) in (0..).zip(bytes.chunks(block)) {
            assert_eq!(self.block(3, sequence, piece)?, Ok(vec![]));
        }
        Some(())
    }

    pub(crate) fn md5(&mut self, address: u32, len: u32) -> Result<Vec<u8>, u8> {
        self.words(0x13, &[address, len, 0, 0])
    }

    pub(crate) fn read(&mut self, address: u32) -> u32 {
        let answer = self.ask(0x0A, 0, &address.to_le_bytes()).expect("an answer");
        assert_eq!(answer.1, [0; 4]);
        answer.0
    }

    pub(crate) fn set(&mut self, address: u32, value: u32) {
        assert_eq!(self.words(9, &[address, value, u32::MAX, 0]), Ok(vec![]));
    }

    /// Burns a block of a chip that has the ESP32-C3's controller at an address.
    pub(crate) fn burn(&mut self, base: u32, block: u32, words: &[u32; 11]) {
        for (offset, word) in (0..).step_by(4).zip(words) {
            self.set(base + offset, *word);
        }
        self.set(base + 0x1CC, 0x5A5A);
        self.set(base + 0x1D4, 2 | block << 2);
    }

    /// Reads the eFuses into the registers.
    pub(crate) fn load(&mut self, base: u32) {
        self.set(base + 0x1CC, 0x5AA5);
        self.set(base + 0x1D4, 1);
    }
}

/// Splits off the status of the ROM.
fn rom(answer: Answer) -> Result<Vec<u8>, u8> {
    let (data, status) = answer.1.split_at(answer.1.len() - 4);
    match status {
        [0, 0, 0, 0] => Ok(data.to_vec()),
        [1, code, 0, 0] if data.is_empty() => Err(*code),
        _ => panic!("status {status:?}"),
    }
}
