//! The file of a chip's state: what outlives its power, and the process.
//!
//! ```text
//! record
//! +--------------------------+ 0
//! | kind                     |
//! | u32 length               | 1
//! +--------------------------+ 5
//! | content                  |
//! +--------------------------+
//! | u32 FNV-1a of all before |
//! +--------------------------+ the next record
//! ```
//!
//! Records are appended, and the last one of a kind is valid; a record that a killed process has not finished is cut off.
//! Numbers are little-endian.

use std::collections::BTreeSet;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use factory_fs::{TryLock, try_lock};

use crate::Error;
use crate::board::Board;
use crate::efuse::Cells;

/// Whose state it is: name of the chip and MAC address. The first record.
const CHIP: u8 = b'C';
/// All eFuses, and what became of the fault.
const EFUSES: u8 = b'E';
/// A sector of flash with its content.
const SECTOR: u8 = b'S';
/// A sector that was erased.
const ERASED: u8 = b'X';
/// Bytes of a record before and behind its content.
const FRAME: usize = 9;
/// The longest content: a sector and its number, or eFuses of which every bit was burned again.
const MAX_CONTENT: usize = 0x4000;
/// "None" where a number is expected.
const NOTHING: u32 = u32::MAX;

/// The open file.
#[derive(Debug)]
pub(crate) struct StateFile {
    file: File,
}

impl StateFile {
    /// Opens the file, or makes it, and puts what it holds into the board.
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
        while let Some((kind, content, behind)) = split(rest) {
            match kind {
                CHIP if is_first && content == identity(board) => {}
                CHIP if is_first => return Err(Error::StateOfOther),
                EFUSES if !is_first => restore_efuses(content, board).ok_or(Error::StateFormat)?,
                SECTOR | ERASED if !is_first => restore_sector(content, board).ok_or(Error::StateFormat)?,
                _ => return Err(Error::StateFormat),
            }
            is_first = false;
            rest = behind;
            good = bytes.len().saturating_sub(rest.len());
        }
        if is_first && !bytes.is_empty() && !is_cut(&bytes) {
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

    /// Appends what has changed; eFuses, which cannot be burned again, reach the disk before the chip answers.
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

/// The content of a record, from the front.
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
    records.extend_from_slice(content);
    let sum = fnv(records.get(start..).unwrap_or_default());
    records.extend(sum.to_le_bytes());
}

/// Splits the first record off, if it is whole.
fn split(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&[kind, len0, len1, len2, len3], _) = bytes.split_first_chunk()?;
    let len = usize::try_from(u32::from_le_bytes([len0, len1, len2, len3])).ok()?;
    let (record, behind) = bytes.split_at_checked(len.checked_add(FRAME)?)?;
    let (summed, sum) = record.split_last_chunk()?;
    let content = summed.get(5..)?;
    (fnv(summed).to_le_bytes() == *sum).then_some((kind, content, behind))
}

/// Tells whether a file is the beginning of a first record that was not finished.
fn is_cut(bytes: &[u8]) -> bool {
    bytes.len() < MAX_CONTENT && bytes.first() == Some(&CHIP)
}

fn fnv(bytes: &[u8]) -> u32 {
    let step = |hash: u32, byte: &u8| (hash ^ u32::from(*byte)).wrapping_mul(0x0100_0193);
    bytes.iter().fold(0x811C_9DC5, step)
}
