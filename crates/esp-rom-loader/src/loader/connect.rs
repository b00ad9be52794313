use std::time::{Duration, Instant};

use esp_flash_image::Chip;

use zeroize::Zeroizing;

use super::{FlashState, Loader, SecurityInfo};
use crate::efuse::BurnStage;
use crate::port::Port;
use crate::slip::SlipDecoder;
use crate::{Command, Error, Reset};

/// Settings for connecting to a chip.
///
/// # Examples
///
/// ```
/// use std::time::Duration;
///
/// use esp_rom_loader::{ConnectSettings, Reset};
///
/// let settings = ConnectSettings::new(Reset::Classic).with_deadline(Duration::from_secs(3));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConnectSettings {
    reset: Reset,
    attempts: u8,
    deadline: Duration,
    baud: u32,
}

impl ConnectSettings {
    /// Makes the default settings: 7 attempts within 10 seconds at 115200 baud.
    #[must_use]
    pub const fn new(reset: Reset) -> Self {
        Self {
            reset,
            attempts: 7,
            deadline: Duration::from_secs(10),
            baud: 115_200,
        }
    }

    /// Sets the maximum number of attempts, at least one; each resets the chip.
    #[must_use]
    pub const fn with_attempts(mut self, attempts: u8) -> Self {
        self.attempts = attempts;
        self
    }

    /// Sets the time limit for all attempts.
    #[must_use]
    pub const fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Sets the baud rate at which the port was opened.
    #[must_use]
    pub const fn with_baud(mut self, baud: u32) -> Self {
        self.baud = baud;
        self
    }
}

impl<P: Port> Loader<P> {
    /// Resets a chip into download mode and identifies its type.
    ///
    /// # Errors
    ///
    /// [`Error::NoAnswer`] or [`Error::Garbage`] when no attempt succeeds before the deadline, [`Error::PortGone`],
    /// [`Error::ChipUnknown`].
    pub fn connect(port: P, settings: &ConnectSettings) -> Result<Self, Error> {
        let mut loader = Self {
            port,
            reset: settings.reset,
            decoder: SlipDecoder::default(),
            input: Zeroizing::default(),
            dirty: true,
            baud: settings.baud,
            chip: Chip::Esp32,
            security: None,
            flash: FlashState::default(),
            kept: None,
            burn_stage: BurnStage::default(),
        };
        loader.synchronise(settings)?;
        loader.detect()?;
        if settings.reset == Reset::Usb && !loader.is_secure_download() {
            loader.stop_watchdogs()?;
        }
        Ok(loader)
    }

    fn synchronise(&mut self, settings: &ConnectSettings) -> Result<(), Error> {
        let deadline = Instant::now().checked_add(settings.deadline);
        let mut failure = Error::NoAnswer { command: Command::Sync };
        for attempt in 0..settings.attempts.max(1) {
            // Some boards have a larger capacitor at EN.
            let hold = if attempt % 2 == 0 { SHORT_HOLD } else { LONG_HOLD };
            settings.reset.enter_download(&mut self.port, hold);
            self.dirty = true;
            for _ in 0..SYNCS_PER_ATTEMPT {
                match self.sync() {
                    Ok(()) => return Ok(()),
                    Err(error @ (Error::NoAnswer { .. } | Error::Garbage { .. } | Error::CommandFailed { .. })) => {
                        // Garbage is more informative than the silence after it.
                        if !matches!(failure, Error::Garbage { .. }) {
                            failure = error;
                        }
                    }
                    Err(error) => return Err(error),
                }
                if deadline.is_none_or(|deadline| Instant::now() >= deadline) {
                    return Err(failure);
                }
            }
        }
        Err(failure)
    }

    /// Lets the ROM detect the baud rate; it answers eight times.
    pub(super) fn sync(&mut self) -> Result<(), Error> {
        let mut data = vec![0x07, 0x07, 0x12, 0x20];
        data.resize(36, 0x55);
        let answer = self.exchange(Command::Sync, 0, &data, SYNC_TIMEOUT)?;
        self.checked(Command::Sync, &answer, &[0])?;
        for _ in 1..8 {
            match self.receive(Command::Sync, SYNC_REST_TIMEOUT) {
                Ok(_) => {}
                Err(Error::NoAnswer { .. } | Error::Garbage { .. }) => break,
                Err(error) => return Err(error),
            }
        }
        Ok(())
    }

    fn detect(&mut self) -> Result<(), Error> {
        self.security = match self.security_info() {
            Ok(info) => Some(info),
            // The ESP32 does not support the command, and may not answer.
            Err(Error::CommandFailed { .. } | Error::NoAnswer { .. } | Error::Garbage { .. }) => {
                if self.is_esp32()? {
                    self.chip = Chip::Esp32;
                    return Ok(());
                }
                match self.security_info() {
                    Ok(info) => Some(info),
                    // Refused twice: a mock without the command. A second lost answer is an error, because the chip would
                    // pass for one without protection.
                    Err(Error::CommandFailed { .. }) => None,
                    Err(error) => return Err(error),
                }
            }
            Err(error) => return Err(error),
        };
        if let Some(id) = self.security.as_ref().and_then(SecurityInfo::chip_id) {
            let chip = u16::try_from(id).ok().and_then(Chip::from_image_id);
            self.chip = chip.ok_or(Error::ChipUnknown { id })?;
            return Ok(());
        }
        self.chip = match self.read_register(MAGIC_REGISTER) {
            Ok(magic) => chip_of_magic(magic).ok_or(Error::ChipUnknown { id: magic })?,
            // Only the ESP32-S2 has security info without a chip ID; in secure download mode it reads no registers.
            Err(Error::CommandFailed { .. }) if self.is_secure_download() => Chip::Esp32s2,
            Err(error) => return Err(error),
        };
        Ok(())
    }

    /// Returns whether the magic register is that of an ESP32; a chip that refuses register reads is not one.
    fn is_esp32(&mut self) -> Result<bool, Error> {
        match self.read_register(MAGIC_REGISTER) {
            Ok(magic) => Ok(chip_of_magic(magic) == Some(Chip::Esp32)),
            Err(Error::CommandFailed { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    pub(super) fn security_info(&mut self) -> Result<SecurityInfo, Error> {
        let command = Command::GetSecurityInfo;
        let answer = self.exchange(command, 0, &[], SECURITY_TIMEOUT)?;
        let data = self.checked(command, &answer, &SecurityInfo::LENGTHS)?;
        SecurityInfo::decode(data).ok_or(Error::Garbage {
            command,
            bytes: data.len(),
        })
    }

    /// Changes the baud rate of the chip and of the port.
    ///
    /// # Errors
    ///
    /// [`Error::Baud`] when the chip does not answer at the new rate; connection errors.
    pub fn set_baud(&mut self, baud: u32) -> Result<(), Error> {
        if baud == self.baud {
            return Ok(());
        }
        let mut data = self.rom_baud(baud)?.to_le_bytes().to_vec();
        data.extend_from_slice(&[0; 4]);
        let answer = self.exchange(Command::ChangeBaudrate, 0, &data, super::exchange::TIMEOUT)?;
        self.checked(Command::ChangeBaudrate, &answer, &[0])?;
        let changed = self.port.set_baud_rate(baud);
        changed.map_err(|_| Error::Baud { baud })?;
        self.baud = baud;
        // The chip's UART needs a moment; bytes received meanwhile are noise.
        std::thread::sleep(BAUD_PAUSE);
        self.dirty = true;
        for _ in 0..SYNCS_PER_ATTEMPT {
            match self.sync() {
                Ok(()) => return Ok(()),
                Err(Error::NoAnswer { .. } | Error::Garbage { .. } | Error::CommandFailed { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        Err(Error::Baud { baud })
    }

    /// Returns the number that makes the ROM choose a baud rate: the ROM may assume another crystal than the board has.
    fn rom_baud(&mut self, baud: u32) -> Result<u32, Error> {
        let (expected, crystal) = match self.chip {
            Chip::Esp32c5 => self.crystal_of_esp32c5()?,
            _ => (40, self.crystal_mhz()?),
        };
        Ok(match (expected, crystal) {
            (40, 26) | (40, 48) | (48, 40) => {
                let scaled = u64::from(baud).saturating_mul(u64::from(expected));
                u32::try_from(scaled.checked_div(u64::from(crystal)).unwrap_or(0)).unwrap_or(baud)
            }
            _ => baud,
        })
    }

    /// Returns the crystal frequency that the ROM of an ESP32-C5 assumes, and the actual one by the divider: 40 or 48 MHz.
    fn crystal_of_esp32c5(&mut self) -> Result<(u32, u32), Error> {
        if self.is_secure_download() {
            return Ok((48, 48));
        }
        let expected = self.read_register(PCR_SYSCLK_CONF)?.wrapping_shr(24) & 0x7F;
        let is_fast = self.crystal_hertz(0x6000_0014)? > 45_000_000;
        Ok((expected, if is_fast { 48 } else { 40 }))
    }

    /// Returns the crystal frequency, on chips that support two: from the divider that the ROM detected.
    pub(crate) fn crystal_mhz(&mut self) -> Result<u32, Error> {
        let divider = match self.chip {
            Chip::Esp32 => 0x3FF4_0014,
            Chip::Esp32c2 => 0x6000_0014,
            Chip::Esp32h2 => return Ok(32),
            _ => return Ok(40),
        };
        if self.is_secure_download() {
            return Ok(40);
        }
        let hertz = self.crystal_hertz(divider)?;
        // Far from 26 MHz on both sides; 0 means no divider.
        Ok(if (20_000_000..33_000_000).contains(&hertz) {
            26
        } else {
            40
        })
    }

    /// Returns the approximate crystal frequency, which the ROM divides to get the baud rate.
    fn crystal_hertz(&mut self, divider: u32) -> Result<u64, Error> {
        let divider = u64::from(self.read_register(divider)? & 0xF_FFFF);
        Ok(u64::from(self.baud).saturating_mul(divider))
    }
}

fn chip_of_magic(magic: u32) -> Option<Chip> {
    Some(match magic {
        0x00F0_1D83 => Chip::Esp32,
        0x0000_07C6 => Chip::Esp32s2,
        0x0000_0009 => Chip::Esp32s3,
        0x6921_506F | 0x1B31_506F | 0x4881_606F | 0x4361_606F => Chip::Esp32c3,
        0x6F51_306F | 0x7C41_A06F => Chip::Esp32c2,
        0x1101_406F | 0x63E1_406F | 0x5FD1_406F => Chip::Esp32c5,
        0x2CE0_806F => Chip::Esp32c6,
        0x7211_606F => Chip::Esp32c61,
        0xD7B7_3E80 => Chip::Esp32h2,
        _ => return None,
    })
}

/// The ROM of each chip has a different value here. Values: espflash, `Chip::has_magic_value` (MIT or Apache-2.0).
const MAGIC_REGISTER: u32 = 0x4000_1000;

/// The ESP32-C5 register with the crystal frequency in MHz from bit 24 on. Source: ESP-IDF's `pcr_reg.h`
/// (Apache-2.0).
const PCR_SYSCLK_CONF: u32 = 0x6009_6110;

const SYNCS_PER_ATTEMPT: usize = 5;
const SYNC_TIMEOUT: Duration = Duration::from_millis(100);
const SYNC_REST_TIMEOUT: Duration = Duration::from_millis(50);
const SECURITY_TIMEOUT: Duration = Duration::from_millis(500);
const SHORT_HOLD: Duration = Duration::from_millis(50);
const LONG_HOLD: Duration = Duration::from_millis(550);
const BAUD_PAUSE: Duration = Duration::from_millis(50);
