pub(crate) mod esptool;
pub(crate) mod rom;

use std::fmt;
use std::io::{Read, Write};

use esp_flash_image::{Chip, ChipRevision};
use esp_flash_plan::Step;
use matter_ledger::{ClaimFacts, Mac};

use crate::StationDevice;

/// The properties that a board reports before anything is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BoardFacts {
    /// The chip; `None` if unknown.
    pub chip: Option<Chip>,
    /// The engine's name of the chip.
    pub chip_name: String,
    /// The chip's revision.
    pub revision: Option<ChipRevision>,
    /// The base MAC address; `None` in secure download mode, where it cannot be read.
    pub mac: Option<[u8; 6]>,
    /// The middle bytes of the EUI-64 address, on chips with an IEEE 802.15.4 radio.
    pub mac_extension: Option<[u8; 2]>,
    /// The flash size in bytes, if the flash chip reports it.
    pub flash_size: Option<u32>,
    /// Whether the chip is in secure download mode.
    pub is_secure_download: bool,
    /// The chip's security info or a substitute, for the record.
    pub security: Option<String>,
}

impl BoardFacts {
    /// Returns the MAC address used for the board in the ledger.
    #[must_use]
    pub fn ledger_mac(&self) -> Option<Mac> {
        self.mac.map(Mac::from)
    }
}

/// An eFuse step of a plan with its key.
#[derive(Clone, Copy)]
pub struct EfuseBurn<'b> {
    /// The step.
    pub step: &'b Step,
    /// The whole key file; `None` for a step without one, or if the key is no longer needed.
    pub key: Option<&'b [u8]>,
}

impl fmt::Debug for EfuseBurn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EfuseBurn")
            .field("step", &self.step.to_string())
            .finish_non_exhaustive()
    }
}

/// The state of an eFuse or key block, compared with a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EfuseState {
    /// Nothing is burned.
    Blank,
    /// The step is completely burned.
    Burned,
    /// The content is read-protected, with the step's purpose.
    Hidden,
    /// Something else is burned.
    Other,
    /// The step is partially burned; the rest can follow.
    Partial,
}

/// A board in download mode. Engines differ in how they communicate with it.
pub trait Board {
    /// Identifies the board.
    ///
    /// # Errors
    ///
    /// [`BoardFault`].
    fn identify(&mut self) -> Result<BoardFacts, BoardFault>;

    /// Writes whole sectors to the flash. `progress` receives the number of bytes written so far.
    ///
    /// # Errors
    ///
    /// [`BoardFault`].
    fn write(&mut self, offset: u32, bytes: &[u8], progress: &mut dyn FnMut(usize)) -> Result<(), BoardFault>;

    /// Returns whether a flash range holds bytes, by comparison or by their MD5, which the chip computes.
    ///
    /// # Errors
    ///
    /// [`BoardFault`].
    fn holds(&mut self, offset: u32, bytes: &[u8], md5: &[u8; 16]) -> Result<bool, BoardFault>;

    /// Reads the values of eFuses; `None` for those that the chip does not have.
    ///
    /// # Errors
    ///
    /// [`BoardFault`].
    fn efuse_values(&mut self, names: &[&str]) -> Result<Vec<Option<u32>>, BoardFault>;

    /// Compares the eFuses with steps. Without its key, a non-empty block is [`EfuseState::Other`].
    ///
    /// # Errors
    ///
    /// [`BoardFault`].
    fn efuse_states(&mut self, burns: &[EfuseBurn<'_>]) -> Result<Vec<EfuseState>, BoardFault>;

    /// Reads the security info again, for the record.
    ///
    /// # Errors
    ///
    /// [`BoardFault`].
    fn security(&mut self) -> Result<Option<String>, BoardFault> {
        Ok(None)
    }

    /// Burns one step, or the steps of a key block or key that must be burned together, and reads them back. For a step in
    /// state [`EfuseState::Partial`], only the rest is burned.
    ///
    /// # Errors
    ///
    /// [`BoardFault`]; [`BoardFault::Efuse`] when the eFuses do not read back as burned.
    fn burn(&mut self, burns: &[EfuseBurn<'_>]) -> Result<(), BoardFault>;

    /// Releases the board, and starts its firmware if the wiring allows it.
    fn release(self: Box<Self>) {}

    /// Starts the firmware, and returns the channel to it.
    ///
    /// # Errors
    ///
    /// [`BoardFault::Unsuited`] when the engine has no such channel.
    fn start_firmware(self: Box<Self>) -> Result<Box<dyn Channel + Send>, BoardFault> {
        Err(BoardFault::Unsuited(
            "this engine cannot communicate with the firmware".into(),
        ))
    }
}

/// A channel to the firmware of a board. A read without data fails with the kind `TimedOut`.
pub trait Channel: Read + Write {}

impl<T: Read + Write + ?Sized> Channel for T {}

/// The firmware's task between writing the flash and burning the keys, such as making the DAC key and requesting the
/// certificate. It may be repeated after a power cut.
pub trait FirmwareStep: Send + Sync {
    /// Performs the task, and returns facts for the record.
    ///
    /// # Errors
    ///
    /// [`FirmwareFault`].
    fn run(
        &self,
        slot: &str,
        device: &StationDevice,
        mac: Mac,
        channel: &mut dyn Channel,
    ) -> Result<ClaimFacts, FirmwareFault>;
}

/// A failure of the firmware step.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FirmwareFault {
    /// It may succeed later: the board does not answer, or a service is unavailable.
    Later(String),
    /// Another board is at the port.
    OtherBoard(String),
    /// It was refused permanently.
    Refused(String),
}

/// Connects to a board at a port in download mode, repeatedly if necessary.
pub trait Connect: Send + Sync {
    /// Connects.
    ///
    /// # Errors
    ///
    /// [`BoardFault`].
    fn connect(&self) -> Result<Box<dyn Board + Send>, BoardFault>;

    /// Returns the name of the port.
    fn name(&self) -> String;
}

/// A failure of a board operation. The text is for people.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BoardFault {
    /// An eFuse does not read back as burned, or its block has a coding error.
    Efuse(String),
    /// The board reports an error.
    Error(String),
    /// The received data are not a valid answer.
    Garbage(String),
    /// The port does not exist, or another program uses it.
    Port(String),
    /// The board does not answer.
    Silent(String),
    /// The board stopped answering during a command.
    Stuck(String),
    /// The engine does not support this on this chip, or its program is missing.
    Unsuited(String),
}

impl fmt::Display for BoardFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (Self::Efuse(text)
        | Self::Error(text)
        | Self::Garbage(text)
        | Self::Port(text)
        | Self::Silent(text)
        | Self::Stuck(text)
        | Self::Unsuited(text)) = self;
        f.write_str(text)
    }
}

impl core::error::Error for BoardFault {}
