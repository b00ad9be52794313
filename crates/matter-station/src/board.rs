pub(crate) mod esptool;
pub(crate) mod rom;

use std::fmt;
use std::io::{Read, Write};

use esp_flash_image::{Chip, ChipRevision};
use esp_flash_plan::Step;
use matter_ledger::{ClaimFacts, Mac};

use crate::StationDevice;

/// What a board says of itself before anything is written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BoardFacts {
    /// The chip; `None` for one that is not known.
    pub chip: Option<Chip>,
    /// What the engine calls the chip.
    pub chip_name: String,
    /// The chip's revision.
    pub revision: Option<ChipRevision>,
    /// The base MAC address; `None` for a chip in secure download mode, which does not say it.
    pub mac: Option<[u8; 6]>,
    /// The middle of the EUI-64 address of chips with a radio of IEEE 802.15.4.
    pub mac_extension: Option<[u8; 2]>,
    /// Bytes of flash, as far as the flash chip says it.
    pub flash_size: Option<u32>,
    /// Whether only the commands of secure download mode are left.
    pub is_secure_download: bool,
    /// The chip's security info, or what stands for it, for the record.
    pub security: Option<String>,
}

impl BoardFacts {
    /// Returns the MAC address by which the ledger knows the board.
    #[must_use]
    pub fn ledger_mac(&self) -> Option<Mac> {
        self.mac.map(Mac::from)
    }
}

/// An eFuse step of a plan with the key that it needs.
#[derive(Clone, Copy)]
pub struct EfuseBurn<'b> {
    /// The step.
    pub step: &'b Step,
    /// All of the key file; `None` for a step without one, and where the key is not needed any more.
    pub key: Option<&'b [u8]>,
}

impl fmt::Debug for EfuseBurn<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("EfuseBurn")
            .field("step", &self.step.to_string())
            .finish_non_exhaustive()
    }
}

/// What an eFuse or a key block holds, compared with a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EfuseState {
    /// Nothing of the step.
    Blank,
    /// What the step burns, all of it.
    Burned,
    /// Something that nobody can read, with the step's purpose.
    Hidden,
    /// Something else.
    Other,
    /// A part of what the step burns: the rest can follow.
    Partial,
}

/// A board in download mode. Engines differ in how they talk to it.
pub trait Board {
    /// Asks what it is.
    ///
    /// # Errors
    ///
    /// [`BoardFault`].
    fn identify(&mut self) -> Result<BoardFacts, BoardFault>;

    /// Writes to the flash, whole sectors. `progress` gets the bytes written so far.
    ///
    /// # Errors
    ///
    /// [`BoardFault`].
    fn write(&mut self, offset: u32, bytes: &[u8], progress: &mut dyn FnMut(usize)) -> Result<(), BoardFault>;

    /// Compares a range of the flash with bytes, or with their MD5, which the chip computes.
    ///
    /// # Errors
    ///
    /// [`BoardFault`].
    fn holds(&mut self, offset: u32, bytes: &[u8], md5: &[u8; 16]) -> Result<bool, BoardFault>;

    /// Reads the values of eFuses of one word; `None` for those that the chip does not have.
    ///
    /// # Errors
    ///
    /// [`BoardFault`].
    fn efuse_values(&mut self, names: &[&str]) -> Result<Vec<Option<u32>>, BoardFault>;

    /// Compares the eFuses with steps. Without its key, a block that is not empty is [`EfuseState::Other`].
    ///
    /// # Errors
    ///
    /// [`BoardFault`].
    fn efuse_states(&mut self, burns: &[EfuseBurn<'_>]) -> Result<Vec<EfuseState>, BoardFault>;

    /// Asks for the security info again, for the record.
    ///
    /// # Errors
    ///
    /// [`BoardFault`].
    fn security(&mut self) -> Result<Option<String>, BoardFault> {
        Ok(None)
    }

    /// Burns one step, or those of one key block or key that have to be burned in one go, and reads them back. Of a step that
    /// is [`EfuseState::Partial`] only the rest is burned.
    ///
    /// # Errors
    ///
    /// [`BoardFault`]; [`BoardFault::Efuse`] when the eFuses do not hold what was burned.
    fn burn(&mut self, burns: &[EfuseBurn<'_>]) -> Result<(), BoardFault>;

    /// Lets the board go: it starts its firmware where the wiring can do that.
    fn release(self: Box<Self>) {}

    /// Starts the firmware, and returns the line to it.
    ///
    /// # Errors
    ///
    /// [`BoardFault::Unsuited`] when the engine has no such line.
    fn start_firmware(self: Box<Self>) -> Result<Box<dyn Channel + Send>, BoardFault> {
        Err(BoardFault::Unsuited("this engine cannot talk to the firmware".into()))
    }
}

/// A line to the firmware of a board. Reading ends with an error of the kind `TimedOut` when nothing comes.
pub trait Channel: Read + Write {}

impl<T: Read + Write + ?Sized> Channel for T {}

/// What the firmware of a board does between the writing of the flash and the burning of keys, such as making the key of its DAC
/// and getting the certificate. It may be done again after a power cut.
pub trait FirmwareStep: Send + Sync {
    /// Does it, and returns facts for the record.
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

/// Why the firmware has not done its part.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum FirmwareFault {
    /// It may go well the next time: nobody answers, or somebody is away.
    Later(String),
    /// Another board is at the port.
    OtherBoard(String),
    /// It was refused, and will be.
    Refused(String),
}

/// Gets a board at a port into download mode, again after it was lost.
pub trait Connect: Send + Sync {
    /// Connects.
    ///
    /// # Errors
    ///
    /// [`BoardFault`].
    fn connect(&self) -> Result<Box<dyn Board + Send>, BoardFault>;

    /// Returns what the port is called.
    fn name(&self) -> String;
}

/// Why a board did not do what was asked. The text is for people.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum BoardFault {
    /// An eFuse does not hold what was burned, or the coding of its block shows an error.
    Efuse(String),
    /// It answers with an error.
    Error(String),
    /// It answers with what is no answer.
    Garbage(String),
    /// The port is not there, or another program has it.
    Port(String),
    /// It does not answer.
    Silent(String),
    /// It stays behind in the middle of a command.
    Stuck(String),
    /// The engine cannot do this with this chip, or its program is missing.
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
