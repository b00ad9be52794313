//! The commands of ROM and stub.

use esp_flash_image::Chip;
use esp_rom_loader::{Command, checksum};
use md5::{Digest, Md5};

use super::transfer::{Reading, Transfer};
use super::{Board, Download, Mode};
use crate::Fault;
use crate::flash::SECTOR;

/// "Received message is invalid": the ROM's answer to commands that it does not support or allow.
pub(crate) const INVALID_MESSAGE: u8 = 0x05;
/// "Failed to act on received message".
pub(super) const FAILED: u8 = 0x06;
/// "Invalid CRC in message": the checksum of a block.
const WRONG_CHECKSUM: u8 = 0x07;
/// "Deflate error".
pub(super) const DEFLATE: u8 = 0x0B;
/// The stub's answer to unsupported commands.
const NOT_IMPLEMENTED: u8 = 0xFF;

/// Commands of the stub only: esptool's documentation, "Serial Protocol", "Commands supported by stub loader only".
const ERASE_FLASH: u8 = 0xD0;
const ERASE_REGION: u8 = 0xD1;
const READ_FLASH: u8 = 0xD2;
const RUN_USER_CODE: u8 = 0xD3;

/// The stub's greeting after its start.
const STUB_GREETING: &[u8] = b"OHAI";
/// Maximum number of flash bytes that the ROM reads at once.
const SLOW_READ: u32 = 64;

/// An answer without an error.
#[derive(Debug, Default)]
pub(super) struct Reply {
    pub(super) value: u32,
    pub(super) data: Vec<u8>,
}

impl Reply {
    fn value(value: u32) -> Self {
        Self {
            value,
            ..Self::default()
        }
    }

    fn data(data: Vec<u8>) -> Self {
        Self { data, value: 0 }
    }
}

/// A reply, `None` if the chip can no longer answer, or an error code.
pub(super) type Done = Result<Option<Reply>, u8>;

pub(super) fn done() -> Done {
    Ok(Some(Reply::default()))
}

impl Board {
    pub(super) fn execute(&mut self, code: u8, sum: u32, data: &[u8]) -> Done {
        let is_stub = self.session.mode == Mode::Stub;
        let Some(command) = Command::from_code(code) else {
            return if is_stub {
                self.execute_in_stub(code, data)
            } else {
                Err(INVALID_MESSAGE)
            };
        };
        if self.session.download == Download::Secure && !is_allowed_in_secure_download(command) {
            return Err(INVALID_MESSAGE);
        }
        match command {
            Command::FlashBegin => self.begin_transfer(data, false),
            Command::FlashDeflBegin => self.begin_transfer(data, true),
            Command::FlashData | Command::FlashDeflData => {
                let is_compressed = command == Command::FlashDeflData;
                let (sequence, block) = block(data, sum)?;
                self.take_block(sequence, block, is_compressed)
            }
            Command::FlashEnd | Command::FlashDeflEnd => {
                self.session.transfer = None;
                done()
            }
            Command::MemBegin => word(data, 3).map_or(Err(INVALID_MESSAGE), |_| done()),
            Command::MemData => block(data, sum).map(|_| Some(Reply::default())),
            Command::MemEnd => word(data, 1).map_or(Err(INVALID_MESSAGE), |_| done()),
            Command::ReadReg => self.read_register(data),
            Command::WriteReg => self.write_registers(data),
            Command::SpiAttach => {
                self.session.is_attached = true;
                done()
            }
            Command::SpiSetParams => word(data, 5).map_or(Err(INVALID_MESSAGE), |_| done()),
            Command::ReadFlashSlow if is_stub => Err(NOT_IMPLEMENTED),
            Command::ReadFlashSlow => self.read_slowly(data),
            Command::ChangeBaudrate => word(data, 0).map_or(Err(INVALID_MESSAGE), |_| done()),
            Command::SpiFlashMd5 => self.checksum(data, is_stub),
            Command::GetSecurityInfo => self.security_info(),
            _ => Err(INVALID_MESSAGE),
        }
    }

    /// Performs the action that follows the answer.
    pub(super) fn follow_up(&mut self, code: u8, data: &[u8]) {
        match Command::from_code(code) {
            Some(Command::ChangeBaudrate) => self.line.set_chip_baud(word(data, 0).unwrap_or(0)),
            // The first word is 0 to run code or to restart the chip.
            Some(Command::MemEnd) if word(data, 0) == Some(0) => {
                self.session.mode = Mode::Stub;
                self.session.is_attached = true;
                self.send_frame(&[STUB_GREETING]);
            }
            Some(Command::FlashEnd | Command::FlashDeflEnd) if word(data, 0) == Some(0) => self.reset(false),
            None if code == RUN_USER_CODE => self.reset(false),
            None if code == READ_FLASH => self.send_packets(),
            _ => {}
        }
    }

    fn execute_in_stub(&mut self, code: u8, data: &[u8]) -> Done {
        match code {
            ERASE_FLASH => {
                self.flash.erase(0, u32::MAX);
                self.keep(false);
                done()
            }
            ERASE_REGION => {
                let (address, len) = range(data)?;
                if !address.is_multiple_of(SECTOR) || !len.is_multiple_of(SECTOR) {
                    return Err(FAILED);
                }
                self.flash.erase(address, len);
                self.keep(false);
                done()
            }
            READ_FLASH => {
                let (address, len) = range(data)?;
                let (packet, in_flight) = word(data, 2).zip(word(data, 3)).ok_or(INVALID_MESSAGE)?;
                let reading = Reading::new(address, len, packet, in_flight);
                self.session.reading = reading.filter(|_| self.flash.has(address, len));
                if self.session.reading.is_none() {
                    Err(FAILED)
                } else {
                    done()
                }
            }
            RUN_USER_CODE => done(),
            _ => Err(NOT_IMPLEMENTED),
        }
    }

    fn begin_transfer(&mut self, data: &[u8], is_compressed: bool) -> Done {
        let (size, blocks) = range(data)?;
        let (block_size, address) = word(data, 2).zip(word(data, 3)).ok_or(INVALID_MESSAGE)?;
        let is_encrypted = word(data, 4).is_some_and(|flag| flag != 0);
        // The chip would encrypt with its key; a factory writes data that is already encrypted.
        if !self.session.is_attached || !self.flash.has(address, size) || is_encrypted {
            return Err(FAILED);
        }
        self.flash.erase(address, size);
        self.spoil(address, size);
        self.session.transfer = Some(Transfer::new(address, size, blocks, block_size, is_compressed));
        done()
    }

    fn read_register(&self, data: &[u8]) -> Done {
        let address = word(data, 0).ok_or(INVALID_MESSAGE)?;
        let value = if self.efuses.has_register(address) {
            self.efuses.read_register(address)
        } else {
            self.peripherals.read(address)
        };
        Ok(Some(Reply::value(value)))
    }

    /// Writes one or more registers: address, value, mask, delay.
    fn write_registers(&mut self, data: &[u8]) -> Done {
        let writes = data.as_chunks::<16>();
        if writes.0.is_empty() || !writes.1.is_empty() {
            return Err(INVALID_MESSAGE);
        }
        for write in writes.0 {
            let (address, value) = range(write)?;
            let mask = word(write, 2).unwrap_or(u32::MAX);
            if self.efuses.has_register(address) {
                let value = merge(self.efuses.read_register(address), value, mask);
                if self.efuses.write_register(address, value) && self.efuses_are_burned() {
                    return Ok(None);
                }
            } else {
                let value = merge(self.peripherals.read(address), value, mask);
                self.peripherals.write(address, value, self.flash.size());
            }
        }
        done()
    }

    fn read_slowly(&self, data: &[u8]) -> Done {
        let (address, len) = range(data)?;
        if len > SLOW_READ || !self.session.is_attached || !self.flash.has(address, len) {
            return Err(FAILED);
        }
        let mut bytes = self.flash.bytes(address, len);
        // The answer always has full length.
        bytes.resize(usize::try_from(SLOW_READ).unwrap_or(0), 0);
        Ok(Some(Reply::data(bytes)))
    }

    /// Computes the MD5 of a region: 32 hexadecimal digits from the ROM, 16 bytes from the stub.
    fn checksum(&mut self, data: &[u8], is_stub: bool) -> Done {
        let (address, len) = range(data)?;
        if !self.session.is_attached || !self.flash.has(address, len) {
            return Err(FAILED);
        }
        let mut hash = Md5::new();
        self.flash.read(address, len, |piece| hash.update(piece));
        let digest: [u8; 16] = hash.finalize().into();
        let mut answer = digest.to_vec();
        if !is_stub {
            let digits = digest.iter().map(|byte| format!("{byte:02x}"));
            answer = digits.collect::<String>().into_bytes();
        }
        if self.fault == Fault::Md5Garbage {
            self.random.fill(&mut answer);
        }
        if self.checksum_is_made() {
            return Ok(None);
        }
        Ok(Some(Reply::data(answer)))
    }

    /// Reports flags, the flash encryption counter, key purposes, and from the ESP32-C3 on the chip ID.
    fn security_info(&self) -> Done {
        if self.chip == Chip::Esp32 {
            return Err(INVALID_MESSAGE);
        }
        let mut info = Vec::with_capacity(20);
        let bits = FLAGS.iter().map(|(fields, bit)| {
            let is_set = fields.iter().any(|name| self.efuses.value(name) != 0);
            u32::from(is_set) << bit
        });
        info.extend(bits.fold(0, |flags, bit| flags | bit).to_le_bytes());
        let byte = |name: &str| self.efuses.value(name).to_le_bytes()[0];
        info.push(byte("SPI_BOOT_CRYPT_CNT"));
        for number in 0..7 {
            info.push(byte(&format!("KEY_PURPOSE_{number}")));
        }
        if self.chip != Chip::Esp32s2 {
            info.extend(u32::from(self.chip.image_id()).to_le_bytes());
            info.extend([0; 4]);
        }
        Ok(Some(Reply::data(info)))
    }
}

/// The flags of the security info: esptool's documentation, "Security Info".
const FLAGS: &[(&[&str], u32)] = &[
    (&["SECURE_BOOT_EN"], 0),
    (&["SECURE_BOOT_AGGRESSIVE_REVOKE"], 1),
    (&["ENABLE_SECURITY_DOWNLOAD"], 2),
    (&["SECURE_BOOT_KEY_REVOKE0"], 3),
    (&["SECURE_BOOT_KEY_REVOKE1"], 4),
    (&["SECURE_BOOT_KEY_REVOKE2"], 5),
    (&["SOFT_DIS_JTAG"], 6),
    (&["DIS_PAD_JTAG", "HARD_DIS_JTAG"], 7),
    (&["DIS_USB", "DIS_USB_OTG", "DIS_USB_SERIAL_JTAG"], 8),
    (&["DIS_DOWNLOAD_DCACHE"], 9),
    (&["DIS_DOWNLOAD_ICACHE"], 10),
];

/// Returns whether secure download mode allows a command: no registers, checksums, reading or RAM, and only plain writing.
const fn is_allowed_in_secure_download(command: Command) -> bool {
    matches!(
        command,
        Command::Sync
            | Command::FlashBegin
            | Command::FlashData
            | Command::FlashEnd
            | Command::SpiAttach
            | Command::SpiSetParams
            | Command::ChangeBaudrate
            | Command::GetSecurityInfo
    )
}

/// Splits a data block: length, sequence number, two zeros, bytes.
fn block(data: &[u8], sum: u32) -> Result<(u32, &[u8]), u8> {
    let (len, sequence) = range(data)?;
    let bytes = data.get(16..).ok_or(INVALID_MESSAGE)?;
    if u32::try_from(bytes.len()) != Ok(len) {
        return Err(INVALID_MESSAGE);
    }
    if u32::from(checksum(bytes)) != sum {
        return Err(WRONG_CHECKSUM);
    }
    Ok((sequence, bytes))
}

/// Returns a word of a request.
fn word(data: &[u8], index: usize) -> Option<u32> {
    data.as_chunks().0.get(index).map(|bytes| u32::from_le_bytes(*bytes))
}

/// Returns the first two words of a request.
fn range(data: &[u8]) -> Result<(u32, u32), u8> {
    word(data, 0).zip(word(data, 1)).ok_or(INVALID_MESSAGE)
}

const fn merge(old: u32, new: u32, mask: u32) -> u32 {
    old & !mask | new & mask
}
