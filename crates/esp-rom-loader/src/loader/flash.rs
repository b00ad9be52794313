use std::time::Duration;

use esp_flash_image::Chip;
use md5::{Digest, Md5};
use miniz_oxide::deflate::compress_to_vec_zlib;
use miniz_oxide::inflate::stream::{InflateState, inflate};
use miniz_oxide::{DataFormat, MZFlush, MZStatus};

use super::{Loader, exchange};
use crate::command::checksum;
use crate::port::Port;
use crate::{Command, Error};

impl<P: Port> Loader<P> {
    /// Writes bytes to flash, compressed in transfer; `progress` receives the number of bytes written so far.
    ///
    /// The 4096-byte sectors of the range are erased first. The result is not verified: see
    /// [`Loader::verify_flash`].
    ///
    /// # Errors
    ///
    /// [`Error::FlashRange`], [`Error::CommandFailed`]; connection errors.
    pub fn write_flash(&mut self, offset: u32, bytes: &[u8], progress: &mut dyn FnMut(usize)) -> Result<(), Error> {
        let range = Error::FlashRange {
            offset,
            len: bytes.len(),
        };
        self.check_range(offset, bytes.len()).ok_or(range.clone())?;
        if !offset.is_multiple_of(SECTOR) {
            return Err(range);
        }
        let padded;
        let bytes = if bytes.len().is_multiple_of(4) {
            bytes
        } else {
            // The ROM writes whole words.
            let mut copy = bytes.to_vec();
            copy.resize(bytes.len().next_multiple_of(4), 0xFF);
            padded = copy;
            &padded
        };
        let compressed = compress_to_vec_zlib(bytes, COMPRESSION);
        self.begin(offset, bytes.len(), compressed.len())?;
        let mut inflater = Inflater::default();
        for (sequence, block) in (0_u32..).zip(compressed.chunks(BLOCK)) {
            let written = inflater.count(block);
            let data = block_of(block, sequence);
            let timeout = per_megabyte(written, WRITE_PER_MEGABYTE, exchange::TIMEOUT);
            let answer = self.exchange(Command::FlashDeflData, checksum(block), &data, timeout)?;
            self.checked(Command::FlashDeflData, &answer, &[0])?;
            progress(inflater.total.min(bytes.len()));
        }
        Ok(())
    }

    /// Returns the MD5 of a flash range, computed by the ROM.
    ///
    /// # Errors
    ///
    /// [`Error::FlashRange`], [`Error::CommandFailed`] in secure download mode; connection errors.
    pub fn flash_md5(&mut self, offset: u32, len: u32) -> Result<[u8; 16], Error> {
        let bytes = usize::try_from(len).unwrap_or(usize::MAX);
        self.check_range(offset, bytes)
            .ok_or(Error::FlashRange { offset, len: bytes })?;
        self.prepare_flash()?;
        let command = Command::SpiFlashMd5;
        let timeout = per_megabyte(bytes, MD5_PER_MEGABYTE, exchange::TIMEOUT);
        let answer = self.exchange(command, 0, &words([offset, len, 0, 0]), timeout)?;
        let data = self.checked(command, &answer, &[32, 16])?;
        let mut digest = [0; 16];
        match <[u8; 16]>::try_from(data) {
            Ok(raw) => digest = raw,
            Err(_) => {
                let digits = base16ct::mixed::decode(data, &mut digest).map(<[u8]>::len);
                if digits != Ok(16) {
                    return Err(Error::Garbage {
                        command,
                        bytes: data.len(),
                    });
                }
            }
        }
        Ok(digest)
    }

    /// Compares a flash range with bytes by MD5.
    ///
    /// # Errors
    ///
    /// [`Error::Md5Differs`]; otherwise as [`Loader::flash_md5`].
    pub fn verify_flash(&mut self, offset: u32, bytes: &[u8]) -> Result<(), Error> {
        let len = bytes.len();
        let short = u32::try_from(len).map_err(|_| Error::FlashRange { offset, len })?;
        let expected: [u8; 16] = Md5::digest(bytes).into();
        if self.flash_md5(offset, short)? == expected {
            Ok(())
        } else {
            Err(Error::Md5Differs { offset, len })
        }
    }

    /// Reads flash, slowly: 64 bytes per request.
    ///
    /// # Errors
    ///
    /// [`Error::FlashRange`], [`Error::CommandFailed`] in secure download mode; connection errors.
    pub fn read_flash(&mut self, offset: u32, len: u32) -> Result<Vec<u8>, Error> {
        let range = || Error::FlashRange {
            offset,
            len: usize::try_from(len).unwrap_or(usize::MAX),
        };
        let size = usize::try_from(len).map_err(|_| range())?;
        self.check_range(offset, size).ok_or_else(range)?;
        self.prepare_flash()?;
        let command = Command::ReadFlashSlow;
        // Grows only with the received data.
        let mut bytes = Vec::new();
        while bytes.len() < size {
            let place = u32::try_from(bytes.len())
                .ok()
                .and_then(|done| offset.checked_add(done));
            let wanted = size.saturating_sub(bytes.len()).min(READ_BLOCK);
            let request = [place.ok_or_else(range)?, u32::try_from(wanted).unwrap_or(0)];
            let answer = self.exchange(command, 0, &words(request), exchange::TIMEOUT)?;
            let data = self.checked(command, &answer, &[wanted, READ_BLOCK])?;
            bytes.extend_from_slice(data.get(..wanted).unwrap_or(data));
        }
        Ok(bytes)
    }

    /// Returns the flash size in bytes from the JEDEC ID; `None` if the ID is unknown.
    ///
    /// # Errors
    ///
    /// [`Error::CommandFailed`] in secure download mode; connection errors.
    pub fn flash_size(&mut self) -> Result<Option<u32>, Error> {
        if let Some(size) = self.flash.size {
            return Ok(size);
        }
        self.attach_flash()?;
        let size = size_of_jedec_id(self.jedec_id()?);
        if let Some(bytes) = size {
            let data = words([0, bytes, 0x1_0000, SECTOR, 0x100, 0xFFFF]);
            let answer = self.exchange(Command::SpiSetParams, 0, &data, exchange::TIMEOUT)?;
            self.checked(Command::SpiSetParams, &answer, &[0])?;
        }
        self.flash.size = Some(size);
        Ok(size)
    }

    /// Makes the ROM start the firmware.
    pub(super) fn reboot(&mut self) -> Result<(), Error> {
        self.attach_flash()?;
        let answer = self.exchange(
            Command::FlashBegin,
            0,
            &self.begin_words([0, 0, BLOCK_WORD, 0]),
            exchange::TIMEOUT,
        )?;
        self.checked(Command::FlashBegin, &answer, &[0])?;
        match self.exchange(Command::FlashEnd, 0, &0_u32.to_le_bytes(), REBOOT_TIMEOUT) {
            // The ROM may reset before it answers.
            Ok(_) | Err(Error::NoAnswer { .. } | Error::Garbage { .. }) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Attaches the flash, and sets its size if it can be determined.
    fn prepare_flash(&mut self) -> Result<(), Error> {
        if self.is_secure_download() {
            self.attach_flash()
        } else {
            self.flash_size().map(drop)
        }
    }

    fn attach_flash(&mut self) -> Result<(), Error> {
        if !self.flash.attached {
            let answer = self.exchange(Command::SpiAttach, 0, &[0; 8], exchange::TIMEOUT)?;
            self.checked(Command::SpiAttach, &answer, &[0])?;
            self.flash.attached = true;
        }
        Ok(())
    }

    fn begin(&mut self, offset: u32, len: usize, compressed: usize) -> Result<(), Error> {
        self.prepare_flash()?;
        self.check_range(offset, len).ok_or(Error::FlashRange { offset, len })?;
        let count = |bytes: usize| u32::try_from(bytes.div_ceil(BLOCK)).unwrap_or(u32::MAX);
        // The ROM erases whole blocks.
        let erased = count(len).saturating_mul(BLOCK_WORD);
        let data = self.begin_words([erased, count(compressed), BLOCK_WORD, offset]);
        let timeout = per_megabyte(len, ERASE_PER_MEGABYTE, ERASE_MIN);
        let answer = self.exchange(Command::FlashDeflBegin, 0, &data, timeout)?;
        self.checked(Command::FlashDeflBegin, &answer, &[0]).map(drop)
    }

    /// All chips except the ESP32 take one more word: whether the chip encrypts the written data.
    fn begin_words(&self, data: [u32; 4]) -> Vec<u8> {
        let mut data = words(data);
        if self.chip != Chip::Esp32 {
            data.extend_from_slice(&[0; 4]);
        }
        data
    }

    fn check_range(&self, offset: u32, len: usize) -> Option<()> {
        let end = offset.checked_add(u32::try_from(len).ok()?)?;
        let size = self.flash.size.flatten().unwrap_or(u32::MAX);
        (len > 0 && end <= size).then_some(())
    }

    /// Reads the JEDEC ID of the flash chip through the SPI controller.
    ///
    /// Registers: technical reference manuals, "SPI Controller"; addresses as in espflash (MIT or Apache-2.0).
    fn jedec_id(&mut self) -> Result<u32, Error> {
        let spi = SpiRegisters::of(self.chip).ok_or(Error::ChipUnsuited { chip: self.chip })?;
        let (user, user2) = (self.read_register(spi.user)?, self.read_register(spi.user2)?);
        // Reads three bytes.
        self.write_register(spi.input_len, 23)?;
        self.write_register(spi.user, 1 << 31 | 1 << 28)?;
        self.write_register(spi.user2, 7 << 28 | 0x9F)?;
        self.write_register(spi.data, 0)?;
        self.write_register(spi.command, START)?;
        for _ in 0..10 {
            if self.read_register(spi.command)? & START == 0 {
                break;
            }
        }
        let id = self.read_register(spi.data)?;
        self.write_register(spi.user, user)?;
        self.write_register(spi.user2, user2)?;
        Ok(id & 0xFF_FFFF)
    }
}

/// Addresses of the flash SPI controller.
struct SpiRegisters {
    command: u32,
    user: u32,
    user2: u32,
    input_len: u32,
    data: u32,
}

impl SpiRegisters {
    fn of(chip: Chip) -> Option<Self> {
        let base: u32 = match chip {
            Chip::Esp32 => {
                return Some(Self {
                    command: 0x3FF4_2000,
                    user: 0x3FF4_201C,
                    user2: 0x3FF4_2024,
                    input_len: 0x3FF4_202C,
                    data: 0x3FF4_2080,
                });
            }
            Chip::Esp32s2 => 0x3F40_2000,
            Chip::Esp32c2 | Chip::Esp32c3 | Chip::Esp32s3 => 0x6000_2000,
            Chip::Esp32c5 | Chip::Esp32c6 | Chip::Esp32c61 | Chip::Esp32h2 => 0x6000_3000,
            Chip::Esp32p4 => 0x5008_D000,
            _ => return None,
        };
        Some(Self {
            command: base,
            user: base.wrapping_add(0x18),
            user2: base.wrapping_add(0x20),
            input_len: base.wrapping_add(0x28),
            data: base.wrapping_add(0x58),
        })
    }
}

/// The third byte of the ID is the size as a power of two; some vendors restart at 64 MiB or add 0x20.
fn size_of_jedec_id(id: u32) -> Option<u32> {
    let code = id.wrapping_shr(16) & 0xFF;
    let power = match code {
        0x12..=0x1C => code,
        0x20..=0x22 => code.saturating_sub(0x20).saturating_add(26),
        0x32..=0x3A => code.saturating_sub(0x20),
        _ => return None,
    };
    1_u32.checked_shl(power)
}

fn words<const N: usize>(words: [u32; N]) -> Vec<u8> {
    words.into_iter().flat_map(u32::to_le_bytes).collect()
}

/// The data of a block: its length, its number, two zero words and its bytes.
fn block_of(block: &[u8], sequence: u32) -> Vec<u8> {
    let len = u32::try_from(block.len()).unwrap_or(u32::MAX);
    let mut data = words([len, sequence, 0, 0]);
    data.extend_from_slice(block);
    data
}

/// A time per megabyte, and a minimum time.
fn per_megabyte(bytes: usize, time: Duration, least: Duration) -> Duration {
    let kibibytes = u32::try_from(bytes.div_ceil(1024)).unwrap_or(u32::MAX);
    least.saturating_add((time / 1024).saturating_mul(kibibytes))
}

/// Counts the decompressed bytes: a 1 KiB block may expand to a megabyte, for which the ROM needs seconds.
struct Inflater {
    state: Box<InflateState>,
    total: usize,
}

impl Default for Inflater {
    fn default() -> Self {
        Self {
            state: InflateState::new_boxed(DataFormat::Zlib),
            total: 0,
        }
    }
}

impl Inflater {
    fn count(&mut self, mut block: &[u8]) -> usize {
        let before = self.total;
        let mut output = vec![0; 0x8000];
        loop {
            let result = inflate(&mut self.state, block, &mut output, MZFlush::None);
            self.total = self.total.saturating_add(result.bytes_written);
            block = block.get(result.bytes_consumed..).unwrap_or_default();
            let more = block.is_empty() && result.bytes_written < output.len();
            let stuck = result.bytes_consumed == 0 && result.bytes_written == 0;
            if more || stuck || !matches!(result.status, Ok(MZStatus::Ok)) {
                return self.total.saturating_sub(before);
            }
        }
    }
}

const SECTOR: u32 = 0x1000;
/// Length of a block for the ROM in bytes.
const BLOCK: usize = 0x400;
const BLOCK_WORD: u32 = 0x400;
const READ_BLOCK: usize = 64;
/// Starts a command of the SPI controller; stays set until the command is done.
const START: u32 = 1 << 18;
/// Level 6 of 10: higher levels save little on the line and take much longer.
const COMPRESSION: u8 = 6;

// The times follow the settings of espflash and esptool for slow flash chips.
const ERASE_PER_MEGABYTE: Duration = Duration::from_secs(30);
const ERASE_MIN: Duration = Duration::from_secs(10);
const WRITE_PER_MEGABYTE: Duration = Duration::from_secs(40);
const MD5_PER_MEGABYTE: Duration = Duration::from_secs(8);
const REBOOT_TIMEOUT: Duration = Duration::from_millis(300);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flash_sizes_of_jedec_ids_are_known() {
        let cases = [
            (0x16_40EF, Some(4 << 20)),
            (0x18_40C8, Some(16 << 20)),
            (0x20_40EF, Some(64 << 20)),
            (0x36_65C2, Some(4 << 20)),
            (0xFF_FFFF, None),
            (0, None),
        ];
        for (id, size) in cases {
            assert_eq!(size_of_jedec_id(id), size, "{id:#x}");
        }
    }

    #[test]
    fn inflater_counts_every_byte_block_by_block() {
        let mut bytes = vec![0xFF; 3 << 20];
        for (place, byte) in bytes.iter_mut().enumerate().take(100_000) {
            *byte = u8::try_from(place.wrapping_mul(2_654_435_761) >> 7 & 0xFF).unwrap();
        }
        let compressed = compress_to_vec_zlib(&bytes, COMPRESSION);
        let mut inflater = Inflater::default();
        let sum: usize = compressed.chunks(BLOCK).map(|block| inflater.count(block)).sum();
        assert_eq!((sum, inflater.total), (bytes.len(), bytes.len()));
    }
}
