use core::fmt;
use std::io::{self, Read, Write};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use esp_flash_image::{Chip, ChipRevision, FlashSize};

use crate::board::{App, Board};
use crate::serve::serve;
use crate::state::StateFile;
use crate::{Error, Fault, ServeEnd, SimPort};

/// A board with a virtual chip in download mode. Its clones are the same board.
///
/// # Examples
///
/// ```
/// use std::io::{Read, Write};
///
/// use esp_chip_sim::ChipSim;
/// use esp_flash_image::Chip;
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
    /// Makes a new chip with 4 MiB of erased flash, of a revision that is sold today, and without any fault.
    ///
    /// # Errors
    ///
    /// [`Error::ChipUnknown`] for chips whose eFuses are not known.
    pub fn new(chip: Chip, mac: [u8; 6]) -> Result<Self, Error> {
        let board = Arc::new(Mutex::new(Board::new(chip, mac)?));
        Ok(Self { board })
    }

    /// Sets the chip's revision. As all that follows it makes the chip anew, so that it comes before the first use.
    #[must_use]
    pub fn with_revision(self, revision: ChipRevision) -> Self {
        self.change(|board| board.revision = revision)
    }

    /// Sets the last two bytes of the EUI-64 of chips that have one; FF:FE unless it is called.
    #[must_use]
    pub fn with_mac_extension(self, extension: [u8; 2]) -> Self {
        self.change(|board| board.mac_extension = extension)
    }

    /// Sets the size of the flash.
    #[must_use]
    pub fn with_flash_size(self, size: FlashSize) -> Self {
        self.change(|board| board.flash.resize(size.get()))
    }

    /// Gives the chip a fault.
    #[must_use]
    pub fn with_fault(self, fault: Fault) -> Self {
        self.change(|board| board.fault = fault)
    }

    /// Sets the seed of whatever a faulty chip does at random; 0 unless it is called.
    #[must_use]
    pub fn with_seed(self, seed: u64) -> Self {
        self.change(|board| board.seed = seed)
    }

    /// Keeps flash and eFuses in a file, and takes them from there if it exists. Called last.
    ///
    /// Every burn is on the disk before it is answered: a process that is killed is a chip that loses its power.
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

    /// Gives the chip firmware: once it has left the ROM, bytes from the station go to `app`, and what it returns goes to the
    /// station. It is called without bytes when the station listens.
    ///
    /// The chip leaves the ROM when the end of a transfer or a reset says so. It comes back by a reset into download mode, and,
    /// on a line without signals, when a SYNC arrives.
    #[must_use]
    pub fn with_app(self, app: impl FnMut(&[u8]) -> Vec<u8> + Send + 'static) -> Self {
        let app: App = Box::new(app);
        lock(&self.board).app = Some(app);
        self
    }

    /// Opens the station's end of the serial line. A port that was open is gone then.
    ///
    /// The port of a chip that has died fails at once.
    #[must_use]
    pub fn port(&self) -> SimPort {
        SimPort::new(&self.board)
    }

    /// Works for a station over a channel, as a socket or a [`Pty`](crate::Pty), until one of them is gone.
    ///
    /// A read that fails with [`io::ErrorKind::WouldBlock`] or [`io::ErrorKind::TimedOut`] is tried again.
    ///
    /// # Errors
    ///
    /// Those of the channel.
    pub fn serve(&self, channel: &mut (impl Read + Write)) -> io::Result<ServeEnd> {
        serve(&self.board, channel)
    }

    /// Takes the power away and gives it back: the chip is in its ROM again, with what flash and eFuses hold.
    pub fn power_cut(&self) {
        lock(&self.board).power_cut();
    }

    /// Returns the chip that it says to be.
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

    /// Returns the whole flash as it reads.
    #[must_use]
    pub fn flash(&self) -> Vec<u8> {
        let board = lock(&self.board);
        board.flash.bytes(0, board.flash.size())
    }

    /// Returns what an eFuse field holds, whatever protects it; 0 where the chip has no such field.
    #[must_use]
    pub fn efuse(&self, name: &str) -> u32 {
        lock(&self.board).efuses.value(name)
    }

    /// Returns a block of eFuses, by one of its names, as it was burned, whatever protects it.
    #[must_use]
    pub fn efuse_block(&self, name: &str) -> Option<Vec<u8>> {
        let board = lock(&self.board);
        let block = board.efuses.map().block(name)?;
        let cells = board.efuses.blocks().get(usize::from(block.index))?;
        let words = cells.words.iter().take(block.words.into());
        Some(words.flat_map(|word| word.to_le_bytes()).collect())
    }

    /// Returns how often eFuses were burned.
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

    /// Tells whether download mode is restricted or switched off, from the next reset on at the latest.
    #[must_use]
    pub fn is_locked(&self) -> bool {
        lock(&self.board).is_locked()
    }

    /// Tells whether the chip is gone for ever.
    #[must_use]
    pub fn is_dead(&self) -> bool {
        lock(&self.board).is_dead
    }

    /// Returns about how many bytes of memory the chip takes.
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

/// How often eFuses of a chip were burned by its station.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Burns {
    /// How many commands have burned anything.
    pub commands: u32,
    /// For each block, how many of them have burned something in it.
    pub blocks: Vec<u32>,
    /// The numbers of the blocks other than BLOCK0 that were burned more than once, which ruins the codes of most chips.
    pub double_blocks: Vec<u8>,
    /// The bits of BLOCK0 that were burned when they were burned already.
    pub double_bits: Vec<u16>,
}

impl Burns {
    /// Tells whether anything was burned twice.
    #[must_use]
    pub fn double_burn(&self) -> bool {
        !self.double_blocks.is_empty() || !self.double_bits.is_empty()
    }
}

/// Locks a board. A thread that has panicked leaves it as a chip that was interrupted.
pub(crate) fn lock(board: &Mutex<Board>) -> MutexGuard<'_, Board> {
    board.lock().unwrap_or_else(PoisonError::into_inner)
}
