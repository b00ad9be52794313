use std::ops::Range;

/// Ranges of rows that are made together: short ones first, so that every thread has work and a device is complete
/// soon.
///
/// Verifiers are derived 16 devices at a time; a commit of the ledger costs as much as several devices.
#[derive(Clone)]
pub(super) struct Batches {
    rows: Range<u32>,
    number: usize,
}

impl Batches {
    pub(super) const fn new(rows: Range<u32>) -> Self {
        Self { rows, number: 0 }
    }
}

impl Iterator for Batches {
    type Item = Range<u32>;

    fn next(&mut self) -> Option<Range<u32>> {
        if self.rows.is_empty() {
            return None;
        }
        let len = match self.number {
            0..4 => 8,
            4..8 => 16,
            _ => 32,
        };
        self.number += 1;
        let batch = self.rows.start..self.rows.start.saturating_add(len).min(self.rows.end);
        self.rows.start = batch.end;
        Some(batch)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_row_is_in_one_batch() {
        for rows in [0..0, 0..1, 3..300, 0..4097, u32::MAX - 70..u32::MAX] {
            let mut next = rows.start;
            for batch in Batches::new(rows.clone()) {
                assert_eq!(batch.start, next);
                assert!(batch.end > batch.start);
                next = batch.end;
            }
            assert_eq!(next, rows.end);
        }
    }
}
