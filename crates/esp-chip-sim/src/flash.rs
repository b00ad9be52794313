use std::collections::{BTreeMap, BTreeSet};

/// The smallest erasable unit of flash.
pub(crate) const SECTOR: u32 = 0x1000;
const SECTOR_LEN: usize = 0x1000;

/// NOR flash that uses memory only for written sectors: programming clears bits, erasing sets whole sectors to 0xFF.
#[derive(Debug, Default)]
pub(crate) struct Flash {
    size: u32,
    sectors: BTreeMap<u32, Box<[u8; SECTOR_LEN]>>,
    /// Changes not yet saved in the state file.
    changed: Option<BTreeSet<u32>>,
    /// A cell that reads inverted.
    bad_cell: Option<u32>,
}

impl Flash {
    pub(crate) fn new(size: u32) -> Self {
        Self {
            size,
            ..Self::default()
        }
    }

    pub(crate) const fn size(&self) -> u32 {
        self.size
    }

    pub(crate) fn resize(&mut self, size: u32) {
        self.size = size;
        self.sectors.retain(|sector, _| *sector < size / SECTOR);
    }

    pub(crate) const fn bad_cell(&self) -> Option<u32> {
        self.bad_cell
    }

    pub(crate) const fn set_bad_cell(&mut self, address: Option<u32>) {
        self.bad_cell = address;
    }

    /// Returns whether a range is inside the flash.
    pub(crate) fn has(&self, address: u32, len: u32) -> bool {
        address.checked_add(len).is_some_and(|end| end <= self.size)
    }

    /// Programs bytes: clears their zero bits. Bytes outside the flash are ignored.
    pub(crate) fn program(&mut self, address: u32, bytes: &[u8]) {
        let mut address = address;
        let mut rest = bytes;
        while !rest.is_empty() && address < self.size {
            let (sector, start) = place(address);
            let len = SECTOR_LEN.saturating_sub(start).min(rest.len());
            let Some((piece, after)) = rest.split_at_checked(len) else {
                return;
            };
            rest = after;
            if piece.iter().any(|byte| *byte != 0xFF) {
                let cells = self
                    .sectors
                    .entry(sector)
                    .or_insert_with(|| Box::new([0xFF; SECTOR_LEN]));
                for (cell, byte) in cells.iter_mut().skip(start).zip(piece) {
                    *cell &= byte;
                }
                self.note(sector);
            }
            let Some(next) = u32::try_from(len).ok().and_then(|len| address.checked_add(len)) else {
                return;
            };
            address = next;
        }
    }

    /// Erases the sectors that a range touches.
    pub(crate) fn erase(&mut self, address: u32, len: u32) {
        let end = u64::from(address).saturating_add(u64::from(len));
        let end = end.min(u64::from(self.size)).div_ceil(u64::from(SECTOR));
        let first = address / SECTOR;
        let Ok(end) = u32::try_from(end) else { return };
        if first >= end {
            return;
        }
        let erased = self.sectors.range(first..end).map(|(sector, _)| *sector);
        for sector in erased.collect::<Vec<_>>() {
            self.sectors.remove(&sector);
            self.note(sector);
        }
    }

    /// Passes the content of a range to `take`, piece by piece, with the bad cell inverted.
    pub(crate) fn read(&self, address: u32, len: u32, mut take: impl FnMut(&[u8])) {
        const ERASED: [u8; SECTOR_LEN] = [0xFF; SECTOR_LEN];
        let end = u64::from(address).saturating_add(u64::from(len));
        let mut at = u64::from(address);
        while at < end {
            let Ok(here) = u32::try_from(at) else { return };
            let (sector, start) = place(here);
            let cells = self.sectors.get(&sector).map_or(&ERASED, |cells| &**cells);
            let left = usize::try_from(end.saturating_sub(at)).unwrap_or(SECTOR_LEN);
            let stop = start.saturating_add(left).min(SECTOR_LEN);
            let piece = cells.get(start..stop).unwrap_or_default();
            match self.bad_cell.filter(|cell| place(*cell).0 == sector) {
                None => take(piece),
                Some(cell) => {
                    let mut piece = piece.to_vec();
                    let index = place(cell).1.checked_sub(start);
                    if let Some(byte) = index.and_then(|index| piece.get_mut(index)) {
                        *byte ^= 1;
                    }
                    take(&piece);
                }
            }
            at = at.saturating_add(u64::try_from(piece.len()).unwrap_or(u64::MAX));
            if piece.is_empty() {
                return;
            }
        }
    }

    pub(crate) fn bytes(&self, address: u32, len: u32) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.read(address, len, |piece| bytes.extend_from_slice(piece));
        bytes
    }

    /// Starts recording changes.
    pub(crate) fn note_changes(&mut self) {
        self.changed = Some(self.sectors.keys().copied().collect());
    }

    /// Returns the changed sectors and resets the record; `None` for an erased sector.
    pub(crate) fn take_changes(&mut self) -> Vec<(u32, Option<&[u8; SECTOR_LEN]>)> {
        let changed = self.changed.as_mut().map(core::mem::take).unwrap_or_default();
        let sectors = &self.sectors;
        let cells = |sector: u32| (sector, sectors.get(&sector).map(|cells| &**cells));
        changed.into_iter().map(cells).collect()
    }

    /// Restores a sector from the state file.
    pub(crate) fn restore(&mut self, sector: u32, cells: Option<&[u8; SECTOR_LEN]>) {
        match cells {
            Some(cells) => self.sectors.insert(sector, Box::new(*cells)),
            None => self.sectors.remove(&sector),
        };
    }

    /// Returns the memory used by the cells in bytes.
    pub(crate) fn footprint(&self) -> usize {
        self.sectors.len().saturating_mul(SECTOR_LEN)
    }

    fn note(&mut self, sector: u32) {
        if let Some(changed) = &mut self.changed {
            changed.insert(sector);
        }
    }
}

/// Returns the sector of an address and the index in it.
fn place(address: u32) -> (u32, usize) {
    (
        address / SECTOR,
        usize::try_from(address % SECTOR).unwrap_or(SECTOR_LEN),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programming_clears_bits_and_erasing_sets_whole_sectors() {
        let mut flash = Flash::new(0x4000);
        flash.program(0xFFE, &[0x0F, 0xF0, 0xAA]);
        flash.program(0xFFE, &[0xF1]);
        assert_eq!(flash.bytes(0xFFD, 5), [0xFF, 0x01, 0xF0, 0xAA, 0xFF]);
        flash.erase(0xFFF, 1);
        assert_eq!(flash.bytes(0xFFD, 5), [0xFF, 0xFF, 0xFF, 0xAA, 0xFF]);
        flash.erase(0xFFF, 2);
        assert_eq!(flash.footprint(), 0);
    }

    #[test]
    fn nothing_is_kept_outside_and_nothing_for_erased_bytes() {
        let mut flash = Flash::new(0x2000);
        flash.program(0x1FFF, &[1, 2, 3]);
        flash.program(u32::MAX, &[1, 2]);
        flash.program(0, &[0xFF; 0x1000]);
        assert_eq!((flash.bytes(0x1FFF, 1), flash.footprint()), (vec![1], 0x1000));
        flash.erase(u32::MAX, u32::MAX);
        flash.erase(0, u32::MAX);
        assert_eq!(flash.footprint(), 0);
        assert!(flash.has(0x1000, 0x1000) && !flash.has(0x1000, 0x1001) && !flash.has(u32::MAX, 2));
    }

    #[test]
    fn a_bad_cell_reads_inverted_even_when_erased() {
        let mut flash = Flash::new(0x2000);
        flash.set_bad_cell(Some(0x1001));
        assert_eq!(flash.bytes(0xFFF, 4), [0xFF, 0xFF, 0xFE, 0xFF]);
        assert_eq!(flash.bytes(0x1002, 1), [0xFF]);
    }
}
