use alloc::string::String;
use alloc::vec::Vec;

use esp_flash_image::{Partition, PartitionTable};

use crate::Error;

/// Size of a flash sector in bytes, the unit of erasing and encryption.
pub(crate) const SECTOR: usize = 4096;

/// Content at a flash address.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Piece<'a> {
    pub(crate) offset: u32,
    /// A multiple of [`SECTOR`]; the rest after `bytes` is 0xFF.
    pub(crate) len: usize,
    pub(crate) source: &'a str,
    pub(crate) encrypted: bool,
    pub(crate) bytes: &'a [u8],
}

/// A piece that all devices share.
#[derive(Clone, Debug)]
pub(crate) struct SharedPiece {
    pub(crate) offset: u32,
    pub(crate) len: usize,
    pub(crate) source: String,
    pub(crate) encrypted: bool,
    pub(crate) bytes: Vec<u8>,
}

impl SharedPiece {
    pub(crate) fn as_piece(&self) -> Piece<'_> {
        Piece {
            offset: self.offset,
            len: self.len,
            source: &self.source,
            encrypted: self.encrypted,
            bytes: &self.bytes,
        }
    }
}

/// Rounds up to whole sectors.
pub(crate) fn sectors(len: usize) -> usize {
    len.checked_next_multiple_of(SECTOR).unwrap_or(usize::MAX)
}

/// Returns whether the bootloader encrypts a partition with content. NVS has its own encryption.
pub(crate) const fn is_encrypted(partition: &Partition) -> bool {
    partition.is_encrypted_with_flash() && !partition.is_nvs()
}

/// Sorts pieces by flash address and refuses overlapping ones.
pub(crate) fn sort(pieces: &mut [Piece<'_>]) -> Result<(), Error> {
    pieces.sort_by_key(|piece| piece.offset);
    for pair in pieces.windows(2) {
        if let [first, second] = pair {
            let end = u64::from(first.offset).saturating_add(u64::try_from(first.len).unwrap_or(u64::MAX));
            if end > u64::from(second.offset) {
                return Err(Error::Overlap {
                    first: first.source.into(),
                    second: second.source.into(),
                    offset: second.offset,
                });
            }
        }
    }
    Ok(())
}

/// Inserts pieces of erased flash between sorted pieces, from address 0 on.
pub(crate) fn fill_gaps<'a>(pieces: &[Piece<'a>]) -> Vec<Piece<'a>> {
    let mut filled = Vec::with_capacity(pieces.len().saturating_mul(2));
    let mut end = 0;
    for piece in pieces {
        if let Some(gap @ 1..) = piece.offset.checked_sub(end) {
            filled.push(Piece {
                offset: end,
                len: usize::try_from(gap).unwrap_or(usize::MAX),
                source: GAP,
                encrypted: false,
                bytes: &[],
            });
        }
        filled.push(*piece);
        end = piece
            .offset
            .saturating_add(u32::try_from(piece.len).unwrap_or(u32::MAX));
    }
    filled
}

/// Finds a partition.
pub(crate) fn find<'a>(table: &'a PartitionTable, label: &str) -> Result<&'a Partition, Error> {
    table
        .find(label)
        .ok_or_else(|| Error::NoPartition { part: label.into() })
}

/// Refuses an image that is longer than its partition, or empty.
pub(crate) fn check_fit(partition: &Partition, len: usize) -> Result<(), Error> {
    let part = || partition.label().into();
    if len == 0 {
        return Err(Error::Empty { part: part() });
    }
    if usize::try_from(partition.size()).is_ok_and(|size| len > size) {
        return Err(Error::DoesNotFit {
            part: part(),
            len,
            available: partition.size(),
        });
    }
    Ok(())
}

pub(crate) const GAP: &str = "gap";
