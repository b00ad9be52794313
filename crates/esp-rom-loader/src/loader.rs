//! The connection to one chip.

mod connect;
mod exchange;
mod flash;
mod identity;
mod watchdog;

use std::fmt;

use esp_flash_image::Chip;
use zeroize::Zeroizing;

pub use connect::ConnectSettings;
pub use identity::{BoardIdentity, SecurityInfo};

use crate::efuse::{BurnStage, KeptEfuses};
use crate::port::Port;
use crate::slip::SlipDecoder;
use crate::{Command, Error, Reset};

/// A chip in download mode.
///
/// Every call ends in a bounded time, whatever the other side sends.
pub struct Loader<P = Box<dyn Port + Send>> {
    port: P,
    reset: Reset,
    decoder: SlipDecoder,
    /// What was read and not yet decoded.
    input: Zeroizing<Vec<u8>>,
    /// Whether late answers may be on their way.
    dirty: bool,
    baud: u32,
    chip: Chip,
    security: Option<SecurityInfo>,
    flash: FlashState,
    /// What was read of the eFuses, between two burns.
    pub(crate) kept: Option<KeptEfuses>,
    /// The stage of the last burn.
    pub(crate) burn_stage: BurnStage,
}

/// Without what arrived and waits to be decoded.
impl<P> fmt::Debug for Loader<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Loader");
        debug
            .field("chip", &self.chip)
            .field("baud", &self.baud)
            .finish_non_exhaustive()
    }
}

/// What was done to reach the flash.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct FlashState {
    attached: bool,
    /// The bytes of the flash chip, once they were asked for; `Some(None)` when it does not tell.
    size: Option<Option<u32>>,
}

impl<P: Port> Loader<P> {
    /// Returns the chip.
    #[must_use]
    pub const fn chip(&self) -> Chip {
        self.chip
    }

    /// Returns the security info; the ESP32 has none.
    #[must_use]
    pub const fn security(&self) -> Option<&SecurityInfo> {
        self.security.as_ref()
    }

    /// Tells whether secure download mode is on: then neither MAC nor eFuses nor flash can be read.
    #[must_use]
    pub fn is_secure_download(&self) -> bool {
        self.security.as_ref().is_some_and(SecurityInfo::is_secure_download)
    }

    /// Reads a register of 32 bits.
    ///
    /// # Errors
    ///
    /// [`Error::CommandFailed`] in secure download mode; errors of the connection.
    pub fn read_register(&mut self, address: u32) -> Result<u32, Error> {
        let answer = self.exchange(Command::ReadReg, 0, &address.to_le_bytes(), exchange::TIMEOUT)?;
        self.checked(Command::ReadReg, &answer, &[0])?;
        Ok(answer.value)
    }

    /// Writes a register of 32 bits.
    ///
    /// # Errors
    ///
    /// [`Error::CommandFailed`] in secure download mode; errors of the connection.
    pub fn write_register(&mut self, address: u32, value: u32) -> Result<(), Error> {
        // It may be a word of a key.
        let mut data = Zeroizing::new(Vec::with_capacity(16));
        for word in [address, value, u32::MAX, 0] {
            data.extend_from_slice(&word.to_le_bytes());
        }
        let answer = self.exchange(Command::WriteReg, 0, &data, exchange::TIMEOUT)?;
        self.checked(Command::WriteReg, &answer, &[0]).map(drop)
    }

    /// Changes some bits of a register.
    pub(crate) fn update_register(&mut self, address: u32, mask: u32, value: u32) -> Result<(), Error> {
        let old = self.read_register(address)?;
        self.write_register(address, old & !mask | value & mask)
    }

    /// Asks for the security info again, as after secure download mode was turned on.
    ///
    /// # Errors
    ///
    /// [`Error::CommandFailed`] from an ESP32, which has none; errors of the connection.
    pub fn read_security(&mut self) -> Result<&SecurityInfo, Error> {
        let info = self.security_info()?;
        Ok(self.security.insert(info))
    }

    /// Leaves download mode for the firmware, at 115200 baud, and returns the port.
    ///
    /// The chip is reset by the signals of the port or, where there are none, by a command of the ROM.
    ///
    /// # Errors
    ///
    /// Errors of the connection.
    pub fn run(mut self) -> Result<P, Error> {
        if !self.reset.run(&mut self.port) {
            self.reboot()?;
        }
        let failed = self.port.set_baud_rate(FIRMWARE_BAUD);
        failed.map_err(|error| self.gone(&error))?;
        Ok(self.port)
    }

    /// Returns the port; the chip stays in download mode.
    #[must_use]
    pub fn into_port(self) -> P {
        self.port
    }

    fn gone(&self, error: &std::io::Error) -> Error {
        Error::PortGone {
            name: self.port.name(),
            kind: error.kind(),
        }
    }
}

/// The baud rate of ESP-IDF's console.
const FIRMWARE_BAUD: u32 = 115_200;
