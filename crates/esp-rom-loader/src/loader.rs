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
/// Every call finishes in bounded time, regardless of what the other side sends.
pub struct Loader<P = Box<dyn Port + Send>> {
    port: P,
    reset: Reset,
    decoder: SlipDecoder,
    /// Received bytes that are not yet decoded.
    input: Zeroizing<Vec<u8>>,
    /// Whether late answers may still arrive.
    dirty: bool,
    baud: u32,
    chip: Chip,
    security: Option<SecurityInfo>,
    flash: FlashState,
    /// The eFuses as read, cached between burns.
    pub(crate) kept: Option<KeptEfuses>,
    /// The stage of the last burn.
    pub(crate) burn_stage: BurnStage,
}

/// Shows no received bytes, which may be secret.
impl<P> fmt::Debug for Loader<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut debug = f.debug_struct("Loader");
        debug
            .field("chip", &self.chip)
            .field("baud", &self.baud)
            .finish_non_exhaustive()
    }
}

/// The state of the flash setup.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct FlashState {
    attached: bool,
    /// The flash size in bytes, once requested; `Some(None)` if the flash chip does not report it.
    size: Option<Option<u32>>,
}

impl<P: Port> Loader<P> {
    /// Returns the chip.
    #[must_use]
    pub const fn chip(&self) -> Chip {
        self.chip
    }

    /// Returns the security info, which the ESP32 does not have.
    #[must_use]
    pub const fn security(&self) -> Option<&SecurityInfo> {
        self.security.as_ref()
    }

    /// Returns whether secure download mode is on: MAC, eFuses and flash cannot be read then.
    #[must_use]
    pub fn is_secure_download(&self) -> bool {
        self.security.as_ref().is_some_and(SecurityInfo::is_secure_download)
    }

    /// Reads a 32-bit register.
    ///
    /// # Errors
    ///
    /// [`Error::CommandFailed`] in secure download mode; connection errors.
    pub fn read_register(&mut self, address: u32) -> Result<u32, Error> {
        let answer = self.exchange(Command::ReadReg, 0, &address.to_le_bytes(), exchange::TIMEOUT)?;
        self.checked(Command::ReadReg, &answer, &[0])?;
        Ok(answer.value)
    }

    /// Writes a 32-bit register.
    ///
    /// # Errors
    ///
    /// [`Error::CommandFailed`] in secure download mode; connection errors.
    pub fn write_register(&mut self, address: u32, value: u32) -> Result<(), Error> {
        // The value may be part of a key.
        let mut data = Zeroizing::new(Vec::with_capacity(16));
        // Address, value, mask, and delay in microseconds (esptool, "Serial Protocol").
        for word in [address, value, u32::MAX, 0] {
            data.extend_from_slice(&word.to_le_bytes());
        }
        let answer = self.exchange(Command::WriteReg, 0, &data, exchange::TIMEOUT)?;
        self.checked(Command::WriteReg, &answer, &[0]).map(drop)
    }

    /// Changes the bits of a register that are set in `mask`.
    pub(crate) fn update_register(&mut self, address: u32, mask: u32, value: u32) -> Result<(), Error> {
        let old = self.read_register(address)?;
        self.write_register(address, old & !mask | value & mask)
    }

    /// Reads the security info again, for example after enabling secure download mode.
    ///
    /// # Errors
    ///
    /// [`Error::CommandFailed`] from an ESP32, which has no security info; connection errors.
    pub fn read_security(&mut self) -> Result<&SecurityInfo, Error> {
        let info = self.security_info()?;
        Ok(self.security.insert(info))
    }

    /// Leaves download mode, starts the firmware, sets 115200 baud, and returns the port.
    ///
    /// The chip is reset by the port's signals or, without signals, by a ROM command.
    ///
    /// # Errors
    ///
    /// Connection errors.
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

/// The default baud rate of ESP-IDF's console.
const FIRMWARE_BAUD: u32 = 115_200;
