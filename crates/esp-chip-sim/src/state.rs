//! The state file of a chip: data that survives a power cut and the end of the process.
//!
//! ```text
//! record
//! +--------------------------+ 0
//! | kind                     |
//! | u32 length               | 1
//! | u32 FNV-1a of these      | 5
//! +--------------------------+ 9
//! | content                  |
//! +--------------------------+
//! | u32 FNV-1a of all before |
//! +--------------------------+ the next record
//! ```
//!
//! Records are appended; the last record of a kind is valid. A last record that a killed process did not finish is
//! discarded; any other incomplete data is an error. Numbers are little-endian.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use factory_fs::{TryLock, try_lock};

use crate::Error;
use crate::board::Board;
use crate::efuse::Cells;

/// The owner of the state: chip name and MAC address. The first record.
const CHIP: u8 = b'C';
/// All eFuses, and the progress of the fault.
const EFUSES: u8 = b'E';
/// A flash sector with its content.
const SECTOR: u8 = b'S';
/// An erased flash sector.
const ERASED: u8 = b'X';
/// Length in bytes of a record header, and of a checksum.
const HEADER: usize = 9;
const SUM: usize = 4;
/// "None" where a number is expected.
const NOTHING: u32 = u32::MAX;

/// The open file.
#[derive(Debug)]
pub(crate) struct StateFile {
    file: File,
}

impl StateFile {
    /// Opens or creates the file, and loads its content into the board.
    pub(crate) fn open(path: &Path, board: &mut Board) -> Result<Self, Error> {
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(path)?;
        if try_lock(&file)? == TryLock::Busy {
            return Err(Error::StateInUse);
        }
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let mut rest = &*bytes;
        let mut is_first = true;
        let mut good = 0;
        while let Some((kind, content, after)) = split(rest)? {
            match kind {
                CHIP if is_first && content == identity(board) => {}
                CHIP if is_first => return Err(Error::StateOfOther),
                EFUSES if !is_first => restore_efuses(content, board).ok_or(Error::StateFormat)?,
                SECTOR | ERASED if !is_first => restore_sector(content, board).ok_or(Error::StateFormat)?,
                _ => return Err(Error::StateFormat),
            }
            is_first = false;
            rest = after;
            good = bytes.len().saturating_sub(rest.len());
        }
        if is_first && bytes.first().is_some_and(|kind| *kind != CHIP) {
            return Err(Error::StateFormat);
        }
        let good = u64::try_from(good).map_err(|_| Error::StateFormat)?;
        file.set_len(good)?;
        file.seek(SeekFrom::Start(good))?;
        board.flash.note_changes();
        let mut state = Self { file };
        if is_first {
            state.append(CHIP, &identity(board))?;
            state.keep(board, true)?;
        }
        Ok(state)
    }

    /// Appends the changes; eFuses, which cannot be burned again, are on disk before the chip answers. After an error the
    /// file may end with an incomplete record, and nothing may be appended.
    pub(crate) fn keep(&mut self, board: &mut Board, is_burn: bool) -> io::Result<()> {
        let mut changes = Vec::new();
        for (sector, cells) in board.flash.take_changes() {
            let mut content = sector.to_le_bytes().to_vec();
            content.extend_from_slice(cells.map_or(&[], |cells| cells));
            push(cells.map_or(ERASED, |_| SECTOR), &content, &mut changes);
        }
        if is_burn {
            push(EFUSES, &efuses(board), &mut changes);
        }
        self.file.write_all(&changes)?;
        if is_burn {
            self.file.sync_data()?;
        }
        Ok(())
    }

    fn append(&mut self, kind: u8, content: &[u8]) -> io::Result<()> {
        let mut record = Vec::new();
        push(kind, content, &mut record);
        self.file.write_all(&record)
    }
}

fn identity(board: &Board) -> Vec<u8> {
    let mut content = board.mac.to_vec();
    content.extend_from_slice(board.made_as.name().as_bytes());
    content
}

fn efuses(board: &Board) -> Vec<u8> {
    let mut content = vec![u8::from(board.is_dead), u8::from(board.is_spent)];
    let (block, word, bits) = board.efuses.stuck().unwrap_or_default();
    let number = |index: usize| u32::try_from(index).unwrap_or(NOTHING);
    let bad_cell = board.flash.bad_cell().unwrap_or(NOTHING);
    for value in [board.efuses.burns(), bad_cell, number(block), number(word), bits] {
        content.extend(value.to_le_bytes());
    }
    for cells in board.efuses.blocks() {
        cells.words.iter().for_each(|word| content.extend(word.to_le_bytes()));
        content.extend(cells.check);
        content.extend(cells.burns.to_le_bytes());
        content.extend(number(cells.again.len()).to_le_bytes());
        cells.again.iter().for_each(|bit| content.extend(bit.to_le_bytes()));
    }
    content
}

fn restore_efuses(content: &[u8], board: &mut Board) -> Option<()> {
    let mut content = Content(content);
    let [dead, spent] = content.take()?;
    let (burns, bad_cell) = (content.number()?, content.number()?);
    let place = (content.index()?, content.index()?, content.number()?);
    let mut blocks = Vec::new();
    for _ in board.efuses.blocks() {
        let mut cells = Cells::default();
        for word in &mut cells.words {
            *word = content.number()?;
        }
        cells.check = content.take()?;
        cells.burns = content.number()?;
        let count = content.index()?;
        let mut again = BTreeSet::new();
        for _ in 0..count {
            again.insert(u16::from_le_bytes(content.take()?));
        }
        cells.again = again;
        blocks.push(cells);
    }
    board.is_dead = dead != 0;
    board.is_spent = spent != 0;
    board.flash.set_bad_cell(Some(bad_cell).filter(|cell| *cell != NOTHING));
    let (_, _, bits) = place;
    let is_restored = board.efuses.restore(blocks, burns, Some(place).filter(|_| bits != 0));
    (is_restored && content.0.is_empty()).then_some(())
}

fn restore_sector(content: &[u8], board: &mut Board) -> Option<()> {
    let (sector, cells) = content.split_first_chunk()?;
    let cells = if cells.is_empty() {
        None
    } else {
        Some(cells.try_into().ok()?)
    };
    board.flash.restore(u32::from_le_bytes(*sector), cells);
    Some(())
}

/// The remaining content of a record.
struct Content<'a>(&'a [u8]);

impl Content<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (bytes, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*bytes)
    }

    fn number(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    fn index(&mut self) -> Option<usize> {
        self.number()?.try_into().ok()
    }
}

fn push(kind: u8, content: &[u8], records: &mut Vec<u8>) {
    let start = records.len();
    records.push(kind);
    let len = u32::try_from(content.len()).unwrap_or(NOTHING);
    records.extend(len.to_le_bytes());
    for part in [&[], content] {
        records.extend_from_slice(part);
        let sum = fnv(records.get(start..).unwrap_or_default());
        records.extend(sum.to_le_bytes());
    }
}

/// Kind and content of a record, and the bytes after it.
type Record<'a> = (u8, &'a [u8], &'a [u8]);

/// Splits off the first record; returns `None` if the bytes end before it does.
fn split(bytes: &[u8]) -> Result<Option<Record<'_>>, Error> {
    let Some((&[kind, len0, len1, len2, len3, ..], _)) = bytes.split_first_chunk::<HEADER>() else {
        return Ok(None);
    };
    let (header, rest) = bytes.split_at_checked(HEADER).ok_or(Error::StateFormat)?;
    // A wrong length must not turn all following data into an incomplete record.
    if !is_summed(header) {
        return Err(Error::StateFormat);
    }
    let len = usize::try_from(u32::from_le_bytes([len0, len1, len2, len3])).ok();
    let len = len
        .and_then(|len| len.checked_add(HEADER + SUM))
        .ok_or(Error::StateFormat)?;
    let Some((record, after)) = bytes.split_at_checked(len) else {
        return Ok(None);
    };
    let content = rest.get(..len.saturating_sub(HEADER + SUM)).ok_or(Error::StateFormat)?;
    if !is_summed(record) {
        return Err(Error::StateFormat);
    }
    Ok(Some((kind, content, after)))
}

/// Returns whether bytes end with their checksum.
fn is_summed(bytes: &[u8]) -> bool {
    let split = bytes.split_last_chunk::<SUM>();
    split.is_some_and(|(summed, sum)| fnv(summed).to_le_bytes() == *sum)
}

fn fnv(bytes: &[u8]) -> u32 {
    let step = |hash: u32, byte: &u8| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
    bytes.iter().fold(0x811C_9DC5, step)
}

#[cfg(test)]
mod tests {
    use std::io::{Read as _, Write as _};

    use esp_flash_image::Chip;

    use super::*;
    use crate::ChipSim;

    /// A request to write a register of the ESP32-C3's eFuse controller.
    fn write(register: u32, value: u32) -> Vec<u8> {
        let mut frame = vec![0xC0, 0, 9, 16, 0, 0, 0, 0, 0];
        for word in [0x6000_8800 + register, value, u32::MAX, 0] {
            frame.extend(word.to_le_bytes());
        }
        frame.push(0xC0);
        frame
    }

    #[test]
    fn burn_that_the_file_does_not_take_is_not_answered() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("chip");
        let make = || ChipSim::new(Chip::Esp32c3, [2; 6]).unwrap();
        drop(make().with_state_file(&path).unwrap());
        let sim = make();
        let (mut port, mut buffer) = (sim.port(), [0; 1024]);
        let mut sync = vec![0xC0, 0, 8, 36, 0, 0, 0, 0, 0, 7, 7, 0x12, 0x20];
        sync.extend([0x55; 32]);
        sync.push(0xC0);
        let program = [write(4, 1 << 19), write(0x1CC, 0x5A5A)].concat();
        for (bytes, is_answered) in [
            (&sync, true),
            (&program, true),
            (&write(0x1D4, 2), false),
            (&program, false),
            (&sync, false),
        ] {
            // Opened for reading only, so each write fails.
            let file = File::open(&path).unwrap();
            crate::sim::lock(&sim.board).file = Some(StateFile { file });
            port.write_all(bytes).unwrap();
            let mut count = 0;
            while let Ok(more) = port.read(&mut buffer) {
                count += more;
            }
            assert_eq!(count > 0, is_answered, "{bytes:?}");
        }
        drop((port, sim));
        assert_eq!(make().with_state_file(&path).unwrap().burns().commands, 0);
    }
}
