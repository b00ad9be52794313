use core::fmt;
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use esp_flash_image::{Chip, ChipRevision, FlashSize};

use crate::board::{App, Board};
use crate::serve::serve;
use crate::state::StateFile;
use crate::{Error, Fault, ServeEnd, SimPort};

/// A board with a virtual chip in download mode. Clones refer to the same board.
///
/// # Examples
///
/// ```
/// use std::io::{Read, Write};
///
/// use esp_chip_sim::ChipSim;
/// use esp_chip_sim::esp_flash_image::Chip;
///
/// let sim = ChipSim::new(Chip::Esp32c3, [0x60, 0x55, 0xf9, 0, 0, 1])?;
/// let mut port = sim.port();
/// // SYNC, and the first of its eight answers.
/// let mut frame = vec![0xC0, 0, 8, 36, 0, 0, 0, 0, 0, 7, 7, 0x12, 0x20];
/// frame.extend([0x55; 32]);
/// frame.push(0xC0);
/// port.write_all(&frame)?;
/// let mut answer = [0; 14];
/// port.read_exact(&mut answer)?;
/// assert_eq!(answer, [0xC0, 1, 8, 4, 0, 7, 7, 0x12, 0x20, 0, 0, 0, 0, 0xC0]);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone)]
pub struct ChipSim {
    pub(crate) board: Arc<Mutex<Board>>,
}

impl ChipSim {
    /// Makes a new chip with 4 MiB of erased flash, a currently sold revision, and no fault.
    ///
    /// # Errors
    ///
    /// [`Error::ChipUnknown`] for unsupported chips.
    pub fn new(chip: Chip, mac: [u8; 6]) -> Result<Self, Error> {
        let board = Arc::new(Mutex::new(Board::new(chip, mac)?));
        Ok(Self { board })
    }

    /// Sets the chip revision. Like all methods below, it makes a new chip, so call it before the first use.
    #[must_use]
    pub fn with_revision(self, revision: ChipRevision) -> Self {
        self.change(|board| board.revision = revision)
    }

    /// Sets the last two bytes of the EUI-64, on chips that have one; the default is FF:FE.
    #[must_use]
    pub fn with_mac_extension(self, extension: [u8; 2]) -> Self {
        self.change(|board| board.mac_extension = extension)
    }

    /// Sets the size of the flash.
    #[must_use]
    pub fn with_flash_size(self, size: FlashSize) -> Self {
        self.change(|board| board.flash.resize(size.get()))
    }

    /// Sets the fault.
    #[must_use]
    pub fn with_fault(self, fault: Fault) -> Self {
        self.change(|board| board.fault = fault)
    }

    /// Sets the seed for the random behavior of a faulty chip; the default is 0.
    #[must_use]
    pub fn with_seed(self, seed: u64) -> Self {
        self.change(|board| board.seed = seed)
    }

    /// Stores flash and eFuses in a file, and loads them if it exists. Call it last.
    ///
    /// Every burn is on disk before it is answered: killing the process is like cutting the power.
    ///
    /// # Errors
    ///
    /// [`Error::StateFile`], [`Error::StateFormat`], [`Error::StateInUse`] or [`Error::StateOfOther`].
    pub fn with_state_file(self, file: &Path) -> Result<Self, Error> {
        let mut board = lock(&self.board);
        board.file = Some(StateFile::open(file, &mut board)?);
        board.power_cut();
        drop(board);
        Ok(self)
    }

    /// Sets the firmware: after the chip has left the ROM, bytes from the station are passed to `app`, and its result is
    /// sent to the station. It is called without bytes when the station listens.
    ///
    /// The chip leaves the ROM when the end of a transfer or a reset requests it. It returns to the ROM by a reset into
    /// download mode or, on a line without signals, by a SYNC.
    #[must_use]
    pub fn with_app(self, app: impl FnMut(&[u8]) -> Vec<u8> + Send + 'static) -> Self {
        let app: App = Box::new(app);
        lock(&self.board).app = Some(app);
        self
    }

    /// Opens the station's end of the serial line. It replaces a port that was open.
    ///
    /// The port of a dead chip fails immediately.
    #[must_use]
    pub fn port(&self) -> SimPort {
        SimPort::new(&self.board)
    }

    /// Serves a station over a channel, such as a socket or a [`Pty`](crate::Pty), until one of them is gone.
    ///
    /// A read that fails with [`io::ErrorKind::WouldBlock`] or [`io::ErrorKind::TimedOut`] is retried.
    ///
    /// # Errors
    ///
    /// The errors of the channel.
    pub fn serve(&self, channel: &mut (impl Read + Write)) -> io::Result<ServeEnd> {
        serve(&self.board, channel)
    }

    /// Cuts the power and restores it: the chip restarts in the ROM, with its flash and eFuses.
    pub fn power_cut(&self) {
        lock(&self.board).power_cut();
    }

    /// Returns the chip type that it reports.
    #[must_use]
    pub fn chip(&self) -> Chip {
        lock(&self.board).chip
    }

    /// Returns the MAC address.
    #[must_use]
    pub fn mac(&self) -> [u8; 6] {
        lock(&self.board).mac
    }

    /// Returns the fault.
    #[must_use]
    pub fn fault(&self) -> Fault {
        lock(&self.board).fault
    }

    /// Returns the whole flash content, as read.
    #[must_use]
    pub fn flash(&self) -> Vec<u8> {
        let board = lock(&self.board);
        board.flash.bytes(0, board.flash.size())
    }

    /// Returns the value of an eFuse field, ignoring read protection; 0 if the chip has no such field.
    #[must_use]
    pub fn efuse(&self, name: &str) -> u32 {
        lock(&self.board).efuses.value(name)
    }

    /// Returns the burned content of an eFuse block, by one of its names, ignoring read protection.
    #[must_use]
    pub fn efuse_block(&self, name: &str) -> Option<Vec<u8>> {
        let board = lock(&self.board);
        let block = board.efuses.map().block(name)?;
        let cells = board.efuses.blocks().get(usize::from(block.index))?;
        let words = cells.words.iter().take(block.words.into());
        Some(words.flat_map(|word| word.to_le_bytes()).collect())
    }

    /// Returns the burn counters.
    #[must_use]
    pub fn burns(&self) -> Burns {
        let board = lock(&self.board);
        let blocks = board.efuses.blocks();
        Burns {
            commands: board.efuses.burns(),
            blocks: blocks.iter().map(|cells| cells.burns).collect(),
            double_blocks: board.efuses.double_burns(),
            double_bits: blocks
                .first()
                .map(|cells| cells.again.iter().copied().collect())
                .unwrap_or_default(),
        }
    }

    /// Returns whether download mode is restricted or disabled, at the latest from the next reset on.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        lock(&self.board).is_locked()
    }

    /// Returns whether the chip is permanently dead.
    #[must_use]
    pub fn is_dead(&self) -> bool {
        lock(&self.board).is_dead
    }

    /// Returns the approximate memory use of the chip in bytes.
    #[must_use]
    pub fn footprint(&self) -> usize {
        let board = lock(&self.board);
        size_of::<Board>()
            .saturating_add(board.flash.footprint())
            .saturating_add(size_of_val(board.efuses.blocks()))
    }

    fn change(self, change: impl FnOnce(&mut Board)) -> Self {
        let mut board = lock(&self.board);
        change(&mut board);
        board.make();
        drop(board);
        self
    }
}

impl fmt::Debug for ChipSim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        lock(&self.board).fmt(f)
    }
}

/// Counters of a station's eFuse burns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Burns {
    /// Number of commands that burned anything.
    pub commands: u32,
    /// Number of such commands for each block.
    pub blocks: Vec<u32>,
    /// Blocks other than BLOCK0 that were burned more than once, which corrupts the coding on most chips.
    pub double_blocks: Vec<u8>,
    /// Bits of BLOCK0 that were burned again.
    pub double_bits: Vec<u16>,
}

impl Burns {
    /// Returns whether anything was burned more than once.
    #[must_use]
    pub fn double_burn(&self) -> bool {
        !self.double_blocks.is_empty() || !self.double_bits.is_empty()
    }
}

/// Locks a board. A panic of another thread is treated as an interruption of the chip.
pub(crate) fn lock(board: &Mutex<Board>) -> MutexGuard<'_, Board> {
    board.lock().unwrap_or_else(PoisonError::into_inner)
}
